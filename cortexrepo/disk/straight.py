"""Opening without following any link: openat2(2), which Python does not have."""

from __future__ import annotations

import ctypes
import errno
import os

from cortexrepo.library import LIBRARY

_NUMBER = 437
"""The same on every architecture but alpha, which says ENOSYS."""
_NO_XDEV, _NO_MAGICLINKS, _NO_SYMLINKS, _BENEATH = 0x01, 0x02, 0x04, 0x08
_SIZE = 24
_HOW = ctypes.c_uint64 * 3
"""Made here, and not by each process that was just forked: to make a type is dear."""
_CALL = LIBRARY.syscall
_CALL.restype = ctypes.c_long

BELOW = _NO_XDEV | _NO_MAGICLINKS | _NO_SYMLINKS | _BENEATH
"""Below an open directory and on its file system."""
ANYWHERE = _NO_MAGICLINKS | _NO_SYMLINKS
"""Any path, also an absolute one, onto any file system."""

MISSING = frozenset({-errno.ENOENT, -errno.ENOTDIR})
"""What says that nothing is there: no link either."""
UNSURE = frozenset(
    {-errno.ELOOP, -errno.EXDEV, -errno.ENOSYS, -errno.EPERM, -errno.EAGAIN, -errno.EINVAL, -errno.E2BIG, -errno.ENXIO}
)
"""What says that the path has to be walked: there is a link or another file system, or the kernel has no openat2."""


class Straight:
    """Opens files for one set of flags. No link on the way is followed."""

    def __init__(self, flags: int, resolve: int = BELOW) -> None:
        """Takes the flags of open(2), and where the files are: `BELOW` or `ANYWHERE`."""
        self._how = _HOW(flags | os.O_CLOEXEC, 0, resolve)
        self._number, self._size = ctypes.c_long(_NUMBER), ctypes.c_size_t(_SIZE)

    def open(self, directory: int, path: str) -> int:
        """Returns a descriptor of what is at a path, seen from an open directory.

        An error is its number, negative, and no exception: most of what is asked for is not there.
        """
        if "\0" in path:
            return -errno.ENOENT
        found: int = _CALL(self._number, directory, os.fsencode(path), self._how, self._size)
        return found if found >= 0 else -ctypes.get_errno()
