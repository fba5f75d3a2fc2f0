"""Real processes create and list while `refs/` is exchanged again and again; and how much of a disk is left over."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench import seeded
from bench.filling import fill, size
from support.repositories.inventories import inventory

from cortexrepo.repository.repository import Repository
from cortexrepo.store.local.renewal import Renewal

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_WRITERS, _CREATES, _DAYS = 3, 25, 1000
_BLOCK = 4096


def _write(location: str, pipe: Connection) -> None:
    made = []
    for number in range(_CREATES):
        repository = Repository.open(location)
        made.append(repository.create(inventory(number % 5)).id)
        assert set(made) <= {one.id for one in repository.snapshots()}
    pipe.send(made)


def _exchange(renewal: Renewal) -> None:
    renewal._files.exchange(renewal._here, renewal._beside)


def test_no_create_is_lost_and_no_listing_is_short_while_refs_is_exchanged_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = str(tmp_path / "repository")
    # Before the first snapshot a collection may refuse: there are objects then, and no snapshot yet.
    first = Repository.open(location, create=True).create(inventory(9)).id
    context = multiprocessing.get_context("fork")
    pipes = [context.Pipe() for _ in range(_WRITERS)]
    writers = [context.Process(target=_write, args=(location, theirs)) for _, theirs in pipes]
    for writer in writers:
        writer.start()
    monkeypatch.setattr(Renewal, "_is_grown", lambda _self: True)
    monkeypatch.setattr(Renewal, "_swap", _exchange)
    seen = set()
    while any(writer.is_alive() for writer in writers):
        Repository.open(location).upkeep.gc()
        seen.add(Path(location, "refs").stat().st_ino)
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0] * _WRITERS
    acknowledged = {one for ours, _ in pipes for one in ours.recv()}
    assert len(acknowledged) == _WRITERS * _CREATES
    repository = Repository.open(location)
    assert {one.id for one in repository.snapshots()} == acknowledged | {first}
    assert repository.upkeep.verify().problems == ()
    assert len(seen) > 1


def _blocks(directory: Path) -> int:
    return sum(path.lstat().st_blocks * 512 for path in (directory, *directory.rglob("*")))


def test_a_thousand_snapshots_take_few_blocks_beyond_their_bytes(tmp_path: Path) -> None:
    place = tmp_path / "repository"
    repository = fill(str(place), seeded.daily(_DAYS))
    before = place.joinpath("refs").stat().st_size
    if before < 16 * _BLOCK or os.statvfs(tmp_path).f_frsize != _BLOCK:
        pytest.skip("needs a file system with blocks of 4 KiB whose directories grow, as ext4")
    repository.upkeep.gc()
    assert place.joinpath("refs").stat().st_size == _BLOCK
    assert not [path for path in place.rglob("*") if path.is_dir() and path.name != "tags" and not any(path.iterdir())]
    assert _blocks(place) <= 1.5 * size(str(place))
