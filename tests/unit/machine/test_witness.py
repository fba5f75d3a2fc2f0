"""Whatever changes after it was asked about is noticed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from cortexrepo.machine.evidence import holds
from cortexrepo.machine.witness import SETTLED, Witness

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LATER = time.time_ns() + 3600 * 1_000_000_000


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "d/sub").mkdir(parents=True)
    (tmp_path / "d/file").write_text("one")
    (tmp_path / "link").symlink_to("d")
    (tmp_path / "dangling").symlink_to("to-come/x")
    return tmp_path


def asked(place: Path) -> Witness:
    witness = Witness({})
    witness.read(f"{place}/d/file")
    witness.head(f"{place}/link/file", 2)
    witness.entries(f"{place}/d")
    witness.exists(f"{place}/d/none/deeper")
    witness.exists(f"{place}/dangling/y")
    witness.readlink(f"{place}/link")
    witness.realpath(f"{place}/link/sub")
    witness.owner(f"{place}/d/sub")
    return witness


def rewrite_in_place(place: Path) -> None:
    before = (place / "d/file").stat()
    (place / "d/file").write_text("two")
    os.utime(place / "d/file", ns=(before.st_atime_ns, before.st_mtime_ns))


def replace(place: Path) -> None:
    (place / "new").write_text("one")
    (place / "new").rename(place / "d/file")


def relink(place: Path) -> None:
    (place / "link").unlink()
    (place / "e").mkdir()
    (place / "link").symlink_to("e")


CHANGES: list[Callable[[Path], object]] = [
    rewrite_in_place,
    replace,
    relink,
    lambda place: (place / "d/file").unlink(),
    lambda place: (place / "d/another").touch(),
    lambda place: (place / "d/none").mkdir(),
    lambda place: (place / "to-come/x").mkdir(parents=True),
    lambda place: (place / "d/sub").chmod(0o700),
    lambda place: (place / "d").rename(place / "away"),
]


def test_another_way_to_the_same_place_is_noticed(place: Path) -> None:
    """What a link leads to is answered with its name, which changes when a link on the way does."""
    (place / "c").mkdir()
    (place / "b").symlink_to(place / "c")
    (place / "l").symlink_to(place / "b")
    witness = Witness({})
    assert witness.realpath(f"{place}/l") == str(place / "c")
    evidence = witness.evidence(LATER)
    assert evidence is not None
    assert holds(evidence)
    (place / "c").rename(place / "e")
    (place / "b").unlink()
    (place / "b").symlink_to(place / "e")
    (place / "c").symlink_to(place / "e")
    assert not holds(evidence)


def test_evidence_holds_while_nothing_changes(place: Path) -> None:
    evidence = asked(place).evidence(LATER)
    assert evidence is not None
    (place / "unrelated").touch()
    assert holds(evidence)


@pytest.mark.parametrize("change", CHANGES, ids=range(len(CHANGES)))
def test_a_change_of_anything_that_was_asked_about_is_noticed(place: Path, change: Callable[[Path], object]) -> None:
    evidence = asked(place).evidence(LATER)
    assert evidence is not None
    time.sleep(0.02)  # longer than the clock that stamps files ticks
    change(place)
    assert not holds(evidence)


def test_what_changed_just_before_is_not_trusted(place: Path) -> None:
    witness = asked(place)
    assert witness.evidence(time.time_ns()) is None
    assert witness.evidence(time.time_ns() + 2 * SETTLED) is not None


def test_it_answers_like_the_machine(place: Path) -> None:
    witness = Witness({"A": "1"})
    assert witness.read(f"{place}/d/file") == b"one"
    assert witness.head(f"{place}/link/file", 2) == b"on"
    assert [entry.name for entry in witness.entries(f"{place}/d")] == ["file", "sub"]
    assert not witness.exists(f"{place}/dangling")
    assert witness.is_directory(f"{place}/link")
    assert witness.readlink(f"{place}/link") == "d"
    assert witness.realpath(f"{place}/link/sub") == str(place / "d/sub")
    assert witness.owner(f"{place}/d") == os.geteuid()
    assert witness.stamp(f"{place}/none") is None
    assert witness.kernel() == os.uname().release


@pytest.mark.parametrize(
    "evidence", [(), ((), ()), ((1,), (), ()), (((1, 2, 3),), (), ()), (None, None, None), "text", None]
)
def test_what_is_no_evidence_does_not_hold(evidence: object) -> None:
    assert not holds(evidence)
