from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from typing import TYPE_CHECKING

import pytest

import cortexrepo

if TYPE_CHECKING:
    from pathlib import Path

CORTEX = os.path.join(sysconfig.get_path("scripts"), "cortex")

STATUS = """\
Package: hello
Status: install ok installed
Architecture: amd64
Version: {version}
Maintainer: Nobody <nobody@example.org>
Description: a greeting

"""


@pytest.fixture(name="machine")
def fixture_machine(tmp_path: Path) -> Path:
    """A root with one apt package."""
    root = tmp_path / "machine"
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text(STATUS.format(version="2.10-2"))
    return root


def cortex(tmp_path: Path, *words: str, launcher: tuple[str, ...] = (CORTEX,)) -> subprocess.CompletedProcess[str]:
    """Runs the installed command as a person would, in a directory that holds no checkout."""
    if not os.path.exists(CORTEX):
        pytest.skip("cortexrepo is not installed in this environment; `tox -e tests` installs it")
    return subprocess.run(
        [*launcher, "snapshot", *words],
        cwd=tmp_path,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "LC_ALL": "C.UTF-8",
            "CORTEX_REPO": str(tmp_path / "snapshots"),
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def answer(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_the_package_under_test_is_the_installed_one() -> None:
    if not os.path.exists(CORTEX):
        pytest.skip("cortexrepo is not installed in this environment; `tox -e tests` installs it")
    assert os.path.commonpath([cortexrepo.__file__, sys.prefix]) == sys.prefix


def test_the_installed_command_creates_lists_shows_and_compares(tmp_path: Path, machine: Path) -> None:
    only = ("--root", str(machine), "--only", "apt")
    made = answer(cortex(tmp_path, "create", "first", *only, "--json"))
    (machine / "var/lib/dpkg/status").write_text(STATUS.format(version="2.12-1"))
    again = answer(cortex(tmp_path, "create", "second", *only, "--json"))

    listed = answer(cortex(tmp_path, "list", "--json"))
    assert isinstance(listed["snapshots"], list)
    assert [entry["id"] for entry in listed["snapshots"]] == [again["id"], made["id"]]

    shown = answer(cortex(tmp_path, "show", "latest", "--packages", "--json"))
    assert isinstance(shown["packages"], list)
    assert [(row["name"], row["arch"], row["version"]) for row in shown["packages"]] == [("hello", "amd64", "2.12-1")]

    compared = answer(cortex(tmp_path, "diff", str(made["id"]), "latest", "--json"))
    assert isinstance(compared["changes"], list)
    assert [(change["name"], change["kind"]) for change in compared["changes"]] == [("hello", "upgraded")]


def test_the_module_does_what_the_command_does(tmp_path: Path, machine: Path) -> None:
    launcher = (sys.executable, "-m", "cortexrepo")
    only = ("--root", str(machine), "--only", "apt")
    assert cortex(tmp_path, "create", "first", *only, launcher=launcher).returncode == 0
    assert "first" in cortex(tmp_path, "list", launcher=launcher).stdout


def test_help_needs_neither_a_repository_nor_a_terminal(tmp_path: Path) -> None:
    done = cortex(tmp_path, "--help")
    assert done.returncode == 0
    assert "create" in done.stdout
    assert not (tmp_path / "snapshots").exists()
