"""Deleting many snapshots that were chosen by their ids, and what protects one."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.repositories.inventories import inventory

from cortexrepo.errors import CorruptError
from cortexrepo.model.ids import SnapshotId
from cortexrepo.repository.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repository", create=True)


def test_ids_are_deleted_once_each_and_can_be_brought_back(repository: Repository) -> None:
    made = [repository.create(inventory()).id for _ in range(3)]
    assert repository.upkeep.delete([made[1], made[0], made[1]]) == (made[1], made[0])
    assert [one.id for one in repository.snapshots()] == [made[2]]
    assert repository.undelete(made[:2]) == tuple(made[:2])
    assert len(repository.snapshots()) == 3


def test_what_is_deleted_or_gone_already_is_passed_over(repository: Repository) -> None:
    kept, deleted, gone = (repository.create(inventory()).id for _ in range(3))
    repository.delete([gone])
    repository.upkeep.gc(keep_deleted_ms=0)
    repository.delete([deleted])
    assert repository.upkeep.delete([deleted, gone, SnapshotId("f" * 32), kept]) == (kept,)
    assert not Path(repository.location, "deleted", gone).exists()


def test_deleting_ids_tells_how_far_it_has_come(repository: Repository) -> None:
    made = [repository.create(inventory()).id for _ in range(2)]
    told: list[tuple[str, int, int]] = []
    repository.upkeep.delete(made, progress=lambda *step: told.append(step))
    assert told == [("deleting snapshots", 1, 2), ("deleting snapshots", 2, 2)]


def test_tagged_snapshots_are_protected_with_all_their_tags(repository: Repository) -> None:
    first, second = (repository.create(inventory()).id for _ in range(2))
    for name in ("b", "a"):
        repository.tag(name, first)
    assert repository.upkeep.protected() == {first: ("a", "b")}
    repository.tag("b", second, force=True)
    assert repository.upkeep.protected() == {first: ("a",), second: ("b",)}


def test_a_damaged_tag_is_named_for_what_it_protects_is_not_known(repository: Repository) -> None:
    repository.create(inventory(), tags=["golden"])
    path = Path(repository.location, "tags", "golden")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorruptError, match="tags/golden"):
        repository.upkeep.protected()


def test_a_file_among_the_tags_under_a_strange_name_may_be_one_that_was_renamed(repository: Repository) -> None:
    repository.create(inventory())
    Path(repository.location, "tags", "a.lock").write_bytes(b"somebody's")
    with pytest.raises(CorruptError, match=r"tags/a\.lock"):
        repository.upkeep.protected()
