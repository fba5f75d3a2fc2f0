"""Where environments are found."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.pip.environments.pythons import find
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.rooted_files import RootedSystem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.ecosystems.pip.environments.python_finder import Finder
    from cortexrepo.machine.files import Entry

CONFIGURATION = "home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.11.2\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root with one user."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/passwd").write_text("broken line\nann:x:1000:1000::/home/ann:/bin/sh\nsvc:x:1:1::/usr/sbin:\n")
    (tmp_path / "home/ann").mkdir(parents=True)
    return tmp_path


@pytest.fixture
def system(root: Path) -> Iterator[RootedSystem]:
    """The root as a machine."""
    rooted = RootedSystem(str(root))
    yield rooted
    rooted.close()


def venv(path: Path, configuration: str = CONFIGURATION) -> None:
    """Makes a virtual environment as it looks on disk."""
    (path / "lib/python3.11/site-packages").mkdir(parents=True)
    (path / "pyvenv.cfg").write_text(configuration)


def interpreter(path: Path, version: str = "3.12") -> None:
    """Makes an installed interpreter as it looks on disk."""
    (path / f"lib/python{version}/site-packages").mkdir(parents=True)
    (path / "bin").mkdir()
    (path / "bin/python3").symlink_to(f"python{version}")


def kinds(finder: Finder) -> dict[str, str]:
    """Returns path to kind."""
    return {environment.path: environment.kind for environment in finder.found}


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("home/ann/.virtualenvs/a", "venv"),
        ("home/ann/.local/share/virtualenvs/a", "venv"),
        ("home/ann/.venv", "venv"),
        ("home/ann/project/.venv", "venv"),
        ("home/ann/project/env", "venv"),
        ("opt/tool", "venv"),
        ("opt/tool/venv", "venv"),
        ("srv/app/.venv", "venv"),
        ("home/ann/.pyenv/versions/a", "pyenv"),
        ("home/ann/.local/share/pipx/venvs/a", "pipx"),
        ("home/ann/.local/pipx/venvs/a", "pipx"),
        ("opt/pipx/venvs/a", "pipx"),
        ("home/ann/.local/share/pipx/shared", "pipx"),
        ("home/ann/.local/pipx/shared", "pipx"),
        ("opt/pipx/shared", "pipx"),
        ("home/ann/.local/share/uv/tools/a", "uv-tool"),
    ],
)
def test_a_virtual_environment_is_found_where_tools_put_it(
    root: Path, system: RootedSystem, place: str, kind: str
) -> None:
    venv(root / place)
    assert kinds(find(system, [])) == {f"/{place}": kind}


@pytest.mark.parametrize(
    ("place", "kind"),
    [("home/ann/.pyenv/versions/3.12.1", "pyenv"), ("home/ann/.local/share/uv/python/cpython-3.12", "uv-python")],
)
def test_an_installed_interpreter_is_found(root: Path, system: RootedSystem, place: str, kind: str) -> None:
    interpreter(root / place)
    (found,) = find(system, []).found
    assert (found.path, found.kind, found.python) == (f"/{place}", kind, "3.12")


@pytest.mark.parametrize("place", ["opt/conda", "home/ann/miniforge3", "opt/conda/envs/e", "home/ann/.conda/envs/e"])
def test_conda_prefixes_are_known_by_conda_meta(root: Path, system: RootedSystem, place: str) -> None:
    interpreter(root / place)
    assert kinds(find(system, [])) == {}
    (root / place / "conda-meta").mkdir()
    assert kinds(find(system, [])) == {f"/{place}": "conda"}


def test_the_list_of_conda_environments_is_followed(root: Path, system: RootedSystem) -> None:
    interpreter(root / "data/e")
    (root / "data/e/conda-meta").mkdir()
    (root / "home/ann/.conda").mkdir()
    (root / "home/ann/.conda/environments.txt").write_text("/data/e\n/gone\nrelative\n")
    assert kinds(find(system, [])) == {"/data/e": "conda"}


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("usr/lib/python3/dist-packages", "system"),
        ("usr/lib/python3.12/site-packages", "system"),
        ("usr/local/lib/python3.11/dist-packages", "local"),
        ("usr/local/lib/python3.11/site-packages", "local"),
        ("home/ann/.local/lib/python3.11/site-packages", "user"),
    ],
)
def test_shared_site_directories_stand_for_themselves(root: Path, system: RootedSystem, place: str, kind: str) -> None:
    (root / place).mkdir(parents=True)
    assert kinds(find(system, [])) == {f"/{place}": kind}


def test_links_to_one_environment_and_loops_add_nothing(root: Path, system: RootedSystem) -> None:
    venv(root / "home/ann/.virtualenvs/real")
    (root / "home/ann/.virtualenvs/alias").symlink_to("real")
    (root / "home/ann/venv").symlink_to("/home/ann/.virtualenvs/real")
    (root / "home/ann/loop").symlink_to("loop")
    (root / "home/ann/up").symlink_to("..")
    (root / "home/ann/dangling").symlink_to("/nowhere")
    finder = find(system, [])
    assert kinds(finder) == {"/home/ann/.virtualenvs/real": "venv"}
    assert finder.gaps == {}


@pytest.mark.parametrize("inside", ["", "/", "/lib/python3.11/site-packages", "/bin/python", "/bin/python3.11"])
def test_a_named_environment_may_be_told_in_many_ways(root: Path, system: RootedSystem, inside: str) -> None:
    venv(root / "data/v")
    assert kinds(find(system, ["/data/v" + inside, "/data", "/gone", "relative", "/"])) == {"/data/v": "venv"}


def test_a_directory_that_pip_installed_into_can_be_named(root: Path, system: RootedSystem) -> None:
    (root / "data/vendored/six-1.0.dist-info").mkdir(parents=True)
    (root / "data/empty").mkdir(parents=True)
    assert kinds(find(system, ["/data/vendored", "/data/empty"])) == {"/data/vendored": "target"}


def test_a_named_prefix_without_a_configuration_is_a_prefix(root: Path, system: RootedSystem) -> None:
    interpreter(root / "data/p")
    site = "/data/p/lib/python3.12/site-packages"
    assert kinds(find(system, ["/data/p", site])) == {"/data/p": "prefix"}
    # One that was recorded by its site directory keeps that name, though nothing finds it any more.
    assert kinds(find(system, [site])) == {site: "prefix"}


def test_variables_of_the_tools_count(tmp_path: Path) -> None:
    venv(tmp_path / "active")
    venv(tmp_path / "pipx/venvs/p")
    venv(tmp_path / "pipx/shared")
    interpreter(tmp_path / "pyenv/versions/3.12.0")
    variables = {
        "VIRTUAL_ENV": str(tmp_path / "active"),
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PYENV_ROOT": str(tmp_path / "pyenv"),
    }
    found = kinds(find(LiveSystem(variables), []))
    assert found[str(tmp_path / "active")] == "venv"
    assert found[str(tmp_path / "pipx/venvs/p")] == found[str(tmp_path / "pipx/shared")] == "pipx"
    assert found[str(tmp_path / "pyenv/versions/3.12.0")] == "pyenv"


class Withholding(LiveSystem):
    """A machine that does not let the homes be listed."""

    def entries(self, path: str) -> list[Entry]:
        """Refuses one directory."""
        if path == "/root" or path.startswith("/home"):
            raise PermissionError(13, "Permission denied", path)
        return super().entries(path)


def test_a_home_that_may_not_be_listed_is_a_gap() -> None:
    assert find(Withholding({"HOME": "/home/x"}), []).gaps["/home/x"] == {"/home/x: Permission denied": None}


@pytest.mark.parametrize("line", ["version_info = 3.11.2.final.0", "version_info = 3.11.4", "version = 3.11.2", ""])
def test_every_tool_writes_the_version_in_its_own_way(root: Path, system: RootedSystem, line: str) -> None:
    venv(root / "opt/v", line + "\n")
    (found,) = find(system, []).found
    assert found.python == "3.11"


def test_a_fifo_for_a_configuration_is_no_environment(root: Path, system: RootedSystem) -> None:
    (root / "opt/v").mkdir(parents=True)
    os.mkfifo(root / "opt/v/pyvenv.cfg")
    finder = find(system, [])
    assert (finder.found, finder.gaps) == ([], {})
