"""A file system in memory: the twin of `RealFileSystem`, for tests and for scratch repositories.

Every method is atomic under one lock, as the real calls are. Locks are counted, not waited for: a lock that is held
by another raises TimeoutError at once.
"""

from __future__ import annotations

import contextlib
import errno
import threading
from typing import TYPE_CHECKING, NoReturn

from cortexrepo.store.filesystem import Info

if TYPE_CHECKING:
    from collections.abc import Iterator


def _fail(number: int, path: str) -> NoReturn:
    raise OSError(number, errno.errorcode[number], path)


class MemoryFileSystem:
    """Directories and files in a dictionary; content never changes once written, so links need not share it."""

    def __init__(self, owner: int = 0) -> None:
        """Starts with an empty root directory.

        Args:
            owner: Whom everything belongs to.
        """
        self._owner = owner
        self._nodes: dict[str, bytes | None] = {"": None}
        self._guard = threading.RLock()
        self._holders: dict[str, list[bool]] = {}
        self._held: dict[int, str] = {}
        self._next = 0

    def _refuse_below_a_file(self, path: str) -> None:
        while path:
            path = path.rpartition("/")[0]
            if self._nodes.get(path) is not None:
                _fail(errno.ENOTDIR, path)

    def _parent(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        if parent not in self._nodes:
            _fail(errno.ENOENT, path)
        if self._nodes[parent] is not None:
            _fail(errno.ENOTDIR, path)

    def _file(self, path: str) -> bytes:
        if path not in self._nodes:
            _fail(errno.ENOENT, path)
        data = self._nodes[path]
        if data is None:
            _fail(errno.EISDIR, path)
        return data

    def write_new(self, path: str, data: bytes) -> None:
        """See `FileSystem.write_new`."""
        with self._guard:
            self._parent(path)
            if path in self._nodes:
                _fail(errno.EEXIST, path)
            self._nodes[path] = bytes(data)

    def write_held(self, path: str, data: bytes) -> int:
        """See `FileSystem.write_held`."""
        with self._guard:
            self.write_new(path, data)
            self._next += 1
            self._held[self._next] = path
            return self._next

    def release(self, held: int) -> None:
        """See `FileSystem.release`."""
        with self._guard:
            del self._held[held]

    def read(self, path: str, limit: int) -> bytes:
        """See `FileSystem.read`."""
        with self._guard:
            data = self._file(path)
        if len(data) > limit:
            _fail(errno.EFBIG, path)
        return data

    def info(self, path: str) -> Info | None:
        """See `FileSystem.info`."""
        with self._guard:
            if path not in self._nodes:
                self._refuse_below_a_file(path)
                return None
            directory = self._nodes[path] is None
        return Info("directory", self._owner, 0o700) if directory else Info("file", self._owner, 0o600)

    def names(self, path: str) -> list[str]:
        """See `FileSystem.names`."""
        with self._guard:
            if path not in self._nodes:
                _fail(errno.ENOENT, path)
            if self._nodes[path] is not None:
                _fail(errno.ENOTDIR, path)
            start = path + "/"
            return [key[len(start) :] for key in self._nodes if key.startswith(start) and "/" not in key[len(start) :]]

    def make_directory(self, path: str) -> None:
        """See `FileSystem.make_directory`."""
        with self._guard:
            self._parent(path)
            if path in self._nodes:
                _fail(errno.EEXIST, path)
            self._nodes[path] = None

    def link(self, source: str, target: str) -> None:
        """See `FileSystem.link`."""
        with self._guard:
            data = self._file(source)
            self._parent(target)
            if target in self._nodes:
                _fail(errno.EEXIST, target)
            self._nodes[target] = data

    def rename(self, source: str, target: str) -> None:
        """See `FileSystem.rename`."""
        with self._guard:
            data = self._file(source)
            self._parent(target)
            if target in self._nodes and self._nodes[target] is None:
                _fail(errno.EISDIR, target)
            del self._nodes[source]
            self._nodes[target] = data

    def rename_new(self, source: str, target: str) -> None:
        """See `FileSystem.rename_new`."""
        with self._guard:
            if target in self._nodes:
                self._file(source)
                _fail(errno.EEXIST, target)
            self.rename(source, target)

    def unlink(self, path: str) -> None:
        """See `FileSystem.unlink`."""
        with self._guard:
            self._file(path)
            del self._nodes[path]

    def sync_directory(self, path: str) -> None:
        """See `FileSystem.sync_directory`."""
        path = path.rstrip("/")
        with self._guard:
            if path not in self._nodes:
                _fail(errno.ENOENT, path)
            if self._nodes[path] is not None:
                _fail(errno.ENOTDIR, path)

    @contextlib.contextmanager
    def lock(self, path: str, *, exclusive: bool, timeout: float) -> Iterator[bool]:
        """See `FileSystem.lock`."""
        with self._guard:
            holders = self._holders.setdefault(path, [])
            if holders and (exclusive or any(holders)):
                raise TimeoutError(errno.ETIMEDOUT, f"another holds the lock after {timeout} s", path)
            holders.append(exclusive)
        try:
            yield True
        finally:
            with self._guard:
                holders.remove(exclusive)
