"""A repository that lacks something: what is empty is made again, and without the rest nothing is collected."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory

from cortexrepo.codec.packed import segments
from cortexrepo.errors import CorruptError, RefusedError, StoreError
from cortexrepo.model.problem import MISSING_DIRECTORY, PERMISSIONS
from cortexrepo.model.removed import Removed, Vouched
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ALL = Tidiness(recent=0, least=1, slack=0.0)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repository", create=True)


def again(repository: Repository) -> Repository:
    return Repository.open(repository.location)


def files(repository: Repository) -> set[Path]:
    """Returns what is there, except locks."""
    return {path for path in Path(repository.location).rglob("*") if not path.name.startswith("lock")}


def test_a_copy_without_what_is_empty_is_written_and_collected(repository: Repository) -> None:
    made = [repository.create(inventory(number)) for number in range(4)]
    for name in ("pins", "tmp", "quarantine", "tags", "deleted"):
        shutil.rmtree(Path(repository.location, name), ignore_errors=True)
    new = again(repository).create(inventory(9), tags=["golden"])
    for name in ("pins", "tmp", "quarantine"):
        shutil.rmtree(Path(repository.location, name), ignore_errors=True)
    again(repository).delete([made[0].id])
    assert again(repository).upkeep.gc(keep_deleted_ms=0, tidiness=ALL).snapshots == (made[0].id,)
    assert {one.id for one in again(repository).snapshots()} == {new.id, *(one.id for one in made[1:])}
    assert again(repository).tags() == {"golden": new.id}


@pytest.mark.parametrize("name", ["refs", "segments"])
def test_without_the_directories_of_snapshots_nothing_is_said_or_done(repository: Repository, name: str) -> None:
    made = [repository.create(inventory(number)) for number in range(6)]
    repository.upkeep.gc(tidiness=Tidiness(recent=2, least=1, slack=0.0))
    repository.delete([made[4].id])
    shutil.rmtree(Path(repository.location, name))
    before = files(repository)
    calls: tuple[Callable[[Repository], object], ...] = (
        lambda found: found.listing(),
        lambda found: found.get("latest"),
        lambda found: found.upkeep.gc(keep_deleted_ms=0),
        lambda found: found.upkeep.verify(),
        lambda found: found.delete([made[5].id]),
    )
    for call in calls:
        with pytest.raises(CorruptError, match=f"/{name} is missing"):
            call(again(repository))
        assert files(repository) == before


def test_refs_are_never_made_again(repository: Repository) -> None:
    repository.create(inventory(1))
    shutil.rmtree(Path(repository.location, "refs"))
    with pytest.raises(CorruptError, match="/refs is missing"):
        again(repository).create(inventory(2))
    assert not Path(repository.location, "refs").exists()


def test_segments_are_never_made_again_by_a_collector_that_was_at_work(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [repository.create(inventory(number)) for number in range(4)]
    before = sorted(path.name for path in Path(repository.location, "refs").iterdir())
    encode = segments.encode

    def gone(refs: Sequence[segments.Ref]) -> segments.Encoded:
        Path(repository.location, "segments").rmdir()
        return encode(refs)

    monkeypatch.setattr(segments, "encode", gone)
    with pytest.raises(StoreError):
        again(repository).upkeep.gc(tidiness=ALL)
    assert not Path(repository.location, "segments").exists()
    assert sorted(path.name for path in Path(repository.location, "refs").iterdir()) == before
    Path(repository.location, "segments").mkdir(0o700)
    assert list(again(repository).snapshots()) == made[::-1]


def test_a_missing_directory_is_named(repository: Repository) -> None:
    repository.create(inventory(1))
    shutil.rmtree(Path(repository.location, "removed"))
    kinds = [(each.kind, each.key) for each in again(repository).upkeep.verify().problems]
    assert kinds == [(MISSING_DIRECTORY, "removed/")]


def test_a_repository_that_others_can_read_is_named(repository: Repository) -> None:
    Path(repository.location).chmod(0o755)
    assert [(each.kind, each.key) for each in again(repository).upkeep.verify().problems] == [(PERMISSIONS, ".")]


def test_refs_that_hold_the_snapshot_of_another_name_stop_a_collection(repository: Repository) -> None:
    made = [repository.create(inventory(number)) for number in range(4)]
    repository.delete([made[3].id])
    first, second = sorted(Path(repository.location, "refs").iterdir())[:2]
    spare = first.with_name("spare")
    for source, target in ((first, spare), (second, first), (spare, second)):
        source.rename(target)
    before = files(repository)
    with pytest.raises(RefusedError, match=f"{first.name}|{second.name}"):
        again(repository).upkeep.gc(keep_deleted_ms=0)
    assert files(repository) == before


def test_a_mark_with_the_contents_of_another_one_takes_nothing(repository: Repository) -> None:
    made = [repository.create(inventory(number)) for number in range(4)]
    repository.delete([made[0].id])
    marks = Path(repository.location, "deleted")
    shutil.copy2(marks / made[0].id, marks / made[1].id)
    found = again(repository).upkeep.gc(keep_deleted_ms=0)
    assert found.snapshots == (made[0].id,)
    assert [each.key for each in found.damaged] == [f"deleted/{made[1].id}"]


def test_one_ref_that_cannot_be_read_hides_no_other(repository: Repository) -> None:
    made = [repository.create(inventory(number)) for number in range(3)]
    path = next(Path(repository.location, "refs").glob(f"*-{made[1].id}"))
    path.unlink()
    path.mkdir()
    listing = again(repository).listing()
    assert {one.id for one in listing.snapshots} == {made[0].id, made[2].id}
    assert [one.key for one in listing.damaged] == [f"refs/{path.name}"]


def test_a_note_vouches_for_nothing_from_before_it_was_kept() -> None:
    note = Removed("0" * 32, "1" * 32, since=5)
    digest = b"0" * 16
    assert note.plus([7], [Vouched(3, 1, digest), Vouched(6, 2, digest)]).vouched == (Vouched(6, 2, digest),)


def test_what_was_rebuilt_from_logs_is_not_missed_after_it_was_collected(repository: Repository) -> None:
    past = [repository.record(inventory(number), 500 + number) for number in range(3)]
    made = [repository.create(inventory(number)) for number in range(4)]
    again(repository).delete([one.id for one in (*past, made[0], made[1]) if one is not None])
    again(repository).upkeep.gc(keep_deleted_ms=0)
    found = again(repository).upkeep.verify()
    assert found.problems == ()
    assert {one.id for one in again(repository).snapshots()} == {made[2].id, made[3].id}
