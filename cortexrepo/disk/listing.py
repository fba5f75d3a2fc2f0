"""Listing a directory in whose place another one may come."""

from __future__ import annotations

import os


def names_at(path: str) -> list[str]:
    """Returns the names in the directory that is at `path` once they are read; raises OSError."""
    while True:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            names = os.listdir(descriptor)
            # While it is open no other directory gets its number.
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return names
        finally:
            os.close(descriptor)
