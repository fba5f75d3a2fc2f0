"""A file system in memory: the twin of `RealFileSystem`, for tests and for scratch repositories.

Every method is atomic under one lock, as the real calls are. Locks are counted, not waited for: a lock that is held
by another raises TimeoutError at once.
"""

from __future__ import annotations

import contextlib
import errno
import threading
from typing import TYPE_CHECKING, NoReturn

from cortexrepo.disk.filesystem import Info

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def _fail(number: int, path: str) -> NoReturn:
    raise OSError(number, errno.errorcode[number], path)


class _File:
    """A file's content, under as many names as it has links."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class MemoryFileSystem:
    """Directories (None) and files in a dictionary, by path."""

    def __init__(self, owner: int = 0) -> None:
        """Starts with an empty root directory.

        Args:
            owner: Whom everything belongs to.
        """
        self._owner = owner
        self._nodes: dict[str, _File | None] = {"": None}
        self._guard = threading.RLock()
        self._holders: dict[str, list[bool]] = {}
        self._held: dict[int, _File] = {}
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

    def _file(self, path: str) -> _File:
        if path not in self._nodes:
            _fail(errno.ENOENT, path)
        file = self._nodes[path]
        if file is None:
            _fail(errno.EISDIR, path)
        return file

    def write_new(self, path: str, data: bytes) -> None:
        """See `FileSystem.write_new`."""
        with self._guard:
            self._parent(path)
            if path in self._nodes:
                _fail(errno.EEXIST, path)
            self._nodes[path] = _File(bytes(data))

    def write_held(self, path: str, data: bytes) -> int:
        """See `FileSystem.write_held`."""
        with self._guard:
            self.write_new(path, data)
            self._next += 1
            self._held[self._next] = self._file(path)
            return self._next

    def write_pieces(self, path: str, pieces: Iterable[bytes]) -> int:
        """See `FileSystem.write_pieces`."""
        held = self.write_held(path, b"")
        try:
            for piece in pieces:
                self._held[held].data += piece
        except BaseException:
            self.release(held)
            self.unlink(path)
            raise
        return held

    def release(self, held: int) -> None:
        """See `FileSystem.release`."""
        with self._guard:
            del self._held[held]

    def abandoned(self, path: str) -> bool:
        """See `FileSystem.abandoned`."""
        with self._guard:
            return self._file(path) not in self._held.values()

    def read(self, path: str, limit: int) -> bytes:
        """See `FileSystem.read`."""
        with self._guard:
            data = self._file(path).data
        if len(data) > limit:
            _fail(errno.EFBIG, path)
        return data

    def read_part(self, path: str, offset: int, size: int) -> bytes:
        """See `FileSystem.read_part`."""
        with self._guard:
            return self._file(path).data[offset : offset + size]

    def info(self, path: str) -> Info | None:
        """See `FileSystem.info`."""
        with self._guard:
            if path not in self._nodes:
                self._refuse_below_a_file(path)
                return None
            file = self._nodes[path]
        if file is None:
            return Info("directory", self._owner, 0o700)
        return Info("file", self._owner, 0o600, len(file.data))

    def names(self, path: str) -> list[str]:
        """See `FileSystem.names`."""
        with self._guard:
            if path not in self._nodes:
                _fail(errno.ENOENT, path)
            if self._nodes[path] is not None:
                _fail(errno.ENOTDIR, path)
            start = path + "/"
            return [key[len(start) :] for key in self._nodes if key.startswith(start) and "/" not in key[len(start) :]]

    def names_at(self, path: str) -> list[str]:
        """See `FileSystem.names_at`."""
        return self.names(path)

    def make_directory(self, path: str) -> None:
        """See `FileSystem.make_directory`."""
        with self._guard:
            self._parent(path)
            if path in self._nodes:
                _fail(errno.EEXIST, path)
            self._nodes[path] = None

    def remove_directory(self, path: str) -> None:
        """See `FileSystem.remove_directory`."""
        with self._guard:
            if self.names(path):
                _fail(errno.ENOTEMPTY, path)
            del self._nodes[path]

    def link(self, source: str, target: str) -> None:
        """See `FileSystem.link`."""
        with self._guard:
            file = self._file(source)
            self._parent(target)
            if target in self._nodes:
                _fail(errno.EEXIST, target)
            self._nodes[target] = file

    def rename(self, source: str, target: str) -> None:
        """See `FileSystem.rename`."""
        with self._guard:
            file = self._file(source)
            self._parent(target)
            if target in self._nodes and self._nodes[target] is None:
                _fail(errno.EISDIR, target)
            del self._nodes[source]
            self._nodes[target] = file

    def rename_new(self, source: str, target: str) -> None:
        """See `FileSystem.rename_new`."""
        with self._guard:
            if target in self._nodes:
                self._file(source)
                _fail(errno.EEXIST, target)
            self.rename(source, target)

    def exchange(self, one: str, other: str) -> None:
        """See `FileSystem.exchange`."""
        with self._guard:
            for path in (one, other):
                self.names(path)
            moved: dict[str, _File | None] = {}
            for old, new in ((one, other), (other, one)):
                inside = [key for key in self._nodes if key.startswith(f"{old}/")]
                moved |= {new + key[len(old) :]: self._nodes[key] for key in inside}
            for key in [key for key in self._nodes if key.startswith((f"{one}/", f"{other}/"))]:
                del self._nodes[key]
            self._nodes |= moved

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
                raise TimeoutError(errno.ETIMEDOUT, f"another thread holds the lock after {timeout} s", path)
            holders.append(exclusive)
        try:
            yield True
        finally:
            with self._guard:
                holders.remove(exclusive)
