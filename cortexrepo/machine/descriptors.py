"""What every machine on a file system does alike, once a path has led to a descriptor or to what `stat` says."""

from __future__ import annotations

import errno
import os
import stat
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from cortexrepo.machine.files import LIMIT, Entry

if TYPE_CHECKING:
    from cortexrepo.machine.scope import Scope

FILE = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
"""How files are opened: a FIFO does not block, a terminal does not become ours."""

# A path with a NUL or a lone surrogate is a ValueError: there can be nothing there.
GONE = (FileNotFoundError, NotADirectoryError, ValueError)
"""What says that a path is not there, as against one that may not be read."""

_NO_LINK = frozenset({errno.EINVAL, errno.ENOENT, errno.ENOTDIR})
"""What reading a link says of something that is none."""

_STEP = 1 << 20
_KERNELS = ("proc", "sys", "dev")
"""Where the file systems are that the kernel makes up."""


class FileSystemReader(ABC):
    """The methods of `System` that follow from two: how to open a regular file, and what is at a path."""

    scope: Scope | None = None
    """See `System.scope`."""

    @abstractmethod
    def open_file(self, path: str) -> int:
        """Returns a descriptor of the regular file at `path`, links followed; raises what `GONE` lists, or OSError."""

    @abstractmethod
    def open_straight(self, path: str) -> int:
        """Returns a descriptor of the regular file at `path`, to which no link leads, at its end or on the way.

        What decides is the file that was opened: nobody can put a link in its place meanwhile. Nothing but a regular
        file is opened. Raises OSError, ELOOP where there is a link, and what `GONE` lists.
        """

    def pause(self) -> None:  # noqa: B027 -- most have nothing to say
        """Is called between two pieces of a file that is read in pieces; what it raises ends the reading."""

    @abstractmethod
    def status(self, path: str) -> os.stat_result:
        """Returns what `stat` says of `path`, links followed; raises what `GONE` lists, or OSError."""

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        """See `System.read`."""
        try:
            descriptor = self.open_file(path)
        except GONE:
            return None
        try:
            return content(descriptor, path, limit, whole=True)
        finally:
            os.close(descriptor)

    def head(self, path: str, size: int) -> bytes | None:
        """See `System.head`."""
        try:
            descriptor = self.open_file(path)
        except GONE:
            return None
        try:
            return content(descriptor, path, size, whole=False)
        finally:
            os.close(descriptor)

    def exists(self, path: str) -> bool:
        """See `System.exists`."""
        return self._status(path) is not None

    def is_directory(self, path: str) -> bool:
        """See `System.is_directory`."""
        found = self._status(path)
        return found is not None and stat.S_ISDIR(found.st_mode)

    def owner(self, path: str) -> int | None:
        """See `System.owner`."""
        found = self._status(path)
        return None if found is None else found.st_uid

    def stamp(self, path: str) -> tuple[int, int, int, int] | None:
        """See `System.stamp`."""
        found = self._status(path)
        return None if found is None else (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)

    def _status(self, path: str) -> os.stat_result | None:
        try:
            return self.status(path)
        except GONE:
            return None


def content(descriptor: int, path: str, limit: int, *, whole: bool, about: os.stat_result | None = None) -> bytes:
    """Returns what an open file holds; beyond `limit` bytes OSError(EFBIG) if `whole`, else only the first of them.

    Args:
        descriptor: The file.
        path: Its name in errors.
        limit: So many bytes.
        whole: Whether more of them is an error.
        about: What `fstat` says of it, where that was asked already.
    """
    info = about or os.fstat(descriptor)
    _require_file(info, path)
    want = limit + 1 if whole else limit
    if info.st_size < want or not whole:
        # One byte more than there should be, so that one read is enough for a file that is as large as it says.
        found = os.read(descriptor, min(info.st_size + 1, want))
        if len(found) == info.st_size > 0:
            return found
        # One of /proc, which does not say, or one that is being written.
        while len(found) < want and (more := os.read(descriptor, min(_STEP, want - len(found)))):
            found += more
        if not whole or len(found) < want:
            return found
    raise OSError(errno.EFBIG, f"the file is too large: at most {limit} bytes are read", path)


def _require_file(info: os.stat_result, path: str) -> None:
    if not stat.S_ISREG(info.st_mode):
        raise OSError(errno.EINVAL, "the path is not a regular file", path)


def reopened(found: int, flags: int, path: str) -> int:
    """Opens what an O_PATH descriptor stands for: nothing is looked up by name again, so that it cannot be swapped."""
    try:
        return os.open(f"/proc/self/fd/{found}", flags)
    except FileNotFoundError as error:
        # Never to be taken for a path that is not there.
        raise OSError(errno.ENODEV, "links cannot be followed safely without /proc", path) from error
    except OSError as error:
        error.filename = path
        raise


def opened_file(found: int, path: str) -> int:
    """As `reopened`, for a regular file only: opening a device may do something, and is never needed."""
    _require_file(os.fstat(found), path)
    return reopened(found, FILE, path)


def refuse_link(resolved: str, path: str) -> None:
    """Raises OSError(ELOOP) unless a path, all links resolved, is as it was written."""
    if resolved != os.path.normpath(path):
        raise OSError(errno.ELOOP, "the path contains a symbolic link", path)


def link_text(path: str, directory: int | None = None) -> str | None:
    """Returns what the link at `path` says, from an open directory on; None where there is none; raises OSError."""
    try:
        return os.readlink(path, dir_fd=directory)
    except OSError as error:
        if error.errno in _NO_LINK:
            return None
        raise
    except ValueError:
        return None


def entries(descriptor_or_path: int | str, most: int | None = None) -> list[Entry]:
    """Returns a directory's entries sorted by name; raises OSError, EFBIG where there are more than `most`."""
    found: list[Entry] = []
    with os.scandir(descriptor_or_path) as listing:
        for item in listing:
            if item.is_dir(follow_symlinks=False):
                kind = "directory"
            elif item.is_file(follow_symlinks=False):
                kind = "file"
            else:
                kind = "link" if item.is_symlink() else "other"
            found.append(Entry(item.name, kind))
            if most is not None and len(found) > most:
                raise OSError(errno.EFBIG, f"the directory has more than {most} names")
    found.sort()
    return found


def kernels_devices(root: int) -> frozenset[int]:
    """Returns the devices of the file systems that the kernel makes up, below an open root directory.

    They hold no packages, and reading some of their files does something.
    """
    found = set()
    for name in _KERNELS:
        try:
            found.add(os.stat(name, dir_fd=root, follow_symlinks=False).st_dev)
        except OSError:
            continue
    return frozenset(found - {os.fstat(root).st_dev})
