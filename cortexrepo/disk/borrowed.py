"""Another user's files, read by a process that has become this user: root opens none of them.

What comes back is bytes that the user chose, whatever is done to the files meanwhile: links lead only to what the user
may read, nothing waits for longer than a deadline, and no answer is longer than was asked for. Nothing can be written.
"""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import threading
import time
import weakref
from typing import TYPE_CHECKING, NoReturn

from cortexrepo.disk import lending
from cortexrepo.rights.child import start, waited
from cortexrepo.rights.person import reader

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.disk.filesystem import Info
    from cortexrepo.rights.person import Person

DEADLINE = 30.0
"""So many seconds one answer may take. A larger value would let a user stop root's command for longer."""
NAMES = 32 << 20
"""The names in one directory have at most so many bytes together."""
PATIENCE = 1.0
"""So many seconds a process that was killed is waited for."""
_MEMORY = 512 << 20
"""So much more memory than root's process had the other one may take: an object, and the names of a directory."""
_PAUSE = 0.02


class BorrowedFileSystem:
    """The files of one user, to be read. Every method raises OSError as `FileSystem` says, and ETIMEDOUT."""

    def __init__(self, who: Person, deadline: float = DEADLINE) -> None:
        """Starts the process; it ends with this object, or with this process."""
        self._deadline = deadline
        self._turn = threading.Lock()
        ours, theirs = socket.socketpair()
        asked = theirs.fileno()
        try:
            child = start(who, reader(_MEMORY), (asked,), lambda: lending.answer_all(asked))
        finally:
            theirs.close()
        self._pipe = ours
        self._end = weakref.finalize(self, _ended, ours, child)

    # -- reading

    def read(self, path: str, limit: int) -> bytes:
        """See `FileSystem.read`."""
        return self._ask("read", path, limit, most=limit)

    def read_part(self, path: str, offset: int, size: int) -> bytes:
        """See `FileSystem.read_part`."""
        return self._ask("read_part", path, offset, size, most=size)

    def info(self, path: str) -> Info | None:
        """See `FileSystem.info`."""
        return lending.info_of(self._ask("info", path, most=lending.INFO))

    def names(self, path: str) -> list[str]:
        """See `FileSystem.names`; OSError(EFBIG) beyond `NAMES` bytes."""
        return lending.names_of(self._ask("names", path, NAMES, most=NAMES))

    def names_at(self, path: str) -> list[str]:
        """See `FileSystem.names_at`; else as `names`."""
        return self.names(path)

    def abandoned(self, path: str) -> bool:
        """Returns False: whether somebody holds the file cannot be told without a lock, and none is taken."""
        if self.info(path) is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return False

    @contextlib.contextmanager
    def lock(self, path: str, *, exclusive: bool, timeout: float) -> Iterator[bool]:
        """See `FileSystem.lock`: shared only, by the user's own process, on a lock file that is there."""
        if exclusive:
            _refuse(path)
        end = time.monotonic() + timeout
        while (state := self._ask("lock", path, most=1)) == lending.BUSY:
            if time.monotonic() >= end:
                raise TimeoutError(errno.ETIMEDOUT, "another process holds the lock", path)
            time.sleep(_PAUSE)
        try:
            yield state == lending.LOCKED
        finally:
            if state == lending.LOCKED:
                self._ask("unlock", path, most=0)

    # -- what is refused

    def write_new(self, path: str, data: bytes) -> None:
        """Refuses; so do all the others that would change anything."""
        _refuse(path, data)

    def write_held(self, path: str, data: bytes) -> int:
        """Refuses."""
        _refuse(path, data)

    def write_pieces(self, path: str, pieces: Iterable[bytes]) -> int:
        """Refuses."""
        _refuse(path, pieces)

    def release(self, held: int) -> None:
        """Does nothing: nothing is ever held."""

    def make_directory(self, path: str) -> None:
        """Refuses."""
        _refuse(path)

    def remove_directory(self, path: str) -> None:
        """Refuses."""
        _refuse(path)

    def link(self, source: str, target: str) -> None:
        """Refuses."""
        _refuse(source, target)

    def rename(self, source: str, target: str) -> None:
        """Refuses."""
        _refuse(source, target)

    def rename_new(self, source: str, target: str) -> None:
        """Refuses."""
        _refuse(source, target)

    def exchange(self, one: str, other: str) -> None:
        """Refuses."""
        _refuse(one, other)

    def unlink(self, path: str) -> None:
        """Refuses."""
        _refuse(path)

    def sync_directory(self, path: str) -> None:
        """Refuses."""
        _refuse(path)

    # -- steps

    def _ask(self, work: str, path: str, *numbers: int, most: int) -> bytes:
        """Sends a question, and returns the answer; raises the OSError that the answer is."""
        end = time.monotonic() + self._deadline
        try:
            with self._turn:
                failure, data = lending.question(self._pipe.fileno(), (work, path, *numbers), most, end)
        except (OSError, EOFError, ValueError) as error:  # the last: a pipe that was closed before
            # Whatever is in the pipe now belongs to no question any more.
            self._end()
            late = isinstance(error, TimeoutError)
            number, text = (errno.ETIMEDOUT, "the file's owner did not answer") if late else (errno.EIO, _GONE)
            raise OSError(number, text, path) from error
        if failure:
            raise OSError(failure, os.strerror(failure), path)
        return data


_GONE = "the process that reads the file as its owner has ended"


def _refuse(path: str, *_: object) -> NoReturn:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)


def _ended(pipe: socket.socket, child: int) -> None:
    pipe.close()
    with contextlib.suppress(OSError):
        os.kill(child, signal.SIGKILL)
    with contextlib.suppress(OSError):
        waited(child, PATIENCE)  # one that does not end is left alone: it has nothing of root's
