"""Listing a directory in whose place another one may come."""

from __future__ import annotations

import errno
import os


def names_at(path: str, most: int | None = None) -> list[str]:
    """Returns the names in the directory that is at `path` once they are read.

    Args:
        path: The directory.
        most: So many bytes the names may have, with one more for each.

    Raises:
        OSError: It cannot be read; EFBIG where the names have more bytes.
    """
    while True:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            names = os.listdir(descriptor) if most is None else _bounded(descriptor, most)
            # While it is open no other directory gets its number.
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return names
        finally:
            os.close(descriptor)


def _bounded(descriptor: int, most: int) -> list[str]:
    found: list[str] = []
    with os.scandir(descriptor) as entries:
        for entry in entries:
            found.append(entry.name)
            most -= len(os.fsencode(entry.name)) + 1
            if most < 0:
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
    return found
