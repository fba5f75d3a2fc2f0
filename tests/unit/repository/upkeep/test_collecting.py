"""Garbage collection in numbers: what is counted, in which portions it goes, and what a refusal says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.repositories.memories import LOCATION, InMemory, object_of, one
from support.repositories.refusals import refusal

from cortexrepo.codec import refs
from cortexrepo.errors import CorruptError, RefusedError
from cortexrepo.model.garbage import Garbage
from cortexrepo.model.snapshot import ABSENT
from cortexrepo.repository.upkeep import gc
from cortexrepo.store.local.collection import Collection

if TYPE_CHECKING:
    from collections.abc import Iterable

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


def test_what_is_removed_is_counted_to_the_byte_and_foretold(place: InMemory) -> None:
    made = place.fill(5)
    before = bytes_in(place)
    place.repository.delete([snapshot.id for snapshot in made[1:4]])
    planned = place.repository.upkeep.gc(keep_deleted_ms=0, dry_run=True)
    assert bytes_in(place) == before
    found = place.repository.upkeep.gc(keep_deleted_ms=0)
    assert found == planned == Garbage(found.snapshots, 3, before - bytes_in(place), 0)
    assert set(found.snapshots) == {snapshot.id for snapshot in made[1:4]}
    assert stored(place) == sorted(object_of(snapshot) for snapshot in (made[0], made[4]))
    assert place.repository.upkeep.gc(keep_deleted_ms=0) == Garbage((), 0, 0, 0)


def test_more_go_than_are_taken_at_once(place: InMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "_FIRST_OBJECTS", 2)
    monkeypatch.setattr(gc, "_OBJECTS_AT_ONCE", 4)
    made = place.fill(41)
    place.repository.delete([snapshot.id for snapshot in made[1:]])
    portions: list[int] = []
    real = Collection.set_aside
    monkeypatch.setattr(Collection, "set_aside", lambda work, keys, intact: real(work, _noted(portions, keys), intact))
    told: list[tuple[str, int, int]] = []
    before = bytes_in(place)
    found = place.repository.upkeep.gc(keep_deleted_ms=0, progress=lambda *step: told.append(step))
    assert (len(found.snapshots), found.objects, found.size) == (40, 40, before - bytes_in(place))
    assert portions == [2, *[4] * 9, 2]
    assert [step for step in told if step[0] == "expiring snapshots"] == [
        ("expiring snapshots", number, 40) for number in (0, 16, 32)
    ]
    assert [step for step in told if step[0] == "removing objects"] == [
        ("removing objects", number, 40) for number in (0, *range(2, 40, 4))
    ]
    # Before anything is touched: a ref is never edited, so that nothing reads it again.
    assert [step for step in told if step[0] == "reading snapshots"] == [("reading snapshots", 0, 1)]
    assert place.repository.snapshots() == (made[0],)
    for directory in ("deleted", "quarantine", "pins", "tmp"):
        assert place.names(directory) == []


def _noted(portions: list[int], keys: Iterable[str]) -> list[str]:
    found = list(keys)
    portions.append(len(found))
    return found


def test_progress_over_the_snapshots_counts_each_once(place: InMemory) -> None:
    place.fill(3)
    told: list[tuple[str, int, int]] = []
    place.repository.upkeep.gc(progress=lambda *step: told.append(step))
    once = [("reading snapshots", number, 3) for number in range(3)]
    assert told == once
    told.clear()
    place.repository.upkeep.gc(dry_run=True, progress=lambda *step: told.append(step))
    assert told == once


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_refusal_names_the_file_and_the_way_out(place: InMemory, dry_run: bool) -> None:  # noqa: FBT001
    snapshot = place.fill(2)[0]
    name = next(name for name in place.names("refs") if name.endswith(snapshot.id))
    good = place.read(f"refs/{name}")

    def refused(key: str, data: bytes) -> tuple[type, str, str]:
        place.write(key, data)
        found = refusal(lambda: place.repository.upkeep.gc(dry_run=dry_run))
        place.unlink(key)
        return found

    torn = "it is cut short, or it is not a record"
    copy = "replace the file from a copy: `cortex snapshot verify --repair --from REPO`"
    assert refused(f"refs/{name}", b"torn") == (
        RefusedError,
        f"{LOCATION}: nothing was removed, because refs/{name} cannot be read: {torn}",
        f"{copy}; without a copy, delete the snapshot: `cortex snapshot delete {snapshot.id}`",
    )
    newer = "the file has format 2; this version of cortex reads format 1"
    text = f"{LOCATION}: nothing was removed, because a newer version of cortex wrote refs/{name}: {newer}"
    use = "use the version of cortex that wrote the file, or a newer one"
    assert refused(f"refs/{name}", good[:4] + b"\x02" + good[5:]) == (RefusedError, text, use)
    text = f"{LOCATION}: nothing was removed, because tags/golden cannot be read: {torn}"
    again = "set the tag again: `cortex snapshot tag --force golden REV`"
    assert refused("tags/golden", b"torn") == (RefusedError, text, again)
    away = "if the file belongs to no snapshot, move it away"
    for key in ("refs/README", "pins/README"):
        text = f"{LOCATION}: nothing was removed, because {key} cannot be read: {torn}"
        assert refused(key, b"mine") == (RefusedError, text, away)


def test_objects_whose_refs_are_all_lost_are_not_collected(place: InMemory) -> None:
    made = place.fill(2)
    for name in place.names("refs"):
        place.unlink(f"refs/{name}")
    text = f"{LOCATION}: nothing was removed: the repository has objects, and no snapshot"
    for dry_run in (True, False):
        found = refusal(lambda dry_run=dry_run: place.repository.upkeep.gc(dry_run=dry_run))  # type: ignore[misc]
        assert found == (RefusedError, text, LOST)
    assert stored(place) == sorted(map(object_of, made))


def test_an_empty_repository_is_collected_and_nothing_goes(place: InMemory) -> None:
    for dry_run in (True, False):
        assert place.repository.upkeep.gc(dry_run=dry_run) == Garbage((), 0, 0, 0)


def test_objects_of_strange_names_are_neither_counted_nor_touched(place: InMemory) -> None:
    kept, _ = place.fill(2)
    place.repository.delete(["latest"])
    place.write("objects/zz/README", b"mine")
    place.write("objects/ab/README", b"mine")
    place.write(f"objects/abc/{'0' * 61}", b"mine")
    assert place.repository.upkeep.gc(keep_deleted_ms=0).objects == 1
    assert stored(place) == sorted(
        [object_of(kept), "objects/zz/README", "objects/ab/README", f"objects/abc/{'0' * 61}"]
    )


def test_snapshots_without_objects_and_pins_that_go_are_no_obstacle(place: InMemory) -> None:
    empty = one(1)
    place.repository.create(empty._replace(readings=(empty.readings[0]._replace(status=ABSENT, manifest=None),)))
    names = place.repository._store.names
    place.repository._store.names = lambda prefix: [*names(prefix), "0" * 32] if prefix == "pins" else names(prefix)  # type: ignore[method-assign]
    assert place.repository.upkeep.gc() == Garbage((), 0, 0, 0)


def test_a_pin_protects_what_it_names_and_a_ref_that_comes_meanwhile_too(place: InMemory) -> None:
    first, second, third = place.fill(3)
    place.repository.delete([first.id, second.id])
    held = place.files.write_held(place.path(f"pins/{'a' * 32}"), _ref(place, first))
    discard = Collection.put_back

    def published(work: Collection, keys: Iterable[str]) -> None:
        found = list(keys)
        backs.append(found)
        discard(work, found)

    backs: list[list[str]] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Collection, "put_back", published)
        real = Collection.set_aside

        def comes(work: Collection, keys: Iterable[str], intact: object) -> None:
            real(work, keys, intact)  # type: ignore[arg-type]
            patch.setattr(Collection, "set_aside", real)
            later = place.again().create(one(1))
            place.unlink(object_of(later))  # what a writer put that found it missing; the collector has it aside

        patch.setattr(Collection, "set_aside", comes)
        before = bytes_in(place)
        found = place.repository.upkeep.gc(keep_deleted_ms=0)
    assert found.objects == 0
    assert backs == [[object_of(second)]]
    assert found.size == before - bytes_in(place) + len(_ref(place, place.repository.get("latest")))
    assert stored(place) == sorted(map(object_of, (first, second, third)))
    place.files.release(held)
    assert place.repository.upkeep.gc().leftovers == 1


def _ref(place: InMemory, snapshot: Snapshot) -> bytes:
    return refs.encode(snapshot)


def test_a_damaged_object_that_is_needed_does_not_stop_it(place: InMemory) -> None:
    kept, gone = place.fill(2)
    place.write(object_of(kept), b"torn")
    place.repository.delete([gone.id])
    assert place.repository.upkeep.gc(keep_deleted_ms=0).objects == 1
    assert refusal(lambda: place.repository.inventory(kept))[0] is CorruptError
