"""The seam between a restore and the files that it moves: one method is one or a few system calls."""

from __future__ import annotations

import os
from typing import NamedTuple, Protocol

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
    """The files of an environment. Every method raises OSError when it fails; paths are absolute, and have no `..`.

    A link is never followed: at the end of a path it is the link itself that is meant, on the way it is OSError(ELOOP).

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
        """Makes a new file with content, mode, times and owner of `source`, or a new link; a file is durable then."""
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
        """Gives a directory that `make_directory` has made the mode and owners that it had before.

        Where somebody else could have put another directory in its place, one that looks otherwise is left as it is.
        """
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
