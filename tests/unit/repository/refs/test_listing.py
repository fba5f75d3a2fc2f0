"""Listing: every condition narrows, bounds belong to what they bound, and what is damaged is named beside the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.repositories.memories import InMemory, one

from cortexrepo.codec.records import MAGIC, MARK, Mark
from cortexrepo.model.damage import DAMAGED, NEWER_FORMAT, STRAY, Damage
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.snapshot import RECONSTRUCTED, Cause
from cortexrepo.repository.refs.marks import sealed

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.repository.refs.listing import Listing
    from cortexrepo.repository.repository import Repository

TAGS = {1: ["golden", "old"], 2: [], 3: ["new"], 4: [], 5: []}


@pytest.fixture
def place() -> InMemory:
    """Snapshots of the seconds 1 to 5, the last of which is deleted."""
    made = InMemory()
    for second, tags in TAGS.items():
        made.now = second * 1000
        made.repository.create(one(second), message=f"Number {second}", tags=tags, cause=Cause("create"))
    made.repository.delete(["latest"])
    return made


def seconds(listing: Listing) -> list[int]:
    return [snapshot.created_at // 1000 for snapshot in listing.snapshots]


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (lambda r: r.listing(), [4, 3, 2, 1]),
        (lambda r: r.listing(deleted=True), [5]),
        (lambda r: r.listing(since_ms=3000), [4, 3]),
        (lambda r: r.listing(since_ms=3001), [4]),
        (lambda r: r.listing(until_ms=2000), [2, 1]),
        (lambda r: r.listing(until_ms=1999), [1]),
        (lambda r: r.listing(since_ms=2000, until_ms=3000), [3, 2]),
        (lambda r: r.listing(tag="golden"), [1]),
        (lambda r: r.listing(tag="old"), [1]),
        (lambda r: r.listing(tag="nothing"), []),
        (lambda r: r.listing(text="NUMBER 3"), [3]),
        (lambda r: r.listing(text="GOLD"), [1]),
        (lambda r: r.listing(text="create"), []),
        (lambda r: r.listing(text="e"), [4, 3, 2, 1]),
        (lambda r: r.listing(text=""), [4, 3, 2, 1]),
        (lambda r: r.listing(limit=2), [4, 3]),
        (lambda r: r.listing(text="number", limit=3), [4, 3, 2]),
        (lambda r: r.listing(since_ms=2000, tag="golden"), []),
        (lambda r: r.listing(text="number 3 new"), []),
    ],
)
def test_a_listing_holds_what_meets_every_condition(
    place: InMemory, ask: Callable[[Repository], Listing], expected: list[int]
) -> None:
    assert seconds(ask(place.repository)) == expected


def test_one_that_was_rebuilt_from_logs_is_found_by_the_command_that_the_list_shows(place: InMemory) -> None:
    rebuilt = one(3)._replace(facts=((RECONSTRUCTED, "dpkg.log"),))
    place.repository.record(rebuilt, 500, cause=Cause("apt install Vim"))
    assert [snapshot.created_at for snapshot in place.repository.listing(text="install vim").snapshots] == [500]


def test_a_listing_has_all_tags_of_each_snapshot(place: InMemory) -> None:
    listing = place.repository.listing()
    tags = {one.created_at // 1000: listing.tags.get(one.id, ()) for one in listing.snapshots}
    assert tags == {4: (), 3: ("new",), 2: (), 1: ("golden", "old")}


def test_what_is_damaged_is_named_with_the_reason_and_without_its_name_twice(place: InMemory) -> None:
    key = next(f"refs/{name}" for name in place.names("refs") if "-00000002-" in name)
    good = place.read(key)
    place.write(key, good[:-1] + bytes((good[-1] ^ 1,)))
    place.write("refs/README", b"")
    listing = place.repository.listing()
    assert seconds(listing) == [4, 3, 1]
    assert listing.damaged == (
        Damage("refs/README", "the name is not the name of a snapshot's ref", STRAY),
        Damage(key, "its checksum does not match"),
    )


def test_a_ref_that_goes_while_the_others_are_read_is_passed_over(place: InMemory) -> None:
    refs = place.repository._refs
    names = refs.names()
    place.unlink(f"refs/{names.kept[1]}")
    refs.names = lambda: names  # type: ignore[method-assign]  # it looked before
    listing = place.repository.listing()
    assert seconds(listing) == [4, 2, 1]
    assert [one.key for one in listing.damaged] == ["tags/new"]


def _directory(place: InMemory, key: str) -> None:
    place.unlink(key)
    place.files.make_directory(place.path(key))


@pytest.mark.parametrize(
    ("spoil", "kind", "reason"),
    [
        (_directory, DAMAGED, "EISDIR"),  # so says the file system in memory
        (lambda place, key: place.write(key, b"junk"), DAMAGED, "it is cut short, or it is not a record"),
        (
            lambda place, key: place.write(key, sealed(MARK, Mark("f" * 32, SnapshotId("f" * 32), 1))),
            DAMAGED,
            "it holds the mark of another snapshot",
        ),
        (
            lambda place, key: place.write(key, MAGIC + b"\x02\x04later"),
            NEWER_FORMAT,
            "the file has format 2; this version of cortex reads format 1",
        ),
    ],
)
def test_a_mark_that_cannot_be_read_is_named_where_deleted_snapshots_are_listed(
    place: InMemory, spoil: Callable[[InMemory, str], None], kind: str, reason: str
) -> None:
    [own] = place.names("deleted")
    spoil(place, f"deleted/{own}")
    found = place.again().listing(deleted=True)
    assert (seconds(found), found.damaged) == ([5], (Damage(f"deleted/{own}", reason, kind),))
    # It hides its snapshot as a sound one does: the list of the others is complete.
    assert (seconds(place.again().listing()), place.again().listing().damaged) == ([4, 3, 2, 1], ())
    assert [(one.key, one.reason) for one in place.again().upkeep.verify().problems] == [(f"deleted/{own}", reason)]
