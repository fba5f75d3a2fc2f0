"""Evidence: stamps of all that was read, to tell later whether any answer would differ.

Reading everything costs thousands of system calls; asking whether anything was touched costs hundreds. A stamp holds
device, inode, size and both times of a file or directory: what was changed, replaced, added or removed since has
another one, and ctime cannot be set back. A change in the last moment before the stamp was taken could share its time,
so a witness does not trust evidence with anything younger than its `SETTLED`.
"""

from __future__ import annotations

import os
from typing import cast

from cortexrepo.machine import stamped

Stamp = tuple[int, ...]
Answers = tuple[tuple[str, str], ...]
Evidence = tuple[tuple[tuple[str, Stamp], ...], Answers, Answers, tuple[bytes, ...]]
"""Paths with their stamps (an empty one: nothing is there), paths with what they resolve to, links with their text, and
the same as bytes of each user's process (`cortexrepo.machine.stamped`)."""


def holds(evidence: object) -> bool:
    """Returns whether every answer would be the same now; what is no evidence, because its file was damaged, is not."""
    try:
        stamps, resolved, links, theirs = cast("Evidence", evidence)
        return (
            all(content_stamp(path) == stamp for path, stamp in stamps)
            and all(real_path(path) == real for path, real in resolved)
            and all(link_text(path) == text for path, text in links)
            and all(holds(stamped.evidence(data)) for data in theirs)
        )
    except (TypeError, ValueError):
        return False


def content_stamp(path: str) -> Stamp:
    """Returns what changes with any change of a file or directory, links followed; empty where there is nothing."""
    try:
        return stamp_of(os.stat(path))
    except (OSError, ValueError):
        return ()


def stamp_of(found: os.stat_result) -> Stamp:
    """Returns the stamp of what `stat` says."""
    return found.st_dev, found.st_ino, found.st_mode, found.st_uid, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def link_text(path: str) -> str:
    """Returns what the link at `path` says, or an empty string where there is none that can be read."""
    try:
        return os.readlink(path)
    except (OSError, ValueError):
        return ""


def real_path(path: str) -> str:
    """Returns `path` with all links resolved; what of it is not there is taken as it is written."""
    try:
        return _kernels_path(path) or os.path.realpath(path)
    except ValueError:
        return os.path.normpath(path)


def _kernels_path(path: str) -> str:
    """Returns what the kernel calls `path`, in a third of the time that resolving it link by link takes.

    An empty string where it cannot tell: nothing is there, there is no /proc, or it was removed meanwhile.
    """
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            found = os.readlink(f"/proc/self/fd/{descriptor}")
        finally:
            os.close(descriptor)
    except OSError:
        return ""
    return found if found.startswith("/") and not found.endswith(" (deleted)") else ""
