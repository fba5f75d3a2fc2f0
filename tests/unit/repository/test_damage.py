"""Damage of every kind: named, never mistaken for content, and no harm to the snapshots beside it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory, packages

from cortexrepo.codec import objects, records, refs
from cortexrepo.errors import CorruptError, FormatVersionError, MissingObjectError
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cortexrepo.model.snapshot import Snapshot

DAMAGE = (CorruptError, FormatVersionError)


def _small(number: int) -> Inventory:
    """Returns an inventory with one object of a few bytes."""
    readings = (Reading("pip", "/v", OK, packages("pip", {"a": str(number)})),)
    return Inventory("0123456789abcdef0123456789abcdef", (), readings)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repository", create=True)


def _object(repository: Repository, snapshot: Snapshot) -> Path:
    from pathlib import Path

    identity = snapshot.slots[0].object
    assert identity is not None
    return Path(repository.location) / "objects" / identity[:2] / identity[2:]


def _ref(repository: Repository, snapshot: Snapshot) -> Path:
    from pathlib import Path

    return next((Path(repository.location) / "refs").glob(f"*-{snapshot.id}"))


def _flips(data: bytes) -> Iterator[bytes]:
    for bit in range(len(data) * 8):
        yield data[: bit // 8] + bytes((data[bit // 8] ^ 1 << bit % 8,)) + data[bit // 8 + 1 :]


def _damages(data: bytes) -> Iterator[bytes]:
    yield from _flips(data)
    yield from (data[:length] for length in range(len(data)))
    yield data + b"\x00"


def test_every_damaged_ref_is_named_and_the_other_snapshot_is_read(repository: Repository) -> None:
    whole, victim = repository.create(_small(1)), repository.create(_small(2))
    path = _ref(repository, victim)
    good = path.read_bytes()
    for bad in _damages(good):
        path.write_bytes(bad)
        with pytest.raises(DAMAGE, match=f"refs/{path.name}: "):
            repository.get(victim.id)
        listing = repository.listing()
        assert listing.snapshots == (whole,)
        assert [damage.key for damage in listing.damaged] == [f"refs/{path.name}"]
    path.write_bytes(good)
    assert repository.snapshots() == (victim, whole)


def test_every_damaged_object_is_named_and_the_other_snapshot_is_read(repository: Repository) -> None:
    whole, victim = repository.create(_small(1)), repository.create(_small(2))
    path = _object(repository, victim)
    identity = victim.slots[0].object
    assert identity is not None
    for bad in _damages(path.read_bytes()):
        path.write_bytes(bad)
        with pytest.raises(DAMAGE, match=f"object {identity[:12]}: "):
            repository.inventory(victim)
        assert repository.inventory(whole).readings == _small(1).readings


def test_a_flipped_bit_in_a_compressed_object_never_changes_what_is_read(repository: Repository) -> None:
    manifest = packages("pip", {f"package-{number}": "1.0" for number in range(40)})
    identity, frame = objects.encode(manifest)
    assert frame[6] == objects.ZLIB
    harmless = 0
    for bad in _flips(frame):
        try:
            assert objects.decode(bad, identity) == manifest
            harmless += 1
        except DAMAGE:
            pass
    # Between the end of the compressed bits and the next whole byte there may be up to seven that mean nothing.
    assert harmless <= 7


def test_a_new_snapshot_of_the_same_packages_repairs_a_damaged_object(repository: Repository) -> None:
    victim = repository.create(_small(2))
    _object(repository, victim).write_bytes(b"damaged")
    repository.create(_small(2))
    assert repository.inventory(victim).readings == _small(2).readings


def test_swapped_refs_are_found_out(repository: Repository) -> None:
    one, two, whole = (repository.create(_small(number)) for number in range(3))
    paths = _ref(repository, one), _ref(repository, two)
    contents = [path.read_bytes() for path in paths]
    for path, content in zip(paths, reversed(contents), strict=True):
        path.write_bytes(content)
    assert repository.snapshots() == (whole,)
    for snapshot, path in zip((one, two), paths, strict=True):
        with pytest.raises(
            CorruptError, match=f"refs/{path.name}: the file is damaged: its name does not match the snapshot in it"
        ):
            repository.get(snapshot.id)


def test_swapped_objects_are_found_out(repository: Repository) -> None:
    one, two, whole = (repository.create(_small(number)) for number in range(3))
    paths = _object(repository, one), _object(repository, two)
    contents = [path.read_bytes() for path in paths]
    for path, content in zip(paths, reversed(contents), strict=True):
        path.write_bytes(content)
    for snapshot in (one, two):
        with pytest.raises(CorruptError, match="does not match its id"):
            repository.inventory(snapshot)
    assert repository.inventory(whole).readings == _small(2).readings


def test_a_ref_of_another_repository_is_taken_as_it_is(repository: Repository, tmp_path: Path) -> None:
    other = Repository.open(tmp_path / "other", create=True)
    made = other.create(_small(1))
    own = repository.create(_small(1))
    assert own.objects() == made.objects()
    path = _ref(other, made)
    data = path.read_bytes()
    path.rename(f"{repository.location}/refs/{path.name}")
    again = Repository.open(repository.location)
    assert set(again.snapshots()) == {made, own}
    assert again.get(made.id) == made
    assert made.origin == other.id != repository.id == own.origin
    again.upkeep.gc(tidiness=Tidiness(recent=0, least=1))
    assert again._refs.loose()[0] == []
    again = Repository.open(repository.location)
    assert refs.encode(again.get(made.id)) == data
    assert again.inventory(again.get(made.id)).readings == _small(1).readings
    assert again.upkeep.verify().problems == ()


def test_a_missing_object_is_said_to_be_missing(repository: Repository) -> None:
    snapshot = repository.create(_small(1))
    _object(repository, snapshot).unlink()
    with pytest.raises(MissingObjectError, match="is missing"):
        repository.inventory(snapshot)


@pytest.mark.parametrize("kind", ["link", "fifo", "directory", "socket to nowhere"])
def test_a_ref_or_object_that_is_no_plain_file_is_refused(repository: Repository, kind: str, tmp_path: Path) -> None:
    snapshot = repository.create(_small(1))
    for path in (_object(repository, snapshot), _ref(repository, snapshot)):
        kept = tmp_path / "kept"
        path.rename(kept)
        if kind == "link":
            path.symlink_to(kept)
        elif kind == "fifo":
            os.mkfifo(path)
        elif kind == "directory":
            path.mkdir()
        else:
            os.mknod(path, 0o140600)
        with pytest.raises(CorruptError):
            repository.inventory(repository.get(snapshot.id))
        path.rmdir() if kind == "directory" else path.unlink()
        kept.rename(path)


def test_strangers_among_the_refs_are_named(repository: Repository) -> None:
    snapshot = repository.create(_small(1))
    for name in ("README", "00000001-0-x-y"):
        (_ref(repository, snapshot).parent / name).write_bytes(b"")
    listing = repository.listing()
    assert listing.snapshots == (snapshot,)
    assert [damage.key for damage in listing.damaged] == ["refs/00000001-0-x-y", "refs/README"]


def test_a_name_with_the_highest_number_does_not_hide_later_snapshots(repository: Repository) -> None:
    first = repository.create(_small(1))
    name = f"{'f' * 8}-{first.created_at:011x}-{first.machine[:8]}-{'a' * 32}"
    (_ref(repository, first).parent / name).write_bytes(b"")
    later = repository.create(_small(2))
    assert set(repository.snapshots()) == {first, later}
    assert repository.get(later.id) == later


def test_a_stranger_with_the_id_of_a_snapshot_does_not_hide_it(repository: Repository) -> None:
    first = repository.create(_small(1), tags=["golden"])
    path = _ref(repository, first)
    for sequence in ("00000000", "0000000f"):
        stranger = path.with_name(sequence + path.name[8:])
        stranger.write_bytes(path.read_bytes())
        for revision in (first.id, first.id[:8], "golden", "latest"):
            assert repository.get(revision) == first
        listing = repository.listing()
        assert listing.snapshots == (first,)
        assert [damage.key for damage in listing.damaged] == [f"refs/{stranger.name}"]
        stranger.unlink()


def test_a_damaged_tag_is_named_and_the_others_are_read(repository: Repository, tmp_path: Path) -> None:
    snapshot = repository.create(_small(1), tags=["good", "bad"])
    path = tmp_path / "repository" / "tags" / "bad"
    for data in _damages(path.read_bytes()):
        path.write_bytes(data)
        assert repository.tags() == {"good": snapshot.id}
        with pytest.raises(DAMAGE, match="tags/bad: "):
            repository.get("bad")


def test_what_a_later_version_needs_is_refused_as_newer() -> None:
    ref = (bytes(16), bytes(16), 0, 0, None, ("", "", ""), "", (), (), (), ("crypt",), ())
    with pytest.raises(FormatVersionError, match="crypt"):
        refs.decode(records.seal(records.REF, ref))
    with pytest.raises(FormatVersionError, match="crypt"):
        records.decode_config(records.seal(records.CONFIG, (bytes(16), "link", ("crypt",), (), (), ())))
    with pytest.raises(FormatVersionError, match="crypt"):
        records.decode_mark(records.TAG, records.seal(records.TAG, ("a", bytes(16), 0, ("crypt",), ())))


@pytest.mark.parametrize("position", [2, 3])
def test_a_truth_value_is_no_number(position: int) -> None:
    ref = [bytes(16), bytes(16), 0, 0, None, ("", "", ""), "", (), (), (), (), ()]
    refs.decode(records.seal(records.REF, tuple(ref)))
    ref[position] = True
    with pytest.raises(CorruptError):
        refs.decode(records.seal(records.REF, tuple(ref)))
    records.decode_mark(records.TAG, records.seal(records.TAG, ("a", bytes(16), 0, (), ())))
    with pytest.raises(CorruptError):
        records.decode_mark(records.TAG, records.seal(records.TAG, ("a", bytes(16), True, (), ())))


def test_a_second_snapshot_of_the_same_packages_adds_one_ref_and_no_object(
    repository: Repository, tmp_path: Path
) -> None:
    def files() -> set[str]:
        return {str(path) for path in (tmp_path / "repository").rglob("*") if path.is_file()}

    repository.create(inventory())
    before = files()
    second = repository.create(inventory())
    assert files() - before == {str(_ref(repository, second))}
