"""Snapshots come from outside: no name, architecture or version in one reaches a program unless it is plainly one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines.fakemachines import FakeMachine, fake_room

from cortexrepo.ecosystems.apt.restore import restorer as apt
from cortexrepo.ecosystems.contract.restoring import Work
from cortexrepo.model.package import AUTO, HOLD, Manifest, Package
from cortexrepo.model.plan import DOWNGRADE, INSTALL, MARK, REINSTALL, REMOVE, UPGRADE, Step

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (
    "", "-", "--", "-o", "--purge", "--allow-remove-essential", "-oDPkg::Pre-Install-Pkgs::=sh", "--config-file=/tmp/x",
    "a", "cx-", "cx+", "cx_", "cx^", "cx*", "cx?", "cx.*", "cx$", "^cx", "cx|apt", "~ncx", "~i", "?installed",
    "?name(cx)",
    "cx/stable", "cx=1.0", "cx:i386", "cx:any", "./cx.deb", "/tmp/cx.deb", "../cx", "cx.deb/", "file:cx", "http://x/cx.deb",
    "cx apt", " cx", "cx ", "cx\n", "cx\napt", "\ncx", "cx\t", "cx\0", "cx\0apt", "cx;reboot", "cx&", "cx`id`", "$(id)",
    "${HOME}", "cx'", 'cx"', "cx\\", "cx>x", "cx<x", "cx#", "cx%", "cx,apt", "cx@", "CX", "Cx", "cxé", "\u0441x",
    "cx\u202e",
    "\uff43x", "cx\udc80", "+cx", ".cx", "c" * 256, "[a-z]x", "cx!", "cx{a,b}", "(cx)",
)  # fmt: skip
PLAUSIBLE = {"cx-", "cx+"}
"""apt reads a sign at the end; with an architecture behind the name, and that is always there, it cannot."""

ARCHES = (
    "", "any ", "amd64 ", "amd64\n", "amd64-\n", "-amd64", "*", "amd64=1", "amd64/x", "../x", "amd64:i386", "AMD64",
    "amd64^",
    "amd64+", "~i", "amd64;id", "a\0", "amd_64", "a" * 256,
)  # fmt: skip
VERSIONS = (
    "", "-", "1.0-", "1.0\n", "1.0 ", " 1.0", "1.0 apt", "1.*", "*", "1?", "1.0=2", "1.0/stable", "/etc/passwd", "../1",
    "1.0;id", "1.0`id`", "$(id)", "1.0'", "1_0", "1.0\0", "é", "1.0\u202e", "a:1", ":1", "1:", "-1", "~1", "+1",
    "1.0%3a",
    "1.0^", "1.0,2", "1.0|2", "[1]", "1" * 256, "1.0\n\nPackage: apt",
)  # fmt: skip
FINE_NAMES = ("libc6", "g++", "libstdc++6", "0ad", "a2ps", "python3.11", "gcc-12-base", "libx11-6", "gtk+3.0")
FINE_VERSIONS = (
    "1",
    "1.0",
    "1:2.0~rc1-3+b1",
    "2025b-0+deb12u2",
    "0~20240101",
    "1.0+dfsg~",
    "1:1:1",
    "5.0-1ubuntu2.1",
    "7+",
)


def _work(step: Step) -> Work:
    rows = (Package("dpkg", "amd64", "1.21"), *((step.before,) if step.before else ()))
    now = Manifest("apt", rows)
    return Work("apt", "", (), (), now, Manifest("apt", rows), (step,))


def _steps(row: Package) -> list[Step]:
    old = row._replace(version="1.0")
    return [
        Step(INSTALL, None, row),
        Step(UPGRADE, old, row),
        Step(DOWNGRADE, old, row),
        Step(REINSTALL, row, row),
    ]


def _refused(step: Step, staging: Path) -> None:
    # A machine that has no answer for anything: a program that is started fails the test.
    proposal = apt.propose(_work(step), fake_room(str(staging), FakeMachine()))
    assert "unsafe" in [obstacle.kind for obstacle in proposal.obstacles]
    assert proposal.steps == (step,)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PLAUSIBLE], ids=ascii)
def test_a_hostile_name_reaches_no_program(name: str, tmp_path: Path) -> None:
    row = Package(name, "amd64", "2.0")
    for step in (*_steps(row), Step(REMOVE, row, None), Step(MARK, row, row._replace(flags=AUTO | HOLD))):
        _refused(step, tmp_path)


@pytest.mark.parametrize("arch", ARCHES, ids=ascii)
def test_a_hostile_architecture_reaches_no_program(arch: str, tmp_path: Path) -> None:
    row = Package("cx", arch, "2.0")
    steps = [*_steps(row), Step(REMOVE, row, None)]
    # dpkg may know no architecture of what is not installed, and a mark needs none.
    if arch:
        steps.append(Step(MARK, row, row._replace(flags=HOLD)))
    for step in steps:
        _refused(step, tmp_path)


@pytest.mark.parametrize("version", VERSIONS, ids=ascii)
def test_a_hostile_version_reaches_no_program(version: str, tmp_path: Path) -> None:
    for step in _steps(Package("cx", "amd64", version)):
        _refused(step, tmp_path)


def test_all_that_is_hostile_is_named_at_once(tmp_path: Path) -> None:
    steps = tuple(Step(INSTALL, None, Package(f"cx{number};id", "amd64", "1")) for number in range(5))
    work = _work(steps[0])._replace(steps=steps)
    assert len(apt.propose(work, fake_room(str(tmp_path))).obstacles) == 5


def test_there_are_many() -> None:
    assert len(NAMES) - len(PLAUSIBLE) + len(ARCHES) + len(VERSIONS) >= 100


@pytest.mark.parametrize("name", [*FINE_NAMES, *sorted(PLAUSIBLE)])
def test_names_that_packages_really_have_are_handed_on(name: str) -> None:
    from cortexrepo.ecosystems.apt.names import named, unsafe

    row = Package(name, "amd64", "1")
    assert unsafe(row, versioned=True) == ""
    assert named(row, "amd64") == f"{name}:amd64"


@pytest.mark.parametrize("version", FINE_VERSIONS)
def test_versions_that_packages_really_have_are_handed_on(version: str) -> None:
    from cortexrepo.ecosystems.apt.names import unsafe

    assert unsafe(Package("cx", "amd64", version), versioned=True) == ""
