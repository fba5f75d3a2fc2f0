"""Damage to packs and segments: what is named, what is lost with it, and how it comes back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory

from cortexrepo.codec.canonical import pack
from cortexrepo.codec.hashing import segment_name
from cortexrepo.codec.packed.blocks import COUNT_LIMIT
from cortexrepo.codec.packed.changes import Changes
from cortexrepo.codec.packed.packs import HEADER
from cortexrepo.codec.packed.replay import Replay
from cortexrepo.errors import CorruptError, RefusedError
from cortexrepo.model.package import Package
from cortexrepo.model.problem import DAMAGED_PACK, DAMAGED_SEGMENT, MISSING_OBJECT, NEWER_FORMAT
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot

_NAMES = 15


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repo", create=True)


def fill(repository: Repository, count: int) -> list[Snapshot]:
    return [repository.create(inventory(number // 2), message=f"number {number}") for number in range(count)]


def again(repository: Repository) -> Repository:
    """Returns the repository as another process opens it."""
    return Repository.open(repository.location)


def files(repository: Repository, directory: str) -> list[str]:
    place = Path(repository.location, directory)
    return sorted(str(path.relative_to(place)) for path in place.rglob("*") if path.is_file())


def damage(repository: Repository, directory: str, ending: str) -> Path:
    path = next(Path(repository.location, directory).glob(f"*{ending}"))
    path.write_bytes(path.read_bytes()[:-3])
    return path


def test_a_damaged_pack_is_named_with_the_snapshots_that_need_it_and_comes_back_from_a_copy(
    repository: Repository, tmp_path: Path
) -> None:
    made = fill(repository, 8)
    (tmp_path / "copy").mkdir()
    copy = _copied(repository, tmp_path / "copy" / "repo")
    repository.upkeep.gc(tidiness=THOROUGH)
    path = damage(repository, "packs", ".pack")
    report = again(repository).upkeep.verify()
    assert report.problems[-1]._replace(reason="")[:2] == (DAMAGED_PACK, f"packs/{path.name}")
    missing = [problem for problem in report.problems if problem.kind == MISSING_OBJECT]
    assert {one for problem in missing for one in problem.snapshots} == {one.id for one in made[:6]}
    # The copy has each object in a file of its own.
    assert again(repository).upkeep.repair(sources=[copy.upkeep]).problems == ()
    assert [again(repository).inventory(one) for one in made] == [copy.inventory(one) for one in made]
    assert len(files(repository, "damaged")) == 1


def many(repository: Repository, count: int) -> list[Snapshot]:
    """Makes snapshots whose manifests fill more than one block."""
    return [repository.create(inventory(number)) for number in range(count)]


def test_damage_to_a_block_of_a_pack_is_damage_to_what_is_in_it_alone(repository: Repository, tmp_path: Path) -> None:
    made = many(repository, COUNT_LIMIT + 40)
    repository.upkeep.gc(tidiness=THOROUGH)
    copy = _copied(repository, tmp_path / "copy")
    path = damage(repository, "packs", ".pack")
    report = again(repository).upkeep.verify()
    missing = {one for problem in report.problems if problem.kind == MISSING_OBJECT for one in problem.snapshots}
    lost = [one for one in made if one.id in missing]
    assert 0 < len(lost) <= COUNT_LIMIT
    for one in made:
        if one in lost:
            with pytest.raises(CorruptError, match=f"packs/{path.name}"):
                again(repository).inventory(one)
        else:
            assert again(repository).inventory(one) == copy.inventory(one)
    assert again(repository).upkeep.repair(sources=[copy.upkeep]).problems == ()
    assert [again(repository).inventory(one) for one in made] == [copy.inventory(one) for one in made]


def test_a_damaged_pack_of_which_nothing_is_missed_goes_when_the_rest_has_files(
    repository: Repository, tmp_path: Path
) -> None:
    made = many(repository, COUNT_LIMIT + 40)
    repository.upkeep.gc(tidiness=THOROUGH)
    copy = _copied(repository, tmp_path / "copy")
    damage(repository, "packs", ".pack")
    report = again(repository).upkeep.verify()
    missing = {one for problem in report.problems if problem.kind == MISSING_OBJECT for one in problem.snapshots}
    # What is lost is deleted: then nobody misses it, and the pack has only what is whole.
    repository.delete(sorted(missing))
    repository.upkeep.gc(keep_deleted_ms=0)
    assert again(repository).upkeep.repair().problems == ()
    left = [one for one in made if one.id not in missing]
    assert [again(repository).inventory(one) for one in left] == [copy.inventory(one) for one in left]
    assert len(files(repository, "damaged")) == 1


def test_a_bad_bit_before_the_frames_of_a_pack_costs_nothing(repository: Repository) -> None:
    made = many(repository, 30)
    repository.upkeep.gc(tidiness=THOROUGH)
    path = next(Path(repository.location, "packs").iterdir())
    whole = path.read_bytes()
    for place in (0, 4, 5, 9, 11, HEADER + int.from_bytes(whole[6:HEADER], "big") - 1):
        data = bytearray(whole)
        data[place] ^= 1
        path.write_bytes(data)
        found = again(repository).upkeep.verify().problems[-1]
        if place in {4, 5}:  # a newer version may have written it
            assert (found.kind, found.key) == (NEWER_FORMAT, f"packs/{path.name}")
        else:
            assert [again(repository).inventory(one) for one in made] == list(map(inventory, range(len(made))))
            assert again(repository).upkeep.verify().problems == (found,)
            assert (found.kind, found.key) == (DAMAGED_PACK, f"packs/{path.name}")
            assert found.reason.endswith(f"; all {2 * len(made) - 2} objects in the pack can be read")
        assert again(repository).upkeep.repair().problems == ()
        assert path.read_bytes() == whole


def test_a_bad_bit_in_a_frame_costs_a_block_and_verify_says_how_much_is_left(repository: Repository) -> None:
    made = many(repository, COUNT_LIMIT + 40)
    repository.upkeep.gc(tidiness=THOROUGH)
    path = next(Path(repository.location, "packs").iterdir())
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    report = again(repository).upkeep.verify()
    lost = [problem for problem in report.problems if problem.kind == MISSING_OBJECT]
    (named,) = (problem for problem in report.problems if problem.kind == DAMAGED_PACK)
    count = 2 * len(made) - 2
    assert 0 < len(lost) <= COUNT_LIMIT
    assert named.reason.endswith(f"; {count - len(lost)} of {count} objects in the pack can be read")


def test_a_pack_of_which_nothing_can_be_read_says_so(repository: Repository) -> None:
    many(repository, 20)
    repository.upkeep.gc(tidiness=THOROUGH)
    path = next(Path(repository.location, "packs").iterdir())
    path.write_bytes(path.read_bytes()[:20])
    (named,) = (problem for problem in again(repository).upkeep.verify().problems if problem.kind == DAMAGED_PACK)
    assert named.reason.endswith("; no object in the pack can be read")


def test_a_damaged_segment_is_named_hides_only_what_is_in_it_and_comes_back_from_a_copy(
    repository: Repository, tmp_path: Path
) -> None:
    made = fill(repository, 8)
    repository.upkeep.gc(tidiness=THOROUGH)
    copy = _copied(repository, tmp_path / "copy")
    path = damage(repository, "segments", ".refs")
    listing = again(repository).listing()
    assert list(listing.snapshots) == made[-1:]
    assert [damaged.key for damaged in listing.damaged] == [f"segments/{path.name}"]
    report = again(repository).upkeep.verify()
    assert [(problem.kind, problem.key) for problem in report.problems] == [(DAMAGED_SEGMENT, f"segments/{path.name}")]
    with pytest.raises(RefusedError, match=f"segments/{path.name}"):
        again(repository).upkeep.gc(keep_deleted_ms=0)
    assert again(repository).upkeep.repair(sources=[copy.upkeep]).problems == ()
    assert list(again(repository).snapshots()) == made[::-1]


def test_a_segment_that_a_newer_version_wrote_does_not_make_its_snapshots_lost(repository: Repository) -> None:
    fill(repository, 8)
    repository.upkeep.gc(tidiness=THOROUGH)
    path = next(Path(repository.location, "segments").iterdir())
    data = path.read_bytes()
    path.unlink()
    later = data[:4] + b"\x02" + data[5:]
    path = path.with_name(f"{segment_name(later)}.refs")
    path.write_bytes(later)
    path.chmod(0o600)
    report = again(repository).upkeep.verify()
    assert [(problem.kind, problem.key) for problem in report.problems] == [(NEWER_FORMAT, f"segments/{path.name}")]
    assert report.unchecked == 1


def test_behind_a_manifest_that_cannot_be_read_each_later_one_of_its_block_is_refused_each_time() -> None:
    found = Changes()
    for number in range(4):
        assert found.add(pack(("pip", (Package(f"name{number}", "", "1"),))))
    columns = list(found.columns())
    columns[_NAMES] = columns[_NAMES].replace(b"1", b"\x80")
    replay = Replay(columns, 4)
    assert replay.content(0)
    for place in (1, 2, 3, 2, 1):
        with pytest.raises(CorruptError, match="damaged"):
            replay.content(place)


def _copied(repository: Repository, place: Path) -> Repository:
    for path in (
        "",
        *sorted(str(path.relative_to(repository.location)) for path in Path(repository.location).rglob("*")),
    ):
        source = Path(repository.location, path)
        if source.is_dir():
            (place / path).mkdir(0o700)
        else:
            (place / path).write_bytes(source.read_bytes())
    return Repository.open(place)
