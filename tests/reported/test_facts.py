"""Facts of an environment and its layout: inputs of our own, after reports in public trackers."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, cast

import pytest
from support.machines.installed import distribution, findings, put, told

from cortexrepo.ecosystems.pip import read as pip
from cortexrepo.ecosystems.pip.environments.interpreter import Interpreter
from cortexrepo.ecosystems.pip.environments.layout import layout_of
from cortexrepo.ecosystems.pip.wheels.building import build
from cortexrepo.ecosystems.pip.wheels.entry_points import programs
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.model.facts import differing
from cortexrepo.model.snapshot import FAILED, OK

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.files import Files, Target
    from cortexrepo.ecosystems.contract.reading import Collected


def venv(root: Path, version: str, *lines: str) -> None:
    """Writes the file that makes /opt/v a virtual environment."""
    put(root / "opt/v/pyvenv.cfg", "\n".join(["home = /usr/bin", f"version = {version}", *lines, ""]))


def collected(root: Path, *named: str) -> Collected:
    """Returns the one environment that is found."""
    [found] = pip.collect(RootedSystem(str(root)), named)
    return found


def names(found: Collected) -> list[str]:
    """Returns the names of its packages."""
    return [] if found.manifest is None else [row.name for row in found.manifest.packages]


def test_a_python_without_a_global_lock_is_another_python(tmp_path: Path) -> None:
    """sublimelsp/LSP-pyright#454, pypa/virtualenv#2776: packages are in `lib/python3.13t`, and pyvenv.cfg says 3.13."""
    venv(tmp_path, "3.13.0")
    distribution(tmp_path / "opt/v/lib/python3.13t/site-packages", "alpha", {"alpha.py": "1\n"})
    found = collected(tmp_path)
    assert (dict(found.facts)["python"], names(found)) == ("3.13t", ["alpha"])
    assert told(findings(tmp_path, "pip")) == []
    (tmp_path / "opt/v/lib/python3.13t").rename(tmp_path / "opt/v/lib/python3.13")
    assert differing(found.facts, collected(tmp_path).facts) == [("python", "3.13t", "3.13")]


@pytest.mark.parametrize(
    ("implementation", "abi", "python"),
    [
        ("cpython", "cpython-313t-x86_64-linux-gnu", "3.13t"),
        ("cpython", "cpython-313td-x86_64-linux-gnu", "3.13t"),
        ("cpython", "cpython-313-x86_64-linux-gnu", "3.13"),
        ("cpython", "", "3.13"),
        ("pypy", "pypy310-pp73-x86_64-linux-gnu", "3.13"),
    ],
)
def test_an_interpreter_is_that_of_the_directories_with_its_name(implementation: str, abi: str, python: str) -> None:
    """astral-sh/uv#16428: the interpreter of a virtual environment of 3.13t was not taken for one of 3.13t."""
    assert Interpreter("/p", (3, 13), 1, implementation, abi, "linux").python == python


def test_programs_of_pip_have_the_plain_version_in_their_names() -> None:
    """After pypa/virtualenv#2776: the programs of pip for 3.13t are pip, pip3 and pip3.13."""
    assert programs("[console_scripts]\npip = p:main\n", "3.13t") == {"pip", "pip3", "pip3.13"}


@pytest.mark.parametrize(("library", "python"), [("pypy3.10", "3.10"), ("python3.13t", "3.13t"), ("python3.9", "3.9")])
def test_a_wheel_is_built_from_where_the_packages_are(tmp_path: Path, library: str, python: str) -> None:
    """sublimelsp/LSP-pyright#454: the name of the directory was built from the version, and was another one's."""
    venv(tmp_path, python.rstrip("t"))
    info = distribution(tmp_path / f"opt/v/lib/{library}/site-packages", "alpha", {"alpha.py": "1\n"})
    put(info / "WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    [row] = collected(tmp_path).manifest.packages  # type: ignore[union-attr]
    with (tmp_path / "made").open("wb") as target:
        place = cast("Files", LiveSystem({}))
        built = build(place, str(tmp_path / "opt/v"), python, row, cast("Target", target))
    assert built.name == "alpha-1.0-py3-none-any.whl"
    assert "alpha.py" in zipfile.ZipFile(tmp_path / "made").namelist()
    assert layout_of(str(tmp_path / "opt/v"), (("kind", "venv"),)).site.endswith(f"/{library}/site-packages")


def test_what_a_distribution_puts_into_lib64_is_in_the_environment(tmp_path: Path) -> None:
    """pypa/virtualenv#2986 and #1751, python/cpython#137139: `lib64` is a directory of its own, and no link."""
    venv(tmp_path, "3.11.9")
    distribution(tmp_path / "opt/v/lib/python3.11/site-packages", "pure", {"pure.py": "1\n"})
    (tmp_path / "opt/v/lib64").symlink_to("lib")
    assert names(collected(tmp_path)) == ["pure"]
    (tmp_path / "opt/v/lib64").unlink()
    distribution(tmp_path / "opt/v/lib64/python3.11/site-packages", "native", {"native.so": "2\n"})
    found = collected(tmp_path)
    assert (found.status, names(found)) == (OK, ["native", "pure"])


def test_what_debians_python_puts_into_local_is_in_the_environment(tmp_path: Path) -> None:
    """pypa/virtualenv#2350: packages of a virtual environment are in `local/lib/python3.10/dist-packages`."""
    venv(tmp_path, "3.10.4")
    (tmp_path / "opt/v/lib/python3.10/site-packages").mkdir(parents=True)
    distribution(tmp_path / "opt/v/local/lib/python3.10/dist-packages", "alpha", {"alpha.py": "1\n"})
    assert names(collected(tmp_path)) == ["alpha"]


def test_a_prefix_that_debians_pip_installed_into_can_be_named(tmp_path: Path) -> None:
    """pypa/pip#10978: `pip install --prefix DIR` puts packages into `DIR/local/lib/python3.10/dist-packages`."""
    distribution(tmp_path / "data/p/local/lib/python3.10/dist-packages", "alpha", {"alpha.py": "1\n"})
    found = collected(tmp_path, "/data/p")
    assert (found.environment, names(found)) == ("/data/p/local/lib/python3.10/dist-packages", ["alpha"])
    assert dict(found.facts)["python"] == "3.10"


def test_an_environment_whose_python_was_replaced_is_of_the_python_that_its_packages_are_for(tmp_path: Path) -> None:
    """python/cpython#127727 and #122099: pyvenv.cfg says 3.12, and the packages are those of Python 3.9."""
    venv(tmp_path, "3.12.4")
    distribution(tmp_path / "opt/v/lib/python3.9/site-packages", "alpha", {"alpha.py": "1\n"})
    before = collected(tmp_path)
    assert dict(before.facts)["python"] == "3.9"
    # `python -m venv --upgrade` makes a directory for the new one, and leaves the old packages where they are.
    (tmp_path / "opt/v/lib/python3.12/site-packages").mkdir(parents=True)
    after = collected(tmp_path)
    assert (names(before), names(after)) == (["alpha"], [])
    assert differing(before.facts, after.facts) == [("python", "3.9", "3.12")]


def test_the_interpreter_below_is_a_fact(tmp_path: Path) -> None:
    """pypa/pipx#1593 and #280: `home` in pyvenv.cfg names an interpreter that is gone, or another one's."""
    venv(tmp_path, "3.12.4")
    distribution(tmp_path / "opt/v/lib/python3.12/site-packages", "alpha", {"alpha.py": "1\n"})
    before = collected(tmp_path)
    put(tmp_path / "opt/v/pyvenv.cfg", "home = /home/ada/.pyenv/versions/3.12.4/bin\nversion = 3.12.4\n")
    assert differing(before.facts, collected(tmp_path).facts) == [
        ("base", "/usr/bin", "/home/ada/.pyenv/versions/3.12.4/bin")
    ]


def test_a_layout_that_is_not_known_is_not_an_empty_environment(tmp_path: Path) -> None:
    """Early PyPys have `site-packages` beside `bin`, which several trackers have reports of: that is not `lib`."""
    venv(tmp_path, "3.6.9")
    distribution(tmp_path / "opt/v/site-packages", "alpha", {"alpha.py": "1\n"})
    found = collected(tmp_path)
    assert (found.status, found.manifest) == (FAILED, None)
