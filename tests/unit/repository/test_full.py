"""Collecting without room: what frees room is done all the same, and packing waits for the next run."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest
from support.disk.faults import FaultyFileSystem
from support.repositories.memories import InMemory

from cortexrepo.errors import StoreError
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH

if TYPE_CHECKING:
    from cortexrepo.disk.filesystem import FileSystem


class WithoutRoom(FaultyFileSystem):
    """A disk without room for any new file in one directory, at the moment in which it gets its name."""

    def __init__(self, files: FileSystem, directory: str, error: int = errno.ENOSPC) -> None:
        super().__init__(files)
        self._part = f"/{directory}/"
        self._error = error

    def _check(self, target: str) -> None:
        if self._part in target:
            raise OSError(self._error, os.strerror(self._error), target)

    def link(self, source: str, target: str) -> None:
        self._check(target)
        super().link(source, target)


def without_room(place: InMemory, directory: str, error: int = errno.ENOSPC) -> Repository:
    found = Repository.open(place.repository.location, files=WithoutRoom(place.files, directory, error))
    found._clock = lambda: place.now
    return found


@pytest.fixture
def place() -> InMemory:
    return InMemory()


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("directory", ["packs", "segments"])
def test_what_is_deleted_goes_and_nothing_is_packed(place: InMemory, directory: str, error: int) -> None:
    made = place.fill(9)
    place.repository.delete([made[1].id])
    found = without_room(place, directory, error).upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    assert (found.snapshots, found.objects) == ((made[1].id,), 1)
    assert (found.rolled, found.packed) == ((7, 0) if directory == "packs" else (0, 7))
    assert place.names(directory) == []
    kept = [one for one in reversed(made) if one != made[1]]
    assert list(place.again().snapshots()) == kept
    assert place.again().upkeep.verify().problems == ()
    # With room again the next run does what was left.
    later = place.again().upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    assert found.rolled + later.rolled == found.packed + later.packed == 7
    assert list(place.again().snapshots()) == kept


def test_what_is_deleted_and_in_a_segment_needs_room_and_loses_nothing_without(place: InMemory) -> None:
    made = place.fill(9)
    place.repository.upkeep.gc(tidiness=THOROUGH)
    place.repository.delete([made[1].id])
    with pytest.raises(StoreError, match=r"cannot write segments/.*: No space left on device$"):
        without_room(place, "segments").upkeep.gc(keep_deleted_ms=0, tidiness=THOROUGH)
    assert place.again().upkeep.verify().problems == ()
    # The mark is claimed; whoever comes next goes on.
    assert place.again().upkeep.gc(keep_deleted_ms=0).snapshots == (made[1].id,)
    assert list(place.again().snapshots()) == [one for one in reversed(made) if one != made[1]]


def test_a_deletion_that_has_no_room_for_all_says_how_many_were_deleted(place: InMemory) -> None:
    made = [one.id for one in place.fill(5)]

    def refused(count: int) -> Repository:
        """Returns the repository on a disk that has room for so many marks."""

        class Few(FaultyFileSystem):
            room = count

            def link(self, source: str, target: str) -> None:
                if "/deleted/" in target:
                    self.room -= 1
                    if self.room < 0:
                        raise OSError(errno.EIO, os.strerror(errno.EIO), target)
                super().link(source, target)

        return Repository.open(place.repository.location, files=Few(place.files))

    with pytest.raises(StoreError, match=r"Input/output error$"):
        refused(0).delete(made)
    with pytest.raises(StoreError, match=r"Input/output error \(before this, 2 of 5 snapshots were deleted\)$"):
        refused(2).delete(made)
    with pytest.raises(StoreError, match=r"\(before this, 1 of 3 snapshots were deleted\)$"):
        refused(1).upkeep.delete(made)
    assert len(place.again().snapshots()) == 2


def test_another_failure_of_packing_is_told(place: InMemory) -> None:
    place.fill(9)
    for directory in ("segments", "packs"):
        with pytest.raises(StoreError, match=rf"cannot write {directory}/.*: Input/output error$"):
            without_room(place, directory, errno.EIO).upkeep.gc(tidiness=THOROUGH)
    assert place.again().upkeep.verify().problems == ()
