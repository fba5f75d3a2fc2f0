"""Where the C library goes down it goes last, with what is bound to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.ecosystems.apt.database import relations
from cortexrepo.ecosystems.apt.restore import stages as apt_stages
from cortexrepo.model.package import Package
from cortexrepo.model.plan import DOWNGRADE, INSTALL, REMOVE, UPGRADE, Step

if TYPE_CHECKING:
    from pathlib import Path

STATUS = """\
Package: libc6
Source: glibc
Breaks: base-files (<< 13.3~), locales (<< 2.41)
Version: 2.41-12

Package: locales
Source: glibc (2.41-12)
Version: 2.41-12

Package: base-files
Version: 13.8

Package: dash
Version: 0.5.12-12
"""
FILES = {"libc6": ["/usr/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu/libc.so.6"], "dash": ["/usr/bin/dash"]}


@pytest.fixture(autouse=True)
def _dpkg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "status").write_text(STATUS)
    monkeypatch.setattr(relations, "STATUS", str(tmp_path / "status"))
    monkeypatch.setattr(apt_stages, "files", lambda row: FILES.get(row.name, []))


def row(name: str, version: str) -> Package:
    return Package(name, "amd64", version)


def step(name: str, before: str, after: str, kind: str = DOWNGRADE) -> Step:
    return Step(kind, row(name, before), row(name, after))


DASH = step("dash", "0.5.12-12", "0.5.12-2")
LIBC = step("libc6", "2.41-12", "2.36-9")
LOCALES = step("locales", "2.41-12", "2.36-9")
BASE = step("base-files", "13.8", "12.4")
NEW, GONE = Step(INSTALL, None, row("cx-new", "1.0")), Step(REMOVE, row("sqv", "1.3"), None)


def test_the_library_its_source_and_what_it_breaks_are_last() -> None:
    assert apt_stages.stages([LIBC, DASH, LOCALES, BASE, NEW, GONE]) == [[DASH, NEW, GONE], [LIBC, LOCALES, BASE]]


def test_what_the_library_does_not_break_in_its_other_version_is_not_last() -> None:
    other = step("base-files", "13.8", "13.4")
    assert apt_stages.stages([LIBC, other]) == [[other], [LIBC]]


def test_without_a_library_that_goes_down_there_is_one_stage() -> None:
    up = step("libc6", "2.36-9", "2.41-12", UPGRADE)
    for steps in ([DASH, BASE], [up, DASH], []):
        assert apt_stages.stages(steps) == [steps]


def test_the_library_alone_is_one_stage() -> None:
    assert apt_stages.stages([LIBC]) == [[LIBC]]
