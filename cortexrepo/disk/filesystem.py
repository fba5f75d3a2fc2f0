"""The seam between the store and the disk: one method is one or a few system calls, nothing is cached.

`RealFileSystem` is the disk; `cortexrepo.disk.memory` is its twin. Tests can fail, stop or reorder each method.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from typing import TYPE_CHECKING

from cortexrepo.disk.listing import names_at
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from typing import Protocol

    class FileSystem(Protocol):
        """What the store needs of a file system. Every method raises OSError when it fails; paths are absolute."""

        def write_new(self, path: str, data: bytes) -> None:
            """Makes a new file (mode 0600) with `data`, durable when it returns. FileExistsError: the name is taken."""
            ...

        def write_held(self, path: str, data: bytes) -> int:
            """As `write_new`; the file stays locked until `release` of what is returned, or the process ends."""
            ...

        def write_pieces(self, path: str, pieces: Iterable[bytes]) -> int:
            """As `write_held`, a piece at a time. Whatever `pieces` raises is raised, and the file is not there."""
            ...

        def release(self, held: int) -> None:
            """Ends the hold that `write_held` or `write_pieces` gave."""
            ...

        def abandoned(self, path: str) -> bool:
            """Returns whether nobody holds a file that was made held; False where that cannot be told.

            Raises FileNotFoundError when it is not there.
            """
            ...

        def read(self, path: str, limit: int) -> bytes:
            """Returns a regular file's content, no link followed; OSError(EFBIG) beyond `limit` bytes."""
            ...

        def read_part(self, path: str, offset: int, size: int) -> bytes:
            """Returns at most `size` bytes of a regular file from `offset`, less only at its end; follows no link."""
            ...

        def info(self, path: str) -> Info | None:
            """Returns what is at `path`, or None."""
            ...

        def names(self, path: str) -> list[str]:
            """Returns the names in a directory, in no order."""
            ...

        def names_at(self, path: str) -> list[str]:
            """As `names`, of the directory that is at `path` in the end, should another take its place meanwhile."""
            ...

        def make_directory(self, path: str) -> None:
            """Makes a directory (mode 0700)."""
            ...

        def remove_directory(self, path: str) -> None:
            """Removes an empty directory."""
            ...

        def link(self, source: str, target: str) -> None:
            """Gives a file a second name, at once; FileExistsError: it is taken; FileNotFoundError: no `source`."""
            ...

        def rename(self, source: str, target: str) -> None:
            """Moves a file onto a name, replacing what has it, at once."""
            ...

        def rename_new(self, source: str, target: str) -> None:
            """Moves a file onto a free name, at once; errors as `link`. OSError(EINVAL) where it cannot be done."""
            ...

        def exchange(self, one: str, other: str) -> None:
            """Has two directories change places, at once. OSError(EINVAL) or the like where it cannot be done."""
            ...

        def unlink(self, path: str) -> None:
            """Takes a name away."""
            ...

        def sync_directory(self, path: str) -> None:
            """Makes the names in a directory durable."""
            ...

        def lock(self, path: str, *, exclusive: bool, timeout: float) -> AbstractContextManager[bool]:
            """Holds the lock file at `path`; yields False where none can be held (read-only, or no lock file to open).

            Raises TimeoutError when another holds it for longer than `timeout` seconds.
            """
            ...


class Info(NamedTuple):
    """What is at a path, links not followed: `kind` is `file`, `directory` or `other`, `size` a file's bytes."""

    kind: str
    owner: int
    mode: int
    size: int = 0


_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL})


def open_regular(path: str, *, place: int | None = None) -> tuple[int, os.stat_result]:
    """Returns a descriptor of a regular file, which the caller closes, and what is known of the file; never waits.

    Args:
        path: The file. A link in its last part is not followed.
        place: An open directory that the path begins in.

    Raises:
        OSError: It cannot be opened; EINVAL where it is no regular file.
    """
    descriptor = os.open(path, _READ, dir_fd=place)
    try:
        return descriptor, _regular(descriptor, path)
    except BaseException:
        os.close(descriptor)
        raise


def _regular(descriptor: int, path: str) -> os.stat_result:
    info = os.fstat(descriptor)
    if stat.S_ISREG(info.st_mode):
        return info
    raise OSError(errno.EINVAL, "the path is not a regular file", path)


def read_bounded(path: str, limit: int, *, place: int | None = None) -> bytes:
    """Returns a file's content, opened as `open_regular` does; OSError(EFBIG) beyond `limit` bytes."""
    descriptor, _ = open_regular(path, place=place)
    try:
        parts, size = [], 0
        while size <= limit and (part := os.read(descriptor, min(1 << 20, limit + 1 - size))):
            parts.append(part)
            size += len(part)
    finally:
        os.close(descriptor)
    if size > limit:
        raise OSError(errno.EFBIG, f"the file is larger than the {limit} bytes that are allowed", path)
    return b"".join(parts)


class RealFileSystem:
    """The disk."""

    def write_new(self, path: str, data: bytes) -> None:
        """See `FileSystem.write_new`."""
        os.close(self._write(path, (data,), hold=False))

    def write_held(self, path: str, data: bytes) -> int:
        """See `FileSystem.write_held`."""
        return self._write(path, (data,), hold=True)

    def write_pieces(self, path: str, pieces: Iterable[bytes]) -> int:
        """See `FileSystem.write_pieces`."""
        return self._write(path, pieces, hold=True)

    def _write(self, path: str, pieces: Iterable[bytes], *, hold: bool) -> int:
        descriptor = os.open(path, _NEW, 0o600)
        try:
            if hold:
                # The lock dies with the process, whatever kills it: that is how a gc knows a pin's owner is gone.
                # Without locks a gc may take this writer for dead; then publishing fails, and it starts again.
                _flock(descriptor, fcntl.LOCK_EX)
            for piece in pieces:
                rest = memoryview(piece)
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            # After a failed fsync the pages count as clean, so it is never tried twice: the file is given up.
            os.fsync(descriptor)
        except BaseException:
            os.close(descriptor)
            with contextlib.suppress(OSError):
                os.unlink(path)
            raise
        return descriptor

    def release(self, held: int) -> None:
        """See `FileSystem.release`."""
        os.close(held)

    def abandoned(self, path: str) -> bool:
        """See `FileSystem.abandoned`."""
        descriptor = os.open(path, _READ)
        try:
            return _flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)

    def read(self, path: str, limit: int) -> bytes:
        """See `FileSystem.read`."""
        return read_bounded(path, limit)

    def read_part(self, path: str, offset: int, size: int) -> bytes:
        """See `FileSystem.read_part`."""
        descriptor, _ = open_regular(path)
        try:
            parts, rest = [], size
            while rest and (part := os.pread(descriptor, rest, offset + size - rest)):
                parts.append(part)
                rest -= len(part)
        finally:
            os.close(descriptor)
        return b"".join(parts)

    def info(self, path: str) -> Info | None:
        """See `FileSystem.info`."""
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            return None
        kind = "directory" if stat.S_ISDIR(found.st_mode) else "file" if stat.S_ISREG(found.st_mode) else "other"
        return Info(kind, found.st_uid, stat.S_IMODE(found.st_mode), found.st_size)

    def names(self, path: str) -> list[str]:
        """See `FileSystem.names`."""
        return os.listdir(path)

    names_at = staticmethod(names_at)

    def make_directory(self, path: str) -> None:
        """See `FileSystem.make_directory`."""
        os.mkdir(path, 0o700)

    def remove_directory(self, path: str) -> None:
        """See `FileSystem.remove_directory`."""
        os.rmdir(path)

    def link(self, source: str, target: str) -> None:
        """See `FileSystem.link`."""
        os.link(source, target, follow_symlinks=False)

    def rename(self, source: str, target: str) -> None:
        """See `FileSystem.rename`."""
        os.rename(source, target)  # noqa: TID251 -- the one place: behind the seam

    def rename_new(self, source: str, target: str) -> None:
        """See `FileSystem.rename_new`."""
        from cortexrepo.disk.renaming import NOREPLACE, renameat2  # few need it

        renameat2(source, target, NOREPLACE)

    def exchange(self, one: str, other: str) -> None:
        """See `FileSystem.exchange`."""
        from cortexrepo.disk.renaming import EXCHANGE, renameat2

        renameat2(one, other, EXCHANGE)

    def unlink(self, path: str) -> None:
        """See `FileSystem.unlink`."""
        os.unlink(path)

    def sync_directory(self, path: str) -> None:
        """See `FileSystem.sync_directory`."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lock(self, path: str, *, exclusive: bool, timeout: float) -> AbstractContextManager[bool]:
        """See `FileSystem.lock`."""
        from cortexrepo.disk.lock import hold  # portalocker costs more to import than a whole create

        return hold(path, exclusive=exclusive, timeout=timeout)


def _flock(descriptor: int, operation: int) -> bool:
    """Locks an open file; False where the file system has no locks; raises BlockingIOError when another holds it."""
    try:
        fcntl.flock(descriptor, operation)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True
