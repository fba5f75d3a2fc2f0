"""Since when a directory has been there."""

from __future__ import annotations

import os
import sys

_BIRTH = 0x800
_AT_CWD = -100
_NO_FOLLOW = 0x100
_SIZE = 256
_PLACE = 80
_ENTRIES = 10_000
"""So many entries of a directory are looked at: one that is older than the directory says is enough."""


def since(directory: str) -> int | None:
    """Returns a moment at which a directory was there already, in milliseconds since 1970; None where that is unknown.

    It is the moment when it was made, or when the oldest entry in it was last changed: in a file system of layers a
    directory is made anew when something in it is changed, and its entries are not. A moment cannot be set back by a
    program.
    """
    made = birth(directory)
    if made is None:
        return None
    found = [made]
    try:
        with os.scandir(directory) as entries:
            for _, entry in zip(range(_ENTRIES), entries, strict=False):
                found.append(entry.stat(follow_symlinks=False).st_ctime_ns // 1_000_000)
    except OSError:
        return None
    return min(found)


def birth(path: str) -> int | None:
    """Returns when a file or directory was made, in milliseconds since 1970; None where the disk does not say."""
    import ctypes  # dear, and hardly ever needed

    from cortexrepo.library import LIBRARY

    buffer = ctypes.create_string_buffer(_SIZE)
    try:
        statx = LIBRARY.statx
    except AttributeError:
        return None
    if statx(_AT_CWD, os.fsencode(path), _NO_FOLLOW, _BIRTH, buffer) != 0:
        return None
    raw = buffer.raw
    if not int.from_bytes(raw[:4], sys.byteorder) & _BIRTH:
        return None
    seconds = int.from_bytes(raw[_PLACE : _PLACE + 8], sys.byteorder, signed=True)
    return seconds * 1000 + int.from_bytes(raw[_PLACE + 8 : _PLACE + 12], sys.byteorder) // 1_000_000
