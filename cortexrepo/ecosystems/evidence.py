"""Evidence: stamps of all that was read, to tell later whether any answer would differ.

Reading everything costs thousands of system calls; asking whether anything was touched costs hundreds. A stamp holds
device, inode, size and both times of a file or directory: what was changed, replaced, added or removed since has
another one, and ctime cannot be set back. A change in the last moment before the stamp was taken could share its time,
so a witness does not trust evidence with anything younger than its `SETTLED`.
"""

from __future__ import annotations

import os
import stat
from typing import cast

Stamp = tuple[int, ...]
Evidence = tuple[tuple[tuple[str, Stamp], ...], tuple[tuple[str, Stamp], ...]]
"""(path, content stamp) pairs and (path, identity stamp) pairs; an empty stamp: nothing was there."""


def holds(evidence: object) -> bool:
    """Returns whether every answer would be the same now; what is no evidence, because its file was damaged, is not."""
    try:
        content, identity = cast("Evidence", evidence)
        return all(content_stamp(path) == stamp for path, stamp in content) and all(
            identity_stamp(path) == stamp for path, stamp in identity
        )
    except (TypeError, ValueError):
        return False


def content_stamp(path: str) -> Stamp:
    """Returns what changes with any change of a file or directory, links followed; empty where there is nothing."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return ()
    return found.st_dev, found.st_ino, found.st_mode, found.st_uid, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def identity_stamp(path: str) -> Stamp:
    """Returns what changes when a name comes to mean something else, links not followed; empty for nothing."""
    try:
        found = os.lstat(path)
    except (OSError, ValueError):
        return ()
    # A link says the same for as long as it lives, but another may get its inode.
    return found.st_dev, found.st_ino, found.st_mode, found.st_ctime_ns if stat.S_ISLNK(found.st_mode) else 0
