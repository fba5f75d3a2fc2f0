"""Evidence as bytes says the same as evidence, and anything else is refused."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.machine import stamped, witness
from cortexrepo.machine.evidence import content_stamp, holds
from cortexrepo.machine.notes import Notes, StampedNotes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LATER = 1 << 62


def asked(notes: Notes, place: Path) -> Notes:
    """Asks for a file, what is not there, a link to nothing, and where a link leads."""
    for name in ("file", "b\udc80d"):
        if not (place / name).exists():
            (place / name).touch()
    for name, target in (("link", "file"), ("dangling", "nothing")):
        if not (place / name).is_symlink():
            (place / name).symlink_to(target)
    for name in ("file", "b\udc80d", "link", "dangling", "no/such/thing"):
        notes.see(str(place / name))
    notes.opened(str(place), place.stat())
    notes.missing(str(place / "absent/too"))
    notes.resolved[str(place / "link")] = str(place / "file")
    notes.links[str(place / "link")] = "file"
    return notes


def kept(place: Path) -> bytes:
    notes = StampedNotes()
    asked(notes, place)
    return notes.stamped()


def test_it_says_what_notes_say(tmp_path: Path) -> None:
    stamps, resolved, links, _ = stamped.evidence(kept(tmp_path))
    assert (tuple(sorted(stamps)), resolved, links, ()) == asked(Notes(), tmp_path).seen()
    assert stamped.newest(kept(tmp_path)) == max(content_stamp(str(one))[-1] for one in (tmp_path, tmp_path / "file"))


@pytest.mark.parametrize("name", ["file", "link", "dangling", "no", "absent"])
def test_whatever_changes_is_seen(tmp_path: Path, name: str) -> None:
    evidence = ((), (), (), (kept(tmp_path),))
    assert witness.settled(evidence, LATER) == evidence
    assert holds(evidence)
    (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / name).write_text("new")
    assert not holds(evidence)


def test_what_has_changed_just_now_is_no_evidence(tmp_path: Path) -> None:
    evidence = ((), (), (), (kept(tmp_path),))
    assert witness.settled(evidence, stamped.newest(evidence[3][0])) is None


def test_what_cannot_be_kept_is_no_evidence(tmp_path: Path) -> None:
    for path, told in (("/a\0b", "/"), ("/\ud800", "/")):
        notes = StampedNotes()
        notes.see("/")
        notes.resolved[path] = told
        assert notes.stamped() == b""
    notes = StampedNotes()
    about = os.stat_result((*range(10), 1.0, 1.0, 1.0, 1, 1 << 70, 1))
    notes.opened(str(tmp_path), about)
    assert notes.stamped() == b""


def test_bytes_that_are_none_are_no_evidence_and_hold_nothing(tmp_path: Path) -> None:
    data = kept(tmp_path)
    bad: Sequence[bytes] = [b"", data[:3], data[:40], data + b"\0", data[:-1].replace(b"\0", b""), b"\xff" * 40]
    for one in bad:
        with pytest.raises(ValueError, match="damaged"):
            stamped.evidence(one)
        assert not holds(((), (), (), (one,)))
    assert witness.settled(((), (), (), (b"",)), LATER) is None


@given(st.binary(max_size=200))
def test_no_bytes_do_any_harm(data: bytes) -> None:
    assert holds(((), (), (), (data,))) in {True, False}
