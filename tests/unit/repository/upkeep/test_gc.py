"""Garbage collection: what goes, what stays, and when it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories.inventories import inventory, packages

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.errors import LockTimeoutError, MissingObjectError, RefusedError, RevisionError
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.ages import KEEP_DELETED_MS


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repository", create=True)


def one(number: int) -> Inventory:
    """Returns an inventory whose only object no other number has."""
    readings = (Reading("pip", "/v", OK, packages("pip", {"a": str(number)})),)
    return Inventory("0123456789abcdef0123456789abcdef", (), readings)


def objects(repository: Repository) -> int:
    return len([path for path in Path(repository.location, "objects").rglob("*") if path.is_file()])


def files(repository: Repository, directory: str) -> list[str]:
    path = Path(repository.location, directory)
    return sorted(found.name for found in path.iterdir()) if path.exists() else []


def test_nothing_goes_while_something_needs_it(repository: Repository) -> None:
    kept = [repository.create(inventory(number)) for number in range(3)]
    before = objects(repository)
    found = repository.upkeep.gc(keep_deleted_ms=0)
    assert (found.snapshots, found.objects, found.size, found.leftovers) == ((), 0, 0, 0)
    assert objects(repository) == before
    assert all(repository.inventory(snapshot).readings for snapshot in kept)


def test_a_deleted_snapshot_goes_with_what_only_it_needed(repository: Repository) -> None:
    kept, deleted = repository.create(one(1)), repository.create(one(2))
    shared = repository.create(one(2))
    repository.delete([deleted.id])
    planned = repository.upkeep.gc(keep_deleted_ms=0, dry_run=True)
    assert (planned.snapshots, planned.objects) == ((deleted.id,), 0)
    assert repository.upkeep.gc(keep_deleted_ms=0) == planned
    repository.delete([shared.id])
    planned = repository.upkeep.gc(keep_deleted_ms=0, dry_run=True)
    assert (planned.snapshots, planned.objects) == ((shared.id,), 1)
    assert planned.size > 0
    assert objects(repository) == 2
    assert repository.upkeep.gc(keep_deleted_ms=0) == planned
    assert objects(repository) == 1
    assert repository.snapshots() == (kept,)
    for directory in ("deleted", "quarantine", "pins", "tmp"):
        assert files(repository, directory) == []


def test_a_deleted_snapshot_stays_for_two_weeks_unless_told_otherwise(repository: Repository) -> None:
    snapshot = repository.create(one(1))
    repository.create(one(2))
    repository.delete([snapshot.id])
    made = repository._clock()
    repository._clock = lambda: made + KEEP_DELETED_MS - 1000
    assert repository.upkeep.gc().snapshots == ()
    repository.undelete([snapshot.id])
    assert repository.inventory(repository.get(snapshot.id)).readings
    again = made + KEEP_DELETED_MS
    repository._clock = lambda: again
    repository.delete([snapshot.id])
    repository._clock = lambda: again + KEEP_DELETED_MS // 2
    repository.create(one(3))
    repository._clock = lambda: again + KEEP_DELETED_MS
    assert repository.upkeep.gc().snapshots == (snapshot.id,)
    with pytest.raises(RevisionError):
        repository.undelete([snapshot.id])


def test_all_snapshots_can_go(repository: Repository) -> None:
    for number in range(3):
        repository.create(one(number))
    repository.delete([snapshot.id for snapshot in repository.snapshots()])
    assert len(repository.upkeep.gc(keep_deleted_ms=0).snapshots) == 3
    assert objects(repository) == 0
    # No number is given a second time: the collector has noted the highest.
    assert repository.create(one(9)).sequence == 4


def test_an_unreadable_ref_stops_it_before_it_touches_anything(repository: Repository) -> None:
    bad, gone = repository.create(one(1)), repository.create(one(2))
    repository.delete([gone.id])
    path = next(Path(repository.location, "refs").glob(f"*-{bad.id}"))
    path.write_bytes(path.read_bytes()[:-1])
    before = sorted(Path(repository.location).rglob("*"))
    for dry_run in (True, False):
        with pytest.raises(RefusedError, match=path.name) as refused:
            repository.upkeep.gc(keep_deleted_ms=0, dry_run=dry_run)
        assert bad.id[:12] in refused.value.hint
    assert set(before) >= {p for p in Path(repository.location).rglob("*") if "lock" not in p.name}
    repository.delete([bad.id])
    assert set(repository.upkeep.gc(keep_deleted_ms=0).snapshots) == {bad.id, gone.id}


def test_a_stranger_among_the_refs_stops_it(repository: Repository) -> None:
    repository.create(one(1))
    Path(repository.location, "refs", "README").write_text("mine")
    with pytest.raises(RefusedError, match="refs/README"):
        repository.upkeep.gc()


def test_objects_without_any_ref_stop_it(repository: Repository) -> None:
    snapshot = repository.create(one(1))
    next(Path(repository.location, "refs").iterdir()).unlink()
    with pytest.raises(RefusedError, match="no snapshot"):
        repository.upkeep.gc()
    assert objects(repository) == 1
    assert snapshot.slots


def test_a_second_collection_is_refused_at_once(repository: Repository) -> None:
    repository.create(one(1))
    with (
        RealFileSystem().lock(f"{repository.location}/lock.gc", exclusive=True, timeout=0),
        pytest.raises(LockTimeoutError),
    ):
        repository.upkeep.gc()


def test_what_the_dead_left_is_cleaned_up(repository: Repository) -> None:
    snapshot = repository.create(one(1))
    place = Path(repository.location)
    ref = next((place / "refs").iterdir())
    (place / "pins" / "a").write_bytes(ref.read_bytes())
    (place / "tmp" / "b").write_bytes(b"half")
    found = next(path for path in (place / "objects").rglob("*") if path.is_file())
    aside = place / "quarantine" / "dead"
    aside.mkdir(parents=True)
    found.rename(aside / (found.parent.name + found.name))
    assert repository.inventory(snapshot).readings
    assert repository.upkeep.gc().leftovers == 3
    assert found.is_file()
    for directory in ("quarantine", "pins", "tmp"):
        assert files(repository, directory) == []


def test_what_a_live_writer_pins_stays(repository: Repository) -> None:
    deleted = repository.create(one(1))
    repository.create(one(2))
    place = Path(repository.location)
    ref = next((place / "refs").glob(f"*-{deleted.id}")).read_bytes()
    held = RealFileSystem().write_held(f"{place}/pins/{'a' * 32}", ref)
    try:
        repository.delete([deleted.id])
        found = repository.upkeep.gc(keep_deleted_ms=0)
        assert (found.snapshots, found.objects, found.leftovers) == ((deleted.id,), 0, 0)
        assert objects(repository) == 2
    finally:
        RealFileSystem().release(held)
    assert repository.upkeep.gc().objects == 1


def test_a_claimed_deletion_is_finished_by_the_next_run(repository: Repository) -> None:
    claimed = repository.create(one(1))
    repository.create(one(2))
    repository.delete([claimed.id])
    mark = Path(repository.location, "deleted", claimed.id)
    mark.rename(mark.with_name(f"{claimed.id}.claimed"))
    with pytest.raises(RevisionError):
        repository.get(claimed.id)
    with pytest.raises(RevisionError):
        repository.undelete([claimed.id])
    assert repository.upkeep.gc(keep_deleted_ms=0, dry_run=True).snapshots == (claimed.id,)
    assert repository.upkeep.gc(keep_deleted_ms=0).snapshots == (claimed.id,)
    assert files(repository, "deleted") == []
    assert objects(repository) == 1


def test_a_claim_that_should_not_have_been_made_is_taken_back(repository: Repository) -> None:
    """A run may die between claiming a mark and finding that it is a young one."""
    claimed = repository.create(one(1))
    repository.delete([claimed.id])
    mark = Path(repository.location, "deleted", claimed.id)
    mark.rename(mark.with_name(f"{claimed.id}.claimed"))
    assert repository.upkeep.gc(dry_run=True).snapshots == ()
    assert repository.upkeep.gc().snapshots == ()
    repository.undelete([claimed.id])
    assert repository.inventory(repository.get(claimed.id)).readings


def test_an_undelete_that_came_too_late_is_not_acknowledged(repository: Repository) -> None:
    """A collector holds the claim of an earlier deletion when the snapshot is deleted again."""
    snapshot = repository.create(one(1))
    repository.delete([snapshot.id])
    mark = Path(repository.location, "deleted", snapshot.id)
    resolved = repository._refs.names().deleted
    mark.with_name(f"{snapshot.id}.claimed").write_bytes(mark.read_bytes())
    assert list(repository._refs.names().deleted) == []
    real = repository._refs.names_in
    repository._refs.names_in = lambda look: real(look)._replace(deleted=resolved)  # type: ignore[method-assign]  # it looked before
    with pytest.raises(RevisionError, match="cannot bring back"):
        repository.undelete([snapshot.id])


def test_a_damaged_object_that_nothing_needs_goes(repository: Repository) -> None:
    gone, kept = repository.create(one(1)), repository.create(one(2))
    repository.delete([gone.id])
    identity = gone.slots[0].object
    assert identity is not None
    Path(repository.location, "objects", identity[:2], identity[2:]).write_bytes(b"torn")
    assert repository.upkeep.gc(keep_deleted_ms=0).objects == 1
    assert repository.upkeep.verify().problems == ()
    assert repository.snapshots() == (kept,)


def test_a_tag_whose_snapshot_was_collected_is_free(repository: Repository) -> None:
    gone, kept = repository.create(one(1), tags=["golden"]), repository.create(one(2))
    repository.delete([gone.id])
    repository.upkeep.gc(keep_deleted_ms=0)
    assert repository.tags() == {}
    repository.tag("golden", kept.id)
    assert repository.tags() == {"golden": kept.id}


def test_reading_a_snapshot_that_was_collected_meanwhile_says_so(repository: Repository) -> None:
    gone, kept = repository.create(one(1)), repository.create(one(2))
    repository.delete([gone.id])
    repository.upkeep.gc(keep_deleted_ms=0)
    with pytest.raises(RevisionError, match="was removed by another process"):
        repository.inventory(gone)
    next(path for path in Path(repository.location, "objects").rglob("*") if path.is_file()).unlink()
    with pytest.raises(MissingObjectError):
        repository.inventory(kept)


def test_progress_is_told(repository: Repository) -> None:
    told: list[tuple[str, int, int]] = []
    for number in range(3):
        repository.create(one(number))
    repository.delete(["latest", "latest~1"])
    repository.upkeep.gc(keep_deleted_ms=0, progress=lambda *step: told.append(step))
    assert {what for what, _, _ in told} == {"reading snapshots", "expiring snapshots", "removing objects"}
    assert all(0 <= done <= count for _, done, count in told)
