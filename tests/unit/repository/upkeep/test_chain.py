"""The chain of snapshots: a ref that was rewritten, lost, put elsewhere or brought back is named by `verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory

from cortexrepo.codec import refs as codec
from cortexrepo.codec import removed
from cortexrepo.codec.packed import segments
from cortexrepo.model import refname
from cortexrepo.model.problem import DAMAGED_REMOVED, LOST_REF, NEWER_FORMAT, REORDERED_REF, REPLAYED_REF, REWRITTEN_REF
from cortexrepo.model.snapshot import Previous
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.snapshot import Snapshot

ALL = Tidiness(recent=0, least=1, slack=0.0)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repository", create=True)


def made(repository: Repository, count: int) -> list[Snapshot]:
    return [repository.create(inventory(number), message=str(number)) for number in range(count)]


def path_of(repository: Repository, snapshot: Snapshot) -> Path:
    return Path(repository.location, "refs", refname.of(snapshot))


def write(repository: Repository, snapshot: Snapshot) -> None:
    path_of(repository, snapshot).write_bytes(codec.encode(snapshot))
    path_of(repository, snapshot).chmod(0o600)


def collect(repository: Repository, *snapshots: Snapshot, tidiness: Tidiness | None = None) -> None:
    repository.delete([one.id for one in snapshots])
    repository.upkeep.gc(keep_deleted_ms=0, tidiness=tidiness)


def found(repository: Repository) -> list[tuple[str, str]]:
    """Returns what `verify` finds: kinds and snapshots."""
    again = Repository.open(repository.location)
    return [(problem.kind, problem.snapshots[0]) for problem in again.upkeep.verify().problems]


def test_a_ref_that_was_rewritten_with_a_checksum_made_anew_is_named(repository: Repository) -> None:
    snapshots = made(repository, 4)
    write(repository, snapshots[1]._replace(message="nothing to see here"))
    assert found(repository) == [(REWRITTEN_REF, snapshots[1].id)]


def test_a_ref_that_was_rewritten_before_it_was_rolled_up_is_named_still(repository: Repository) -> None:
    snapshots = made(repository, 4)
    write(repository, snapshots[1]._replace(message="nothing to see here"))
    repository.upkeep.gc(tidiness=ALL)
    assert found(repository) == [(REWRITTEN_REF, snapshots[1].id)]


def test_a_ref_that_is_gone_without_a_collection_is_named(repository: Repository) -> None:
    snapshots = made(repository, 4)
    path_of(repository, snapshots[1]).unlink()
    assert found(repository) == [(LOST_REF, snapshots[1].id)]


def test_what_collectors_removed_is_not_missed(repository: Repository) -> None:
    snapshots = made(repository, 9)
    collect(repository, *snapshots[2:4])
    assert found(repository) == []
    collect(repository, snapshots[4], snapshots[6], tidiness=ALL)
    assert found(repository) == []
    collect(repository, snapshots[0], snapshots[8], tidiness=ALL)
    assert found(repository) == []
    later = repository.create(inventory(9))
    assert later.sequence == snapshots[-1].sequence + 1
    assert found(repository) == []


@pytest.mark.parametrize("tidiness", [None, ALL], ids=["loose", "rolled up"])
def test_a_loss_and_a_rewrite_beside_what_was_removed_are_named(
    repository: Repository, tidiness: Tidiness | None
) -> None:
    snapshots = made(repository, 9)
    collect(repository, *snapshots[3:5], *snapshots[6:8], tidiness=tidiness)
    # Nothing that is left links to these two: only the notes know of them.
    before, between = snapshots[2], snapshots[5]
    if tidiness is not None:
        unroll(repository)
    path_of(repository, before).unlink()
    write(repository, between._replace(message="nothing to see here"))
    assert sorted(found(repository)) == sorted([(LOST_REF, before.id), (REWRITTEN_REF, between.id)])


def unroll(repository: Repository) -> None:
    """Gives every ref a file of its own again, as an attacker could."""
    for snapshot in repository.snapshots():
        write(repository, snapshot)
    for path in Path(repository.location, "segments").iterdir():
        path.unlink()


@pytest.mark.parametrize("tidiness", [None, ALL], ids=["loose", "rolled up"])
def test_a_ref_that_comes_back_after_it_was_collected_is_named(
    repository: Repository, tidiness: Tidiness | None
) -> None:
    snapshots = made(repository, 5)
    collect(repository, snapshots[1], snapshots[2], tidiness=tidiness)
    repository.create(inventory(1))
    write(repository, snapshots[1])
    assert (REPLAYED_REF, snapshots[1].id) in found(repository)


def test_two_refs_that_changed_places_are_named(repository: Repository) -> None:
    snapshots = made(repository, 4)
    write(repository, snapshots[1]._replace(message=snapshots[2].message, slots=snapshots[2].slots))
    write(repository, snapshots[2]._replace(message=snapshots[1].message, slots=snapshots[1].slots))
    assert sorted(found(repository)) == sorted((REWRITTEN_REF, one.id) for one in snapshots[1:3])


def test_a_link_to_a_later_snapshot_is_named(repository: Repository) -> None:
    snapshots = made(repository, 3)
    last = snapshots[2]
    bent = snapshots[0]._replace(previous=snapshots[2].previous and last.previous._replace(id=last.id))  # type: ignore[union-attr]
    write(repository, bent)
    kinds = {kind for kind, _ in found(repository)}
    assert REORDERED_REF in kinds


def test_what_was_recorded_of_the_past_is_in_no_chain(repository: Repository) -> None:
    past = repository.record(inventory(1), 1_600_000_000_000)
    assert past is not None
    made(repository, 2)
    path_of(repository, past).unlink()
    assert found(repository) == []


def test_a_snapshot_made_elsewhere_keeps_its_chain_and_is_no_damage(repository: Repository) -> None:
    other = Repository.open(Path(repository.location).with_name("other"), create=True)
    snapshots = made(other, 3)
    made(repository, 2)
    for one in snapshots:
        write(repository, one)
    objects = Path(other.location, "objects")
    for source in objects.rglob("*"):
        target = Path(repository.location, "objects", source.relative_to(objects))
        if source.is_dir():
            target.mkdir(exist_ok=True, mode=0o700)
        else:
            target.write_bytes(source.read_bytes())
            target.chmod(0o600)
    assert found(repository) == []
    assert {one.origin for one in repository.snapshots()} == {repository.id, other.id}
    repository.upkeep.gc(tidiness=ALL)
    assert found(repository) == []
    write(repository, snapshots[1]._replace(message="nothing to see here"))
    for segment in Path(repository.location, "segments").iterdir():
        segment.unlink()
    assert (LOST_REF, snapshots[0].id) in found(repository)


def test_nothing_is_called_lost_that_may_be_in_a_newer_file_of_another_name(repository: Repository) -> None:
    snapshots = made(repository, 4)
    path_of(repository, snapshots[1]).unlink()
    assert found(repository) == [(LOST_REF, snapshots[1].id)]
    newer = Path(repository.location, "refs", "2.later")
    newer.write_bytes(path_of(repository, snapshots[0]).read_bytes().replace(b"CXR\x01", b"CXR\x02"))
    newer.chmod(0o600)
    report = repository.upkeep.verify()
    assert [(problem.kind, problem.key) for problem in report.problems] == [(NEWER_FORMAT, "refs/2.later")]
    assert report.unchecked == 1


def test_a_note_that_a_newer_version_wrote_is_not_called_damaged(repository: Repository) -> None:
    snapshots = made(repository, 5)
    collect(repository, snapshots[1])
    note = next(Path(repository.location, "removed").iterdir())
    good = note.read_bytes()
    note.write_bytes(good.replace(b"CXR\x01", b"CXR\x02"))
    report = repository.upkeep.verify()
    assert [problem.kind for problem in report.problems] == [NEWER_FORMAT]
    assert report.unchecked == 1
    backup = Repository.open(Path(repository.location).with_name("backup"), create=True)
    assert repository.upkeep.repair(sources=[backup.upkeep]).problems == report.problems
    Path(backup.location, "removed", note.name).write_bytes(good)
    assert repository.upkeep.repair(sources=[backup.upkeep]).problems == ()
    assert note.read_bytes() == good


def test_without_its_note_nothing_is_called_lost_and_the_damage_is_named(repository: Repository) -> None:
    snapshots = made(repository, 5)
    collect(repository, snapshots[1])
    note = next(Path(repository.location, "removed").iterdir())
    good = note.read_bytes()
    note.write_bytes(good[:-1] + b"x")
    report = repository.upkeep.verify()
    assert [problem.kind for problem in report.problems] == [DAMAGED_REMOVED]
    assert report.unchecked == 1
    backup = Repository.open(Path(repository.location).with_name("backup"), create=True)
    Path(backup.location, "removed", note.name).write_bytes(good)
    assert repository.upkeep.repair(sources=[backup.upkeep]).problems == ()
    assert note.read_bytes() == good


def test_a_note_says_what_went_and_what_it_was_linked_to(repository: Repository) -> None:
    snapshots = made(repository, 6)
    collect(repository, *snapshots[2:4])
    note = removed.decode(next(Path(repository.location, "removed").iterdir()).read_bytes())
    assert note.spans == ((3, 4),)
    assert [(one.sequence, one.created_at) for one in note.vouched] == [(2, snapshots[1].created_at)]
    assert note.highest == 4


def test_numbers_of_snapshots_that_are_gone_are_not_used_again(repository: Repository) -> None:
    snapshots = made(repository, 3)
    collect(repository, *snapshots[1:], tidiness=ALL)
    assert repository.create(inventory(7)).sequence == 4


@pytest.mark.parametrize(
    "change",
    [lambda one: one._replace(created_at=one.created_at + 1), lambda one: one._replace(sequence=9)],
    ids=["another moment", "another number"],
)
def test_a_ref_under_another_name_is_another_snapshot_and_the_old_one_is_lost(
    repository: Repository, change: Callable[[Snapshot], Snapshot]
) -> None:
    snapshots = made(repository, 3)
    path_of(repository, snapshots[1]).unlink()
    forged = codec.decode(codec.encode(change(snapshots[1])))
    write(repository, forged)
    assert (LOST_REF, snapshots[1].id) in found(repository)


def test_what_a_note_vouches_for_is_unchecked_where_it_may_be_in_a_segment_that_cannot_be_read(
    repository: Repository,
) -> None:
    made(repository, 4)
    repository.upkeep.gc(tidiness=ALL)
    last = repository.create(inventory(9))
    collect(repository, last)
    segment = next(Path(repository.location, "segments").iterdir())
    segment.write_bytes(segment.read_bytes()[:-1])
    report = Repository.open(repository.location).upkeep.verify()
    assert LOST_REF not in {problem.kind for problem in report.problems}
    assert report.unchecked == 1


def test_a_row_that_was_rewritten_in_a_segment_is_named_as_one_of_those_that_it_may_be(repository: Repository) -> None:
    snapshots = made(repository, 8)
    repository.upkeep.gc(tidiness=Tidiness(recent=1, least=1, slack=0.0))
    path = next(Path(repository.location, "segments").iterdir())
    opened = segments.decode(path.read_bytes(), path.stem)
    group = opened.head.groups[0]
    previous: bytes | None = None
    rows = []
    for row in range(group.rows):
        snapshot = opened.snapshot(group, row)
        snapshot = snapshot._replace(
            message="another" if row == 3 else snapshot.message,
            previous=None if previous is None else Previous(snapshots[row - 1].id, previous),
        )
        previous = codec.checksum_of(codec.encode(snapshot))
        rows.append(segments.Ref(snapshot, previous))
    path.unlink()
    changed = segments.encode(rows)
    repository._store.put_new(f"segments/{changed.name}.refs", changed.data)
    (problem,) = Repository.open(repository.location).upkeep.verify().problems
    assert (problem.kind, problem.snapshots) == (REWRITTEN_REF, (snapshots[6].id,))
    assert problem.reason == (
        f"the ref, or one from snapshot {snapshots[0].id[:12]} on in its segment, was changed after snapshot "
        f"{snapshots[7].id[:12]} was made, which states its checksum"
    )
