"""The directory of the old tool, read without changing it: `NAME/metadata.json` for each snapshot."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from cortexrepo.disk.filesystem import read_bounded
from cortexrepo.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FILE = "metadata.json"
LOCK = ".snapshots.lock"
"""The old tool's lock, which is not looked at: nothing here is ever written in place."""
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def names(directory: str) -> list[str]:
    """Returns every name in the directory, sorted, except the old tool's lock; raises RequestError."""
    try:
        return sorted(name for name in os.listdir(directory) if name != LOCK)
    except OSError as error:
        raise RequestError(
            f"cannot read {directory}: {error.strerror}",
            hint="name the directory that the old tool kept its snapshots in",
        ) from error


def entries(directory: str, found: Sequence[str], limit: int) -> Iterator[tuple[str, bytes | str]]:
    """Yields each of these names with the content of its `metadata.json`, or why there is none.

    No link in the directory is followed, nothing is written, and of no file more than `limit` bytes and one are read.

    Raises:
        OSError: The directory itself cannot be opened any more.
    """
    place = os.open(directory, _DIRECTORY)
    try:
        for name in found:
            yield name, _content(place, name, limit)
    finally:
        os.close(place)


def _content(place: int, name: str, limit: int) -> bytes | str:
    try:
        folder = os.open(name, _DIRECTORY | os.O_NOFOLLOW, dir_fd=place)
    except OSError as error:
        is_other = error.errno in {errno.ENOTDIR, errno.ELOOP}
        return "not a snapshot: it is a file or a link" if is_other else f"it cannot be read: {error.strerror}"
    try:
        return _read(folder, limit)
    except FileNotFoundError:
        return _without(os.listdir(folder))
    except OSError as error:
        return f"{FILE} is a link" if error.errno == errno.ELOOP else f"{FILE} cannot be read: {error.strerror}"
    finally:
        os.close(folder)


def _read(folder: int, limit: int) -> bytes | str:
    try:
        return read_bounded(FILE, limit, place=folder)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return f"{FILE} is not a file"
        if error.errno == errno.EFBIG:
            return f"{FILE} is larger than {limit >> 20} MiB"
        raise


def _without(names: list[str]) -> str:
    """Returns what a directory without `metadata.json` is."""
    if not names:
        return "the directory is empty: its creation was interrupted"
    if "metadata.tmp" in names:
        return "its creation was interrupted: the directory has only metadata.tmp"
    if {"HEAD", "objects"} <= set(names):
        return "not a snapshot: it is a git repository"
    return f"not a snapshot: it has no {FILE}"
