"""Every file of a system, for the oracle of restores: type, mode, owner, content. No code of the product reads it."""

from __future__ import annotations

import hashlib
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VOLATILE = (
    "dev", "proc", "sys", "run", "tmp", "root", "srv", "opt/cortex", "var/log", "var/cache", "var/tmp", "var/backups",
    "var/lib/apt", "var/lib/cortex", "var/lib/dpkg",
)  # fmt: skip
"""What is not a package's: what the system keeps while it runs, apt's and dpkg's own files, and the product."""
_BLOCK = 1 << 20


class Entry(NamedTuple):
    """One file, directory or link: its type and mode, whose it is, and its content's digest or its target."""

    mode: int
    owner: tuple[int, int]
    content: str


def listing(root: Path) -> dict[str, Entry]:
    """Returns every file below a root directory by its path, except what is volatile and what Python compiled."""
    return {path: _entry(root / path) for path in _paths(root)}


def different(before: dict[str, Entry], after: dict[str, Entry]) -> list[str]:
    """Returns the paths at which two listings differ."""
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def _paths(root: Path) -> Iterator[str]:
    for directory, folders, files in os.walk(root):
        base = os.path.relpath(directory, root)
        prefix = "" if base == "." else f"{base}/"
        folders[:] = sorted(one for one in folders if f"{prefix}{one}" not in VOLATILE and one != "__pycache__")
        yield from (f"{prefix}{one}" for one in (*folders, *files))


def _entry(path: Path) -> Entry:
    about = path.lstat()
    if stat.S_ISLNK(about.st_mode):
        return Entry(stat.S_IFLNK, (about.st_uid, about.st_gid), os.readlink(path))
    content = ""
    if stat.S_ISREG(about.st_mode):
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
        content = digest.hexdigest()
    return Entry(about.st_mode, (about.st_uid, about.st_gid), content)
