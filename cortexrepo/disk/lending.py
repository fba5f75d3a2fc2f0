"""Questions about files and their answers, as bytes between the two processes of `cortexrepo.disk.borrowed`."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import struct
from typing import TYPE_CHECKING

from cortexrepo.disk.filesystem import Info, RealFileSystem
from cortexrepo.disk.listing import names_at
from cortexrepo.rights import pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_HEAD = struct.Struct("<i")
"""The error's number, 0 where there is none, before the bytes of an answer."""
_INFO = struct.Struct("<BqIq")
INFO = _INFO.size
_KINDS = ("file", "directory", "other")
BUSY, LOCKED, NO_LOCK = b"b", b"l", b"n"
_QUESTION = 1 << 16
_SHARED = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def question(descriptor: int, words: Sequence[str | int], most: int, end: float) -> tuple[int, bytes]:
    """Returns the answer to a question: an error's number, 0 where there is none, and bytes.

    Raises:
        TimeoutError: It takes longer than until `end`, in `time.monotonic`'s seconds.
        EOFError: The other side has ended, or its answer makes no sense or has more than `most` bytes.
    """
    pieces.send(descriptor, json.dumps(words).encode(), end)
    answer = pieces.receive(descriptor, _HEAD.size + most, end)
    if len(answer) < _HEAD.size:
        raise EOFError
    [failure] = _HEAD.unpack_from(answer)
    if failure < 0:
        raise EOFError
    return failure, answer[_HEAD.size :]


def info_of(data: bytes) -> Info | None:
    """Returns what an answer to `info` says; None for an empty one."""
    if not data:
        return None
    if len(data) != INFO:
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    kind, owner, mode, size = _INFO.unpack(data)
    return Info(_KINDS[min(kind, 2)], owner, mode, size)


def names_of(data: bytes) -> list[str]:
    """Returns what an answer to `names` says, without a name that would lead elsewhere."""
    return [os.fsdecode(name) for name in data.split(b"\0") if name not in {b"", b".", b".."} and b"/" not in name]


def answer_all(descriptor: int) -> None:
    """Answers questions from the files that this process may read, until the other side ends."""
    desk = _Desk()
    while True:
        try:
            asked = pieces.receive(descriptor, _QUESTION)
        except (OSError, EOFError):
            return
        work, path, *numbers = json.loads(asked)
        failure, data = 0, b""
        try:
            data = desk.work[work](path, *numbers)
        except OSError as error:
            failure = error.errno or errno.EIO
        except MemoryError:
            failure = errno.ENOMEM
        pieces.send(descriptor, _HEAD.pack(failure) + data)


class _Desk:
    """What can be asked for, and the one lock that is held."""

    def __init__(self) -> None:
        self._files = RealFileSystem()
        self._held: int | None = None
        self.work: dict[str, Callable[..., bytes]] = {
            "read": self._files.read,
            "read_part": self._files.read_part,
            "info": self._info,
            "names": self._names,
            "lock": self._lock,
            "unlock": self._unlock,
        }

    def _info(self, path: str) -> bytes:
        found = self._files.info(path)
        return b"" if found is None else _INFO.pack(_KINDS.index(found.kind), *found[1:])

    @staticmethod
    def _names(path: str, most: int) -> bytes:
        return b"\0".join(map(os.fsencode, names_at(path, most)))

    def _lock(self, path: str) -> bytes:
        self._unlock(path)
        try:
            held = os.open(path, _SHARED)
        except OSError:
            return NO_LOCK
        try:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError as error:
            os.close(held)
            return BUSY if isinstance(error, BlockingIOError) else NO_LOCK
        self._held = held
        return LOCKED

    def _unlock(self, _path: str) -> bytes:
        if self._held is not None:
            os.close(self._held)
            self._held = None
        return b""
