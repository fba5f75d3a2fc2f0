"""File systems that fail, and some that cannot link: the disk at its worst, under any store."""

from __future__ import annotations

import contextlib
import errno
import os
from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cortexrepo.disk.filesystem import FileSystem, Info

T = TypeVar("T")


class Fault(NamedTuple):
    """Call number `at` fails with `error`, before or after it took effect; where `sticky`, so do all later ones."""

    at: int
    error: int = errno.EIO
    after: bool = False
    sticky: bool = False


class FaultyFileSystem:
    """Passes every call on, counts it, and fails the one that the fault names."""

    def __init__(self, files: FileSystem) -> None:
        self._files = files
        self._fault: Fault | None = None
        self.calls: list[str] = []

    def arm(self, fault: Fault | None) -> None:
        """Puts a fault at a call from here on, the next one being 0; None takes it away."""
        self._fault = fault
        self.calls = []

    def _do(self, name: str, path: str, call: Callable[[], T]) -> T:
        number = len(self.calls)
        self.calls.append(f"{name} {path.rpartition('/')[0].rpartition('/')[2]}")
        fault = self._fault
        if fault is None or number < fault.at or (number > fault.at and not fault.sticky):
            return call()
        if fault.after:
            call()
        raise OSError(fault.error, os.strerror(fault.error), path)

    def write_new(self, path: str, data: bytes) -> None:
        self._do("write_new", path, lambda: self._files.write_new(path, data))

    def write_held(self, path: str, data: bytes) -> int:
        return self._do("write_held", path, lambda: self._files.write_held(path, data))

    def write_pieces(self, path: str, pieces: Iterable[bytes]) -> int:
        return self._do("write_pieces", path, lambda: self._files.write_pieces(path, pieces))

    def release(self, held: int) -> None:
        self._do("release", "", lambda: self._files.release(held))

    def abandoned(self, path: str) -> bool:
        return self._do("abandoned", path, lambda: self._files.abandoned(path))

    def remove_directory(self, path: str) -> None:
        self._do("remove_directory", path, lambda: self._files.remove_directory(path))

    def read(self, path: str, limit: int) -> bytes:
        return self._do("read", path, lambda: self._files.read(path, limit))

    def read_part(self, path: str, offset: int, size: int) -> bytes:
        return self._do("read_part", path, lambda: self._files.read_part(path, offset, size))

    def info(self, path: str) -> Info | None:
        return self._do("info", path, lambda: self._files.info(path))

    def names(self, path: str) -> list[str]:
        return self._do("names", path, lambda: self._files.names(path))

    def names_at(self, path: str) -> list[str]:
        return self._do("names_at", path, lambda: self._files.names_at(path))

    def exchange(self, one: str, other: str) -> None:
        self._do("exchange", one, lambda: self._files.exchange(one, other))

    def make_directory(self, path: str) -> None:
        self._do("make_directory", path, lambda: self._files.make_directory(path))

    def link(self, source: str, target: str) -> None:
        self._do("link", target, lambda: self._files.link(source, target))

    def rename(self, source: str, target: str) -> None:
        self._do("rename", target, lambda: self._files.rename(source, target))

    def rename_new(self, source: str, target: str) -> None:
        self._do("rename_new", target, lambda: self._files.rename_new(source, target))

    def unlink(self, path: str) -> None:
        self._do("unlink", path, lambda: self._files.unlink(path))

    def sync_directory(self, path: str) -> None:
        self._do("sync_directory", path + "/", lambda: self._files.sync_directory(path))

    @contextlib.contextmanager
    def lock(self, path: str, *, exclusive: bool, timeout: float) -> Iterator[bool]:
        self._do("lock", path, lambda: None)
        with self._files.lock(path, exclusive=exclusive, timeout=timeout) as held:
            yield held


class Refusing(FaultyFileSystem):
    """Refuses every call of the methods that are named, each with its error, as often as it is told to."""

    def __init__(self, files: FileSystem, *, times: int = 1 << 20, **errors: int) -> None:
        super().__init__(files)
        self.errors = errors
        self._times = times

    def _do(self, name: str, path: str, call: Callable[[], T]) -> T:
        self.calls.append(f"{name} {path}")
        if name in self.errors and self._times:
            self._times -= 1
            raise OSError(self.errors[name], os.strerror(self.errors[name]), path)
        return call()


class WithoutLinks(FaultyFileSystem):
    """A file system without hard links, as FAT and some network shares are; perhaps without RENAME_NOREPLACE too."""

    def __init__(self, files: FileSystem, *, rename: bool = True) -> None:
        super().__init__(files)
        self._can_rename = rename

    def link(self, source: str, target: str) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM), target)

    def rename_new(self, source: str, target: str) -> None:
        if not self._can_rename:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), target)
        super().rename_new(source, target)
