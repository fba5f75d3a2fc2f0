"""Questions about files and their answers, as bytes between the two processes of `cortexrepo.disk.borrowed`."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import struct
import time
from typing import TYPE_CHECKING

from cortexrepo.disk.filesystem import Info, RealFileSystem
from cortexrepo.disk.listing import names_at

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

_HEAD = struct.Struct("<iQ")
"""The error's number, 0 where there is none, and how many bytes follow."""
_INFO = struct.Struct("<BqIq")
INFO = _INFO.size
_KINDS = ("file", "directory", "other")
BUSY, LOCKED, NO_LOCK = b"b", b"l", b"n"
_QUESTION = 1 << 16
_SHARED = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


def send(pipe: socket.socket, data: bytes, end: float, failure: int = 0) -> None:
    """Sends bytes with their head before the moment `end`, in `time.monotonic`'s seconds; TimeoutError after it."""
    pipe.settimeout(_left(end))
    pipe.sendall(_HEAD.pack(failure, len(data)) + data)


def receive(pipe: socket.socket, most: int, end: float | None = None) -> tuple[int, bytes]:
    """Returns an error's number and the bytes that `send` sent.

    Raises:
        TimeoutError: It takes longer than until `end`.
        EOFError: The other side has ended, or sends more than `most` bytes.
    """
    failure, size = _HEAD.unpack(_exactly(pipe, _HEAD.size, end))
    if size > most or failure < 0:
        raise EOFError
    return failure, _exactly(pipe, size, end)


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


def answer_all(pipe: socket.socket) -> None:
    """Answers questions from the files that this process may read, until the other side ends."""
    desk = _Desk()
    while True:
        try:
            _, question = receive(pipe, _QUESTION)
        except (OSError, EOFError):
            return
        work, path, *numbers = json.loads(question)
        failure, data = 0, b""
        try:
            data = desk.work[work](path, *numbers)
        except OSError as error:
            failure = error.errno or errno.EIO
        except MemoryError:
            failure = errno.ENOMEM
        pipe.settimeout(None)
        pipe.sendall(_HEAD.pack(failure, len(data)) + data)


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


def _exactly(pipe: socket.socket, size: int, end: float | None) -> bytes:
    data = bytearray()
    while len(data) < size:
        pipe.settimeout(None if end is None else _left(end))
        part = pipe.recv(min(size - len(data), 1 << 20))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def _left(end: float) -> float:
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
