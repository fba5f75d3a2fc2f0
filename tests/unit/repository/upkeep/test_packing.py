"""Packing: what a collector puts into packs and segments is there as before, and goes when nobody needs it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import MACHINE, inventory

from cortexrepo.errors import RefusedError, RevisionError
from cortexrepo.model import refname
from cortexrepo.model.problem import STRAY
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH, Tidiness

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot

DAY = 24 * 3600 * 1000
START = 1_700_000_000_000


class Clock:
    """A clock that goes on by an hour with each look."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        self.now += 3600 * 1000
        return self.now


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository.open(tmp_path / "repo", create=True)
    made._clock = Clock()
    return made


def fill(repository: Repository, count: int, *, start: int = 0, machine: str = MACHINE) -> list[Snapshot]:
    numbers = range(start, start + count)
    return [repository.create(inventory(number // 2, machine), message=f"number {number}") for number in numbers]


def again(repository: Repository) -> Repository:
    """Returns the repository as another process opens it."""
    made = Repository.open(repository.location)
    made._clock = repository._clock
    return made


def files(repository: Repository, directory: str) -> list[str]:
    place = Path(repository.location, directory)
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())


def test_what_was_packed_is_there_as_before(repository: Repository) -> None:
    made = fill(repository, 20)
    held = [repository.inventory(one) for one in made]
    found = repository.upkeep.gc(tidiness=THOROUGH)
    assert (found.rolled, found.packed, found.objects, found.snapshots) == (19, 18, 0, ())
    assert [len(files(repository, name)) for name in ("refs", "segments", "packs", "objects")] == [1, 1, 1, 2]
    other = again(repository)
    assert list(other.snapshots()) == made[::-1]
    assert [other.inventory(one) for one in made] == held
    assert [other.get(one.id) for one in made] == made
    assert other.get("latest~7") == made[-8]
    assert other.upkeep.verify().problems == ()
    assert (other.upkeep.verify().snapshots, other.upkeep.verify().objects) == (20, 20)
    assert [state.name.id for state in other.past.history().states] == [one.id for one in made[::-1]]


def test_little_is_not_worth_a_pack(repository: Repository) -> None:
    fill(repository, 20)
    found = repository.upkeep.gc()
    assert (found.rolled, found.packed) == (0, 0)
    assert files(repository, "packs") == files(repository, "segments") == []


def test_the_last_snapshots_of_each_machine_keep_files_and_so_do_the_newest_manifests(
    repository: Repository,
) -> None:
    mine, others = fill(repository, 6), fill(repository, 6, machine="cd" * 16)
    repository.upkeep.gc(tidiness=Tidiness(recent=2, least=1))
    assert set(files(repository, "refs")) == {str(refname.of(one)) for one in (*mine[-2:], *others[-2:])}
    held = {identity for one in (mine[-1], others[-1]) for identity in one.objects()}
    assert {name.replace("/", "") for name in files(repository, "objects")} == held


def test_a_second_collection_has_nothing_to_do(repository: Repository) -> None:
    fill(repository, 20)
    repository.upkeep.gc(tidiness=THOROUGH)
    before = {name: files(repository, name) for name in ("refs", "segments", "packs", "objects")}
    found = repository.upkeep.gc(tidiness=THOROUGH)
    assert (found.rolled, found.packed, found.size) == (0, 0, 0)
    assert {name: files(repository, name) for name in before} == before


def test_snapshots_that_are_made_after_it_go_on_from_what_is_packed(repository: Repository) -> None:
    made = fill(repository, 6)
    repository.upkeep.gc(tidiness=THOROUGH)
    repository.delete([made[-1].id])
    repository.upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    assert files(repository, "refs") == []
    new = again(repository).create(inventory(9))
    assert new.sequence == made[-1].sequence + 1
    assert new.previous is not None
    assert new.previous.id == made[-2].id


def test_what_is_recorded_of_the_past_does_not_come_before_what_is_packed(repository: Repository) -> None:
    made = fill(repository, 6)
    repository.upkeep.gc(tidiness=THOROUGH)
    repository.delete([made[-1].id])
    repository.upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    repository.record(inventory(9), START - DAY)
    new = again(repository).create(inventory(9))
    assert new.sequence == made[-1].sequence + 1
    assert again(repository).get("latest") == new


def test_packs_and_segments_are_merged_so_that_there_are_few(repository: Repository) -> None:
    made = []
    for start in range(0, 40, 4):
        made += fill(repository, 4, start=start)
        repository.upkeep.gc(tidiness=THOROUGH)
        assert len(files(repository, "segments")) <= 4
        assert len(files(repository, "packs")) <= 4
    assert list(again(repository).snapshots()) == made[::-1]
    assert again(repository).upkeep.verify().problems == ()


def test_a_snapshot_is_deleted_out_of_a_segment_and_its_objects_out_of_their_pack(repository: Repository) -> None:
    made = fill(repository, 12)
    repository.upkeep.gc(tidiness=THOROUGH)
    gone = made[2:6]
    repository.delete([one.id for one in gone])
    assert again(repository).upkeep.gc(dry_run=True, keep_deleted_ms=0, tidiness=THOROUGH).objects == 4
    found = again(repository).upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    assert set(found.snapshots) == {one.id for one in gone}
    assert found.objects == 4
    other = again(repository)
    assert list(other.snapshots()) == [one for one in reversed(made) if one not in gone]
    assert files(repository, "deleted") == []
    with pytest.raises(RevisionError):
        other.get(gone[0].id)
    report = other.upkeep.verify()
    assert (report.problems, report.snapshots, report.objects) == ((), 8, 8)


def test_a_deleted_snapshot_in_a_segment_comes_back_until_it_is_collected(repository: Repository) -> None:
    made = fill(repository, 8)
    repository.upkeep.gc(tidiness=THOROUGH)
    repository.delete([made[0].id])
    repository.upkeep.gc(keep_deleted_ms=DAY * 300, tidiness=THOROUGH)
    assert [one.id for one in again(repository).listing(deleted=True).snapshots] == [made[0].id]
    again(repository).undelete([made[0].id])
    assert list(again(repository).snapshots()) == made[::-1]
    assert again(repository).inventory(made[0]) == inventory(0)


def test_a_young_claim_of_a_dead_collector_does_not_take_a_snapshot_out_of_a_segment(repository: Repository) -> None:
    made = fill(repository, 8)
    repository.upkeep.gc(tidiness=THOROUGH)
    repository.delete([made[0].id])
    mark = Path(repository.location, "deleted", made[0].id)
    mark.rename(mark.with_name(f"{made[0].id}.claimed"))
    repository.upkeep.gc(keep_deleted_ms=DAY * 300, tidiness=THOROUGH)
    again(repository).undelete([made[0].id])
    assert list(again(repository).snapshots()) == made[::-1]


def test_what_a_writer_needs_again_is_stored_again_and_packed_once(repository: Repository) -> None:
    made = fill(repository, 8)
    repository.upkeep.gc(tidiness=THOROUGH)
    back = repository.create(inventory(0))
    assert repository.inventory(back) == inventory(0)
    fill(repository, 2, start=8)
    repository.upkeep.gc(tidiness=THOROUGH)
    report = again(repository).upkeep.verify()
    assert (report.problems, report.objects) == ((), 10)
    assert again(repository).inventory(made[0]) == again(repository).inventory(back)


def test_collecting_waits_with_packing_what_nothing_can_be_made_from_again(repository: Repository) -> None:
    made = fill(repository, 6)
    key = f"{made[0].slots[0].object}"
    path = Path(repository.location, "objects", key[:2], key[2:])
    path.write_bytes(path.read_bytes()[:-1])
    repository.upkeep.gc(tidiness=THOROUGH)
    assert path.exists()
    assert [problem.kind for problem in again(repository).upkeep.verify().problems] == ["damaged-object"]


def test_files_that_are_no_packs_are_strays(repository: Repository) -> None:
    fill(repository, 8)
    repository.upkeep.gc(tidiness=THOROUGH)
    Path(repository.location, "packs", "notes").write_text("x")
    Path(repository.location, "segments", "notes.refs").write_text("x")
    found = again(repository).upkeep.verify().problems
    keys = [problem.key for problem in found if problem.kind == STRAY]
    assert keys == ["packs/notes", "segments/notes.refs"]


def test_a_repository_without_refs_but_with_packs_is_refused(repository: Repository) -> None:
    fill(repository, 8)
    repository.upkeep.gc(tidiness=THOROUGH)
    for name in ("refs", "segments"):
        for path in Path(repository.location, name).iterdir():
            path.unlink()
    with pytest.raises(RefusedError, match="no snapshot"):
        again(repository).upkeep.gc()


def test_what_a_collector_left_behind_when_it_was_stopped_between_two_steps_is_tidied(repository: Repository) -> None:
    made = fill(repository, 8)
    kept = {name: {path: Path(repository.location, name, path).read_bytes() for path in files(repository, name)}
            for name in ("refs", "objects")}  # fmt: skip
    repository.upkeep.gc(tidiness=THOROUGH)
    for name, found in kept.items():
        for path, data in found.items():
            Path(repository.location, name, path).parent.mkdir(0o700, exist_ok=True)
            Path(repository.location, name, path).write_bytes(data)
    assert list(again(repository).snapshots()) == made[::-1]
    again(repository).upkeep.gc(tidiness=THOROUGH)
    assert len(files(repository, "refs")) == 1
    assert len(files(repository, "objects")) == 2
    assert list(again(repository).snapshots()) == made[::-1]
    assert again(repository).upkeep.verify().problems == ()
