"""The seam between a restore and the files that it moves: one method is one or a few system calls."""

from __future__ import annotations

import filecmp
import os
import shutil
import stat
from typing import NamedTuple, Protocol

from cortexrepo.disk.filesystem import read_bounded
from cortexrepo.errors import RestoreError

FILE = "file"
LINK = "link"
DIRECTORY = "directory"
OTHER = "other"
"""What `Tree.kind` answers where something is that is none of the others: a device, a FIFO, a socket."""


class Details(NamedTuple):
    """What a directory has besides its names."""

    mode: int
    owner: int
    group: int


class Tree(Protocol):
    """The files of an environment. Every method raises OSError when it fails; paths are absolute.

    Of a method that changes something nothing or all is done when the process is killed, except `copy` and `write`,
    which may leave a part of the new file.
    """

    def kind(self, path: str) -> str:
        """Returns what is at `path`, links not followed, or an empty string where nothing is."""
        ...

    def names(self, path: str) -> list[str]:
        """Returns the names in a directory, in no order."""
        ...

    def same(self, one: str, other: str) -> bool:
        """Returns whether two files have the same content, or two links the same target."""
        ...

    def rename(self, source: str, target: str) -> None:
        """Moves a file or link onto a name, replacing what has it; OSError(EXDEV) on another file system."""
        ...

    def copy(self, source: str, target: str) -> None:
        """Makes a new file or link with content, mode, times and owner of `source`, durable when it returns."""
        ...

    def unlink(self, path: str) -> None:
        """Takes a name away."""
        ...

    def make_directory(self, path: str) -> None:
        """Makes a directory, with the mode that the umask gives it."""
        ...

    def remove_directory(self, path: str) -> None:
        """Removes an empty directory; OSError(ENOTEMPTY) for any other."""
        ...

    def details(self, path: str) -> Details:
        """Returns a directory's mode and owners."""
        ...

    def set_details(self, path: str, details: Details) -> None:
        """Gives a directory mode and owners."""
        ...

    def sync_directory(self, path: str) -> None:
        """Makes the names in a directory durable."""
        ...

    def write(self, path: str, data: bytes) -> None:
        """Makes a new file (mode 0600) with `data`, durable when it returns."""
        ...

    def read(self, path: str, limit: int) -> bytes:
        """Returns a regular file's content, no link followed; OSError(EFBIG) beyond `limit` bytes."""
        ...


class RealTree:
    """The disk."""

    def kind(self, path: str) -> str:
        """See `Tree.kind`."""
        try:
            mode = os.lstat(path).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return ""
        if stat.S_ISREG(mode):
            return FILE
        return LINK if stat.S_ISLNK(mode) else DIRECTORY if stat.S_ISDIR(mode) else OTHER

    def names(self, path: str) -> list[str]:
        """See `Tree.names`."""
        return os.listdir(path)

    def same(self, one: str, other: str) -> bool:
        """See `Tree.same`."""
        kinds = {self.kind(one), self.kind(other)}
        if kinds == {LINK}:
            return os.readlink(one) == os.readlink(other)
        return kinds == {FILE} and filecmp.cmp(one, other, shallow=False)

    def rename(self, source: str, target: str) -> None:
        """See `Tree.rename`."""
        os.rename(source, target)  # noqa: TID251 -- moving is what this seam is for; `moving` looks before

    def copy(self, source: str, target: str) -> None:
        """See `Tree.copy`."""
        if os.path.islink(source):
            os.symlink(os.readlink(source), target)
        else:
            shutil.copyfile(source, target, follow_symlinks=False)
        found = os.lstat(source)
        if (found.st_uid, found.st_gid) != (os.lstat(target).st_uid, os.lstat(target).st_gid):
            os.chown(target, found.st_uid, found.st_gid, follow_symlinks=False)
        shutil.copystat(source, target, follow_symlinks=False)
        if not os.path.islink(target):
            sync(target)

    def unlink(self, path: str) -> None:
        """See `Tree.unlink`."""
        os.unlink(path)

    def make_directory(self, path: str) -> None:
        """See `Tree.make_directory`."""
        os.mkdir(path)

    def remove_directory(self, path: str) -> None:
        """See `Tree.remove_directory`."""
        os.rmdir(path)

    def details(self, path: str) -> Details:
        """See `Tree.details`."""
        found = os.lstat(path)
        return Details(stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid)

    def set_details(self, path: str, details: Details) -> None:
        """See `Tree.set_details`."""
        if self.details(path)[1:] != details[1:]:
            os.chown(path, details.owner, details.group, follow_symlinks=False)
        os.chmod(path, details.mode)

    def sync_directory(self, path: str) -> None:
        """See `Tree.sync_directory`."""
        sync(path, os.O_DIRECTORY)

    def write(self, path: str, data: bytes) -> None:
        """See `Tree.write`."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)

    def read(self, path: str, limit: int) -> bytes:
        """See `Tree.read`."""
        return read_bounded(path, limit)


def failure(error: OSError) -> RestoreError:
    """Returns what is said when one of the calls failed: each leaves a state to go on from."""
    name = error.filename2 or error.filename or "a file"
    hint = "no file is lost: remove the cause, then `cortex snapshot restore --resume`"
    return RestoreError(f"{name}: {error.strerror}", hint=hint)


def sync(path: str, flags: int = 0) -> None:
    """Makes the content of a file durable, or the names in a directory; raises OSError. No link is followed."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
