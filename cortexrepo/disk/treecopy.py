"""A directory gets a copy of all that is in it; each directory is opened without a link on the way."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

from cortexrepo.disk.copying import Spot, copy, dress
from cortexrepo.disk.unlinked import open_directory

if TYPE_CHECKING:
    from collections.abc import Container


def copy_tree(source: str, target: str, without: Container[str] = ()) -> None:
    """Copies a directory. Links are copied as links, and every copy is this user's.

    Args:
        source: An absolute path; so is `target`.
        target: A free name in a directory that nobody else can write to.
        without: Names in `source` itself that are left out.

    Raises:
        OSError: Something cannot be copied, is neither a file, a link nor a directory, or a link is on the way.
    """
    made: list[str] = []
    waiting = [""]
    while waiting:
        inner = waiting.pop()
        made.append(inner)
        names = _copy_level(source + inner, target + inner, without if not inner else ())
        waiting += [f"{inner}/{name}" for name in names]
    for inner in reversed(made):
        _dress(source + inner, target + inner)


def _copy_level(source: str, target: str, without: Container[str]) -> list[str]:
    """Copies what is in one directory, but no directory; returns the names of those."""
    os.mkdir(target, 0o700)
    directory = open_directory(source, os.O_RDONLY)
    try:
        place = open_directory(target)
        try:
            names = [name for name in os.listdir(directory) if name not in without]
            return [name for name in names if _copy_one(Spot(directory, name), Spot(place, name), source)]
        finally:
            os.close(place)
    finally:
        os.close(directory)


def _copy_one(source: Spot, target: Spot, directory: str) -> bool:
    """Copies a file or link; returns whether it is a directory instead, which is not copied."""
    kind = stat.S_IFMT(source.about().st_mode)
    if kind == stat.S_IFDIR:
        return True
    if kind not in {stat.S_IFREG, stat.S_IFLNK}:
        raise OSError(errno.EINVAL, "the path is not a file, a link or a directory", f"{directory}/{source.name}")
    made = copy(source, target, owned=False)
    if made is not None:
        os.close(made)
    return False


def _dress(source: str, target: str) -> None:
    old = open_directory(source, os.O_RDONLY)
    try:
        new = open_directory(target, os.O_RDONLY)
        try:
            dress(old, new)
        finally:
            os.close(new)
    finally:
        os.close(old)
