"""Deleted snapshots that go for good: which, when, and who wins when somebody wants one back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.disk.faults import FaultyFileSystem
from support.repositories.memories import LOCATION, InMemory

from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot

DAY = 86_400_000
LOST = "copy refs/ back from a backup; if nothing is needed any more, remove the whole repository"


@pytest.fixture
def place() -> InMemory:
    return InMemory()


def stored(place: InMemory) -> list[str]:
    return sorted(f"objects/{fan}/{name}" for fan in place.names("objects") for name in place.names(f"objects/{fan}"))


def bytes_in(place: InMemory) -> int:
    refs = [f"refs/{name}" for name in place.names("refs")]
    return sum(len(place.read(key)) for key in (*refs, *stored(place)))


def claim(place: InMemory, snapshot: Snapshot) -> None:
    """Does what a collector that died had done."""
    place.write(f"deleted/{snapshot.id}.claimed", place.read(f"deleted/{snapshot.id}"))
    place.unlink(f"deleted/{snapshot.id}")


def test_a_deletion_of_exactly_that_age_goes_and_a_younger_one_stays(place: InMemory) -> None:
    older, younger, kept = place.fill(3)
    place.repository.delete([older.id])
    place.now += 1
    place.repository.delete([younger.id])
    place.now += 999
    for dry_run in (True, False):
        assert place.repository.upkeep.gc(keep_deleted_ms=1000, dry_run=dry_run).snapshots == (older.id,)
    assert place.names("deleted") == [younger.id]
    place.now -= 1000
    for _ in range(13):
        place.now += DAY
        place.repository.upkeep.gc()
    place.now += DAY
    assert place.repository.upkeep.gc().snapshots == ()
    place.now += 1
    assert place.repository.upkeep.gc().snapshots == (younger.id,)
    assert place.repository.snapshots() == (kept,)


def test_listers_are_kept_out_for_sixteen_names_at_a_time(place: InMemory) -> None:
    made = place.fill(36)
    place.repository.delete([snapshot.id for snapshot in made[1:]])
    files = FaultyFileSystem(place.files)
    Repository.open(LOCATION, files=files).upkeep.gc(keep_deleted_ms=0)
    held: list[int] = []
    for call in files.calls[files.calls.index("lock repository") + 1 :]:  # after the lock that collectors exclude with
        if call == "lock repository":
            held.append(0)
        elif call in {"rename deleted", "unlink refs"}:
            held[-1] += 1
    assert held == [16, 16, 3, 16, 16, 3]


def test_a_run_that_died_after_the_last_ref_is_taken_up(place: InMemory) -> None:
    made = place.fill(2)
    place.repository.delete([snapshot.id for snapshot in made])
    for snapshot in made:
        claim(place, snapshot)
    for name in place.names("refs"):
        place.unlink(f"refs/{name}")
    size = bytes_in(place)
    # However young the claims are: there is no way back without the refs.
    for dry_run in (True, False):
        found = place.repository.upkeep.gc(dry_run=dry_run)
        assert (set(found.snapshots), found.objects, found.size) == ({each.id for each in made}, 2, size)
    assert stored(place) == place.names("deleted") == []


def test_claims_of_a_run_that_died_count_if_they_are_due_and_else_are_taken_back(place: InMemory) -> None:
    made = place.fill(40)
    place.repository.delete([snapshot.id for snapshot in made[:2]])
    place.now += 1000
    place.repository.delete([snapshot.id for snapshot in made[2:39]])
    for snapshot in made[:39]:
        claim(place, snapshot)
    for dry_run in (True, False):
        assert set(place.repository.upkeep.gc(keep_deleted_ms=500, dry_run=dry_run).snapshots) == {
            each.id for each in made[:2]
        }
    assert place.names("deleted") == sorted(snapshot.id for snapshot in made[2:39])
    assert len(place.repository.undelete([snapshot.id for snapshot in made[2:39]])) == 37
    assert len(place.repository.snapshots()) == 38


def test_a_mark_that_cannot_be_read_keeps_its_snapshot(place: InMemory) -> None:
    torn, newer, plain = place.fill(3)
    place.repository.delete([torn.id, newer.id, plain.id])
    good = place.read(f"deleted/{newer.id}")
    place.write(f"deleted/{torn.id}", b"torn")
    place.write(f"deleted/{newer.id}", good[:4] + b"\x02" + good[5:])
    place.write("deleted/README", b"mine")
    place.write("deleted/README.claimed", good)
    for dry_run in (True, False):
        found = place.repository.upkeep.gc(keep_deleted_ms=0, dry_run=dry_run)
        assert found.snapshots == (plain.id,)
        assert {(one.key, one.kind) for one in found.damaged} == {
            (f"deleted/{torn.id}", "damaged"),
            (f"deleted/{newer.id}", "newer-format"),
        }
    assert place.names("deleted") == sorted([torn.id, newer.id, "README", "README.claimed"])
    assert len(stored(place)) == 2


def test_a_snapshot_that_was_deleted_again_while_its_mark_was_claimed_stays(place: InMemory) -> None:
    snapshot, _ = place.fill(2)
    place.repository.delete([snapshot.id])
    place.now += 1000
    rename = place.files.rename

    def again(source: str, target: str) -> None:
        place.files.rename = rename  # type: ignore[method-assign]
        place.repository.undelete([snapshot.id])
        place.repository.delete([snapshot.id])
        rename(source, target)

    real_lock = place.files.lock
    # `undelete` waits for the lock that a collector holds: here it comes just before.
    place.files.lock = lambda path, **how: real_lock(f"{path}.{len(how)}.{how['exclusive']}", **how)  # type: ignore[method-assign]
    place.files.rename = again  # type: ignore[method-assign]
    assert place.repository.upkeep.gc(keep_deleted_ms=500).snapshots == ()
    place.files.lock = real_lock  # type: ignore[method-assign]
    assert place.names("deleted") == [snapshot.id]
    assert place.repository.undelete([snapshot.id]) == (snapshot.id,)
    assert place.repository.inventory(snapshot).readings


def test_a_mark_that_is_undeleted_before_it_is_claimed_stays_undeleted(place: InMemory) -> None:
    first, second = place.fill(2)
    place.repository.delete([first.id, second.id])
    rename = place.files.rename

    def undeleted(source: str, target: str) -> None:
        if source.endswith(first.id):
            place.files.unlink(source)
        rename(source, target)

    place.files.rename = undeleted  # type: ignore[method-assign]
    assert place.repository.upkeep.gc(keep_deleted_ms=0).snapshots == (second.id,)
    assert place.repository.snapshots() == (first,)
    assert place.repository.inventory(first).readings


def test_a_mark_that_goes_before_it_is_read_is_not_due(place: InMemory) -> None:
    snapshot, _ = place.fill(2)
    place.repository.delete([snapshot.id])
    names = place.repository._store.names("deleted")
    place.repository.undelete([snapshot.id])
    real = place.repository._store.names
    place.repository._store.names = lambda prefix: names if prefix == "deleted" else real(prefix)  # type: ignore[method-assign]
    assert place.repository.upkeep.gc(keep_deleted_ms=0, dry_run=True).snapshots == ()
    assert place.repository.upkeep.gc(keep_deleted_ms=0).snapshots == ()
