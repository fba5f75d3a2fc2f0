"""Removing a directory that another user has filled, and may be filling still: no depth and no link is a danger."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DEADLINE = 60.0
"""So many seconds a removal may take. A larger value would let a user who keeps making files stop root for longer."""
_ATTEMPTS = 3
_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(path: str, clock: Callable[[], float] = time.monotonic, deadline: float = DEADLINE) -> bool:
    """Removes a directory with everything in it, and returns whether nothing is left at the path.

    No link is followed: each directory is opened below its parent. However deep the directories are nested, two of them
    are open at a time: those that are in another one move up to the top. What cannot be removed stays, and nothing is
    raised.
    """
    end = clock() + deadline
    try:
        top = os.open(path, _OPEN)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    with suppress(OSError):
        if os.geteuid() == 0:
            # From here on nobody else comes in by its name.
            os.fchown(top, 0, 0)
        os.fchmod(top, 0o700)
    try:
        while _level(top, lambda: clock() < end):
            pass
    finally:
        os.close(top)
    with suppress(OSError):
        os.rmdir(path)
    return not os.path.lexists(path)


def removed(path: str) -> bool:
    """Removes a directory as `remove_tree` does, in three attempts; returns whether nothing is left at the path.

    A program that outlives its parent may make a file there meanwhile.
    """
    return any(remove_tree(path) for _ in range(_ATTEMPTS))


def _level(top: int, may_go_on: Callable[[], bool]) -> bool:
    """Removes the files in a directory, and one level of each directory in it; returns whether that was anything."""
    is_less = False
    for name in _names(top):
        if not may_go_on():
            return False
        is_less = _entry(top, name) or is_less
    return is_less


def _entry(top: int, name: str) -> bool:
    """Removes one entry, or a level of it; returns whether anything was removed."""
    try:
        os.unlink(name, dir_fd=top)
    except (IsADirectoryError, PermissionError):
        pass
    except OSError:
        return False
    else:
        return True
    try:
        inner = os.open(name, _OPEN, dir_fd=top)
    except OSError:
        return False
    try:
        for one in _names(inner):
            _up(inner, one, top)
    finally:
        os.close(inner)
    with suppress(OSError):
        os.rmdir(name, dir_fd=top)
        return True
    return False


def _up(inner: int, name: str, top: int) -> None:
    """Removes a file, or moves a directory up to a name that nobody has."""
    try:
        os.unlink(name, dir_fd=inner)
    except (IsADirectoryError, PermissionError):
        with suppress(OSError):
            os.rename(name, f".{os.urandom(16).hex()}", src_dir_fd=inner, dst_dir_fd=top)  # noqa: TID251 -- to be removed
    except OSError:
        pass


def _names(directory: int) -> list[str]:
    with suppress(OSError):
        return os.listdir(directory)
    return []
