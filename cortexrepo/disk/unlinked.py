"""Directories that are opened by their absolute paths without a link on the way.

A path that was looked at may be another one a moment later: whoever owns a directory on the way can put a link into the
place of the next one. Here such a link is an error. The descriptor stays the directory that was opened, whatever takes
its place.
"""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from functools import cache

from cortexrepo.disk.straight import ANYWHERE, MISSING, UNSURE, Straight

_STEP = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
_LINK = "a symbolic link is in the place of a directory, and no link is followed here"
_HERE = -100
"""AT_FDCWD."""


def open_directory(path: str, flags: int = os.O_PATH) -> int:
    """Returns a descriptor of a directory, which the caller closes.

    Args:
        path: An absolute path without `..`.
        flags: `O_RDONLY` to list it, to sync it or to change its mode; `O_PATH` to work with the names in it.

    Raises:
        OSError: It cannot be opened; ELOOP names the first link on the way.
    """
    found = _straight(flags | os.O_DIRECTORY).open(_HERE, path)
    if found >= 0:
        return found
    if found in UNSURE:
        return walk(path, flags)[0]
    raise OSError(-found, os.strerror(-found), path)


def look(path: str) -> os.stat_result | None:
    """Returns what lstat(2) says of a path, to which no link leads; None where nothing is. Raises as `open_directory`.

    What is at the end may be a link itself.
    """
    found = _straight(_STEP).open(_HERE, path)
    if found in MISSING:
        return None
    if found in UNSURE:
        return _look_from_above(path)
    if found < 0:
        raise OSError(-found, os.strerror(-found), path)
    try:
        return os.fstat(found)
    finally:
        os.close(found)


def _look_from_above(path: str) -> os.stat_result | None:
    parent, name = posixpath.split(path)
    try:
        above = open_directory(parent)
        try:
            return os.stat(name or ".", dir_fd=above, follow_symlinks=False)
        finally:
            os.close(above)
    except (FileNotFoundError, NotADirectoryError):
        return None


def walk(path: str, flags: int = os.O_PATH) -> tuple[int, list[os.stat_result]]:
    """Returns the same as `open_directory`, and what is known of every directory from the root on, the last one too."""
    here, at = "", os.open("/", _STEP)
    passed = [os.fstat(at)]
    try:
        for name in path.split("/"):
            if name:
                here = f"{here}/{name}"
                above, at = at, _step(at, name, here)
                os.close(above)
                passed.append(os.fstat(at))
                if stat.S_ISLNK(passed[-1].st_mode):
                    raise OSError(errno.ELOOP, _LINK, here)
        try:
            return os.open(".", flags | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=at), passed
        except OSError as error:
            raise OSError(error.errno, error.strerror, path) from None
    finally:
        os.close(at)


def _step(at: int, name: str, path: str) -> int:
    try:
        return os.open(name, _STEP, dir_fd=at)
    except OSError as error:
        raise OSError(error.errno, error.strerror, path) from None


@cache
def _straight(flags: int) -> Straight:
    return Straight(flags, ANYWHERE)
