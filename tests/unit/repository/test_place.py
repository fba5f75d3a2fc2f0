"""Where a repository is made and found, and what is refused as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.disk.faults import WithoutLinks
from support.repositories.inventories import inventory

from cortexrepo.codec.records import decode_config
from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.errors import (
    CorruptError,
    ForeignRepositoryError,
    FormatVersionError,
    NoRepositoryError,
    OwnerError,
    RequestError,
    StoreError,
    TagError,
)
from cortexrepo.repository import place
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path


def test_there_is_none_until_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(NoRepositoryError):
        Repository.open(tmp_path / "a")
    made = Repository.init(tmp_path / "a")
    assert Repository.open(tmp_path / "a").id == made.id
    assert Repository.init(tmp_path / "a").id == made.id
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o700


def test_a_file_is_not_a_repository(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("precious")
    for create in (False, True):
        with pytest.raises(ForeignRepositoryError, match="is a file"):
            Repository.open(tmp_path / "a", create=create)
    with pytest.raises(StoreError):
        Repository.open(tmp_path / "a" / "b", create=True)


def test_a_directory_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis").write_text("precious")
    with pytest.raises(ForeignRepositoryError, match="other files are in it"):
        Repository.open(tmp_path, create=True)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis"]


@pytest.mark.parametrize("name", ["config"])
def test_a_config_of_something_else_is_foreign_and_a_torn_one_corrupt(tmp_path: Path, name: str) -> None:
    Repository.init(tmp_path)
    good = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(b"[core]\n" * 20)
    with pytest.raises(ForeignRepositoryError):
        Repository.open(tmp_path)
    (tmp_path / name).write_bytes(good[:-1])
    with pytest.raises(CorruptError, match="config"):
        Repository.open(tmp_path)
    (tmp_path / name).write_bytes(good[:4] + b"\x02" + good[5:])
    with pytest.raises(FormatVersionError, match="has format 2"):
        Repository.open(tmp_path)


def test_another_users_repository_is_refused_and_roots_is_read() -> None:
    files = MemoryFileSystem(owner=1000)
    files.make_directory("/home")
    place.make("/home/r", files, 1000)
    with pytest.raises(OwnerError, match="uid 1000"):
        place.find("/home/r", files, 1001)
    with pytest.raises(OwnerError):
        place.find("/home/r", files, 0)
    roots = MemoryFileSystem(owner=0)
    roots.make_directory("/home")
    place.make("/home/r", roots, 0)
    assert place.find("/home/r", roots, 1001)


def test_where_links_are_refused_it_publishes_by_rename(tmp_path: Path) -> None:
    files = WithoutLinks(RealFileSystem())
    repository = Repository.open(str(tmp_path / "r"), create=True, files=files)
    assert decode_config((tmp_path / "r" / "config").read_bytes()).publish == "rename"
    made = [repository.create(inventory(number), tags=[f"t{number}"]) for number in range(2)]
    again = Repository.open(tmp_path / "r")
    assert set(again.snapshots()) == set(made)
    assert list((tmp_path / "r" / "tmp").iterdir()) == list((tmp_path / "r" / "pins").iterdir()) == []
    with pytest.raises(TagError, match="names another snapshot"):
        again.tag("t0", made[1].id)


def test_where_neither_can_be_done_it_says_so(tmp_path: Path) -> None:
    files = WithoutLinks(RealFileSystem(), rename=False)
    with pytest.raises(StoreError, match="has no hard links"):
        Repository.open(str(tmp_path / "r"), create=True, files=files)
    assert not (tmp_path / "r" / "config").exists()


def test_a_lock_that_is_a_link_truncates_nothing(tmp_path: Path) -> None:
    repository = Repository.init(tmp_path / "r")
    snapshot = repository.create(inventory())
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (tmp_path / "r" / "lock").unlink()
    (tmp_path / "r" / "lock").symlink_to(precious)
    with pytest.raises(StoreError, match="lock"):
        repository.listing()
    assert precious.read_text() == "precious"
    assert repository.get(snapshot.id) == snapshot


def test_what_no_reader_would_take_back_is_not_stored(tmp_path: Path) -> None:
    repository = Repository.init(tmp_path / "r")
    good = inventory()
    for bad in (
        good._replace(readings=tuple(reversed(good.readings))),
        good._replace(facts=(("b", ""), ("a", ""))),
        good._replace(machine="ab"),
        good._replace(machine="not hexadecimal"),
        good._replace(readings=good.readings * 2),
    ):
        with pytest.raises(RequestError):
            repository.create(bad)
    with pytest.raises(RequestError):
        repository.create(good, message="\ud800")
    with pytest.raises(RequestError):
        repository.create(good, message="x" * (1 << 20))
    assert repository.snapshots() == ()
