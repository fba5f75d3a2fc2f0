"""The reserve: as large as is said, given up on a full disk only, and made again as large as there is room."""

from __future__ import annotations

import errno

import pytest
from support.disk.faults import Refusing

from cortexrepo.disk.memory import MemoryFileSystem
from cortexrepo.store.local.ballast import Ballast
from cortexrepo.store.local.directories import BALLAST_SIZE

PLACE = "/r"
PATH = "/r/ballast"


class Small(Refusing):
    """A disk on which one file may have so many bytes."""

    def __init__(self, room: int, error: int = errno.ENOSPC) -> None:
        super().__init__(MemoryFileSystem())
        self.room = room
        self._error = error

    def write_new(self, path: str, data: bytes) -> None:
        if len(data) > self.room:
            raise OSError(self._error, "no room", path)
        super().write_new(path, data)


def disk(room: int = BALLAST_SIZE, error: int = errno.ENOSPC) -> Small:
    files = Small(room, error)
    for path in (PLACE, f"{PLACE}/tmp"):
        files.make_directory(path)
    return files


def size(files: Small) -> int | None:
    info = files.info(PATH)
    return None if info is None else info.size


class Step:
    """Fails so often, then says that it is done."""

    def __init__(self, failures: int, error: int = errno.ENOSPC) -> None:
        self.calls = 0
        self._failures = failures
        self._error = error

    def __call__(self) -> str:
        self.calls += 1
        if self.calls <= self._failures:
            raise OSError(self._error, "failed")
        return "done"


def test_it_has_its_size_and_bytes_that_cannot_be_stored_in_less() -> None:
    files = disk()
    Ballast(PLACE, files).make()
    data = files.read(PATH, BALLAST_SIZE)
    assert len(data) == BALLAST_SIZE == 20480
    assert len(set(data)) == 256
    with pytest.raises(FileExistsError):
        Ballast(PLACE, files).make()


def test_a_step_that_has_room_leaves_it_alone() -> None:
    files = disk()
    ballast = Ballast(PLACE, files)
    ballast.make()
    assert ballast.with_room(Step(0)) == "done"
    assert not ballast.is_given_up
    assert size(files) == BALLAST_SIZE


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_on_a_full_disk_it_is_given_up_durably_and_the_step_done_again(error: int) -> None:
    files = disk()
    ballast = Ballast(PLACE, files)
    ballast.make()
    step = Step(1, error)
    files.calls.clear()
    assert ballast.with_room(step) == "done"
    assert step.calls == 2
    assert ballast.is_given_up
    assert files.calls == [f"info {PATH}", f"unlink {PATH}", f"sync_directory {PLACE}/"]


def test_any_other_error_does_not_touch_it() -> None:
    files = disk()
    ballast = Ballast(PLACE, files)
    ballast.make()
    with pytest.raises(OSError, match="failed"):
        ballast.with_room(Step(1, errno.EIO))
    assert not ballast.is_given_up
    assert size(files) == BALLAST_SIZE


def test_without_one_the_error_stands() -> None:
    with pytest.raises(OSError, match="failed"):
        Ballast(PLACE, disk()).with_room(Step(1))


def test_what_is_to_be_left_is_left() -> None:
    files = disk()
    ballast = Ballast(PLACE, files)
    ballast.make()
    with pytest.raises(OSError, match="failed"):
        ballast.with_room(Step(1), leave=BALLAST_SIZE)
    assert not ballast.is_given_up
    assert ballast.with_room(Step(1), leave=BALLAST_SIZE - 1) == "done"


def test_an_empty_one_is_not_given_up() -> None:
    files = disk()
    files.write_new(PATH, b"")
    with pytest.raises(OSError, match="failed"):
        Ballast(PLACE, files).with_room(Step(1))


@pytest.mark.parametrize(
    ("room", "restored"),
    [(BALLAST_SIZE, 20480), (20479, 16384), (16383, 12288), (12287, 8192), (4096, 4096), (4095, None)],
)
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EDQUOT])
def test_it_is_restored_as_large_as_there_is_room(room: int, restored: int | None, error: int) -> None:
    files = disk(room, error)
    Ballast(PLACE, files).restore()
    assert size(files) == restored
    assert files.names(f"{PLACE}/tmp") == []


def test_a_smaller_one_is_replaced_by_a_larger_one_only() -> None:
    files = disk(8192)
    files.write_new(PATH, bytes(4096))
    Ballast(PLACE, files).restore()
    assert size(files) == 8192
    files.room = 4096
    Ballast(PLACE, files).restore()
    assert size(files) == 8192


@pytest.mark.parametrize(("room", "left"), [(BALLAST_SIZE, BALLAST_SIZE), (BALLAST_SIZE - 1, 65536)])
def test_one_as_large_as_other_versions_made_it_becomes_smaller_where_there_is_room(room: int, left: int) -> None:
    files = disk(1 << 16)
    files.write_new(PATH, bytes(1 << 16))
    files.room = room
    Ballast(PLACE, files).restore()
    assert size(files) == left
    assert files.names(f"{PLACE}/tmp") == []


def test_restoring_never_raises_and_leaves_what_is_there() -> None:
    for files in (disk(0, errno.EIO), disk(0)):
        Ballast(PLACE, files).restore()
        assert size(files) is None
    files = disk()
    files.errors = {"info": errno.EIO}
    Ballast(PLACE, files).restore()
    files.errors = {}
    assert size(files) is None


def test_it_is_not_written_piece_by_piece_where_the_disk_fails_otherwise() -> None:
    files = disk(4096, errno.EIO)
    Ballast(PLACE, files).restore()
    assert size(files) is None
