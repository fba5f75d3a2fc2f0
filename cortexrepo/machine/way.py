"""A walk along a path: where it has come to."""

from __future__ import annotations

import errno
import os
import stat

_LINKS = 40


class Way:
    """Where a walk has come to: the resolved path, and a descriptor, its own or a borrowed one."""

    def __init__(self, path: str, at: int) -> None:
        """Begins at an open directory, which stays the caller's."""
        self.path = path
        self.at = at
        self._own = False

    def move(self, path: str, at: int, *, own: bool = False) -> None:
        """Goes to a place; `own` says that its descriptor is this walk's to close."""
        self.close()
        self.path, self.at, self._own = path, at, own

    def taken(self) -> int:
        """Returns a descriptor that is the caller's."""
        if not self._own:
            return os.dup(self.at)
        self._own = False
        return self.at

    def close(self) -> None:
        """Closes what is this walk's own."""
        if self._own:
            self._own = False
            os.close(self.at)


def refuse_loop(links: int, path: str) -> None:
    """Raises OSError(ELOOP) after too many links."""
    if links > _LINKS:
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


def require_directory(descriptor: int, path: str) -> None:
    """Raises NotADirectoryError where a walk would go on from something else."""
    if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
