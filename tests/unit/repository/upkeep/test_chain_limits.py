"""What the chain shows of who takes a snapshot away, and what it does not: docs/reliability.md, 2.1."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory

from cortexrepo.codec import refs as codec
from cortexrepo.codec import removed
from cortexrepo.codec.packed import segments
from cortexrepo.errors import RefusedError
from cortexrepo.model import refname
from cortexrepo.model.problem import LOST_REF, REWRITTEN_REF
from cortexrepo.model.removed import Removed
from cortexrepo.model.snapshot import Previous
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot

ALL = Tidiness(recent=1, least=1, slack=0.0)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repository", create=True)


def made(repository: Repository, count: int) -> list[Snapshot]:
    return [repository.create(inventory(number), message=str(number)) for number in range(count)]


def named(repository: Repository) -> list[tuple[str, str]]:
    """Returns what `verify` finds: kinds and snapshots."""
    problems = Repository.open(repository.location).upkeep.verify().problems
    return [(one.kind, one.snapshots[0]) for one in problems]


def test_a_ref_that_is_removed_together_with_a_note_that_says_so_is_not_missed(repository: Repository) -> None:
    snapshots = made(repository, 4)
    gone = snapshots[1]
    Path(repository.location, "refs", refname.of(gone)).unlink()
    assert named(repository) == [(LOST_REF, gone.id)]
    note = removed.encode(Removed(gone.machine, gone.origin, 0, ((gone.sequence, gone.sequence),)))
    repository._store.put_new(f"removed/{gone.machine}-{gone.origin}", note)
    assert named(repository) == []
    assert Repository.open(repository.location).upkeep.gc(keep_deleted_ms=0).damaged == ()


def _without_row(repository: Repository, row: int, *, linked: bool) -> None:
    """Takes a row out of the only segment; with `linked` the next one links to the one before."""
    path = next(Path(repository.location, "segments").iterdir())
    opened = segments.decode(path.read_bytes(), path.stem)
    group = opened.head.groups[0]
    rows: list[segments.Ref] = []
    for number in range(group.rows):
        snapshot = opened.snapshot(group, number)
        if linked and number > row:
            last = rows[-1]
            snapshot = snapshot._replace(previous=Previous(last.snapshot.id, last.checksum))
        if number != row:
            rows.append(segments.Ref(snapshot, codec.checksum_of(codec.encode(snapshot))))
    path.unlink()
    changed = segments.encode(rows)
    repository._store.put_new(f"segments/{changed.name}.refs", changed.data)


def test_a_row_that_is_taken_out_of_a_segment_is_missed_and_stops_a_collection(repository: Repository) -> None:
    snapshots = made(repository, 8)
    repository.upkeep.gc(tidiness=ALL)
    _without_row(repository, 3, linked=False)
    assert named(repository) == [(LOST_REF, snapshots[3].id)]
    with pytest.raises(RefusedError, match=f"snapshot {snapshots[3].id[:12]} is missing"):
        Repository.open(repository.location).upkeep.gc(keep_deleted_ms=0)


def test_where_the_next_one_links_past_it_only_the_checksum_shows_and_a_collection_goes_on(
    repository: Repository,
) -> None:
    snapshots = made(repository, 8)
    repository.upkeep.gc(tidiness=ALL)
    _without_row(repository, 3, linked=True)
    assert named(repository) == [(REWRITTEN_REF, snapshots[6].id)]
    assert Repository.open(repository.location).upkeep.gc(keep_deleted_ms=0).objects > 0
