"""The pip reader against `pip list` itself: same names, same versions."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from cortexrepo.ecosystems.pip import read as pip
from cortexrepo.ecosystems.pip.metadata import normalise
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.package import BROKEN, EDITABLE, OWNED, REQUESTED, Package
from cortexrepo.model.snapshot import OK

DEBIAN = "/usr/bin/python3"
DIST_PACKAGES = "/usr/lib/python3/dist-packages"
PYENV = sorted(Path("~/.pyenv/versions").expanduser().glob("*/bin/python"))


def run(*command: str) -> str:
    """Runs a program apart from the user's settings and returns what it printed."""
    variables = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, env=variables, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_pip(*pip_command: str) -> list[tuple[str, str]]:
    """Returns what `pip list` says."""
    listed = json.loads(run(*pip_command, "list", "--format", "json"))
    return sorted((normalise(row["name"]), row["version"]) for row in listed)


def by_us(prefix: str) -> tuple[Package, ...]:
    """Returns our rows of one environment."""
    system = LiveSystem({"HOME": str(Path.home())})
    (result,) = [one for one in pip.collect(system, [prefix]) if one.environment == prefix]
    assert result.status == OK, result.error
    assert result.manifest is not None
    return result.manifest.packages


def names_and_versions(packages: tuple[Package, ...]) -> list[tuple[str, str]]:
    """Returns what `pip list` would show of the rows."""
    return sorted((row.name, row.version) for row in packages)


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A fresh virtual environment without pip."""
    prefix = tmp_path.resolve() / "v"
    run(sys.executable, "-m", "venv", "--without-pip", str(prefix))
    return prefix


def site_of(venv: Path) -> Path:
    """Returns its site directory."""
    return next(venv.glob("lib/python3*/site-packages"))


def pip_for(venv: Path) -> tuple[str, ...]:
    """Returns a pip from elsewhere that works on the environment, or skips."""
    for python in (DEBIAN, sys.executable, *map(str, PYENV)):
        if not os.access(python, os.X_OK):
            continue
        command = (python, "-m", "pip", "--python", str(venv / "bin/python"))
        # An old pip answers for a new Python, and then does not work in it.
        if subprocess.run([*command, "list"], capture_output=True, cwd="/", check=False).returncode == 0:
            return command
    pytest.skip("no pip here knows --python")


def wheel(directory: Path, name: str, version: str) -> Path:
    """Writes a wheel by hand."""
    path = directory / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '.')}\nVersion: {version}\n\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{file},,\n" for file in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(file, content)
    return path


@pytest.mark.skipif(not Path(DIST_PACKAGES).is_dir(), reason="not Debian's Python")
def test_debians_python_is_listed_as_its_pip_lists_it() -> None:
    if subprocess.run([DEBIAN, "-m", "pip", "--version"], capture_output=True, cwd="/", check=False).returncode != 0:
        pytest.skip("Debian's Python has no pip here")
    known = by_pip(DEBIAN, "-m", "pip")
    results = pip.collect(LiveSystem({}), [])
    # pip shows one interpreter; we keep what is dpkg's and what is the administrator's apart.
    shared = [one for one in results if dict(one.facts).get("kind") in {"system", "local"} and one.manifest is not None]
    ours = {row for one in shared if one.manifest is not None for row in names_and_versions(one.manifest.packages)}
    assert sorted(ours) == known


@pytest.mark.skipif(shutil.which("dpkg") is None or not Path(DIST_PACKAGES).is_dir(), reason="no dpkg with Python here")
def test_dpkg_owns_exactly_what_dpkg_says() -> None:
    manifest = next(one.manifest for one in pip.collect(LiveSystem({}), []) if one.environment == DIST_PACKAGES)
    assert manifest is not None
    entries = [path for path in Path(DIST_PACKAGES).iterdir() if path.name.endswith(("-info", ".egg"))]
    owned = [
        path
        for path in entries
        if subprocess.run(["dpkg", "-S", path], capture_output=True, check=False).returncode == 0
    ]
    by_dpkg = {normalise(path.name.rpartition(".")[0].partition("-")[0]) for path in owned}
    assert {row.name for row in manifest.packages if row.flags & OWNED} == by_dpkg


@pytest.mark.parametrize("python", [*PYENV, Path(sys.executable)], ids=lambda path: path.parent.parent.name)
def test_an_interpreters_environment_is_listed_as_its_own_pip_lists_it(python: Path) -> None:
    prefix = str(python.parent.parent.resolve())
    known = by_pip(str(python), "-m", "pip")
    assert names_and_versions(by_us(prefix)) == known


def test_an_installed_wheel_is_listed_as_pip_lists_it(venv: Path, tmp_path: Path) -> None:
    command = pip_for(venv)
    assert names_and_versions(by_us(str(venv))) == by_pip(*command) == []
    path = wheel(tmp_path, "hand_made", "1.0.0")
    run(*command, "install", "--no-index", "--no-deps", str(path))
    (row,) = by_us(str(venv))
    assert names_and_versions((row,)) == by_pip(*command)
    assert row.flags == REQUESTED
    assert row.attribute("name") == "hand.made"
    # Old versions of pip do not write the hash of a local file.
    assert row.attribute("url").partition("#sha256=")[0] == f"file://{path.resolve()}"


def test_an_editable_install_is_listed_as_pip_lists_it(venv: Path, tmp_path: Path) -> None:
    command = pip_for(venv)
    project = tmp_path / "project"
    project.mkdir()
    site = site_of(venv)
    info = site / "edit-2.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: edit\nVersion: 2.0\n\n")
    (info / "direct_url.json").write_text(json.dumps({"url": f"file://{project}", "dir_info": {"editable": True}}))
    (site / "__editable__.edit-2.0.pth").write_text(f"{project}\n")
    (project / "edit.egg-info").mkdir()
    (project / "edit.egg-info/PKG-INFO").write_text("Metadata-Version: 2.1\nName: edit\nVersion: 1.9\n\n")
    assert by_us(str(venv)) == (Package("edit", "", "2.0", EDITABLE, (("url", f"file://{project}"),)),)
    assert by_pip(*command) == [("edit", "2.0")]


def test_odd_entries_are_listed_as_pip_lists_them(venv: Path, tmp_path: Path) -> None:
    command = pip_for(venv)
    site = site_of(venv)
    extra = tmp_path / "extra"
    for parent, entry, name, version in (
        (site, "~eft-1.0.dist-info", "left", "1.0"),
        (site, "Local_Ver-1.0+cu118.dist-info", "Local_Ver", "1.0+cu118"),
        (extra, "viapth-5.0.dist-info", "viapth", "5.0"),
        (extra, "Local_Ver-9.dist-info", "Local_Ver", "9"),
    ):
        (parent / entry).mkdir(parents=True)
        (parent / entry / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n\n")
    (site / "extra.pth").write_text(f"{extra}\n")
    (site / "crlf-1.0.dist-info").mkdir()
    (site / "crlf-1.0.dist-info/METADATA").write_bytes(b"Metadata-Version: 2.1\r\nName: crlf\r\nVersion: 1.0\r\n\r\n")
    (site / "eggfile-3.1-py3.11.egg-info").write_text("Metadata-Version: 1.0\nName: eggfile\nVersion: 3.1\n\n")
    assert names_and_versions(by_us(str(venv))) == by_pip(*command)


def test_what_old_pip_hides_and_new_pip_shows_is_a_broken_row(venv: Path) -> None:
    command = pip_for(venv)
    (site_of(venv) / "nometa-1.0.dist-info").mkdir()
    assert by_us(str(venv)) == (Package("nometa", "", "1.0", BROKEN),)
    assert by_pip(*command) in ([], [("nometa", "1.0")])
