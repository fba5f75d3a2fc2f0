"""The way to a path, and who could put something else in the place of the path."""

from __future__ import annotations

import os
import posixpath
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SEVERAL = -1
"""Stands for more users than one: a directory on the way can be written by a group or by everybody."""
_HOPS = 200
"""The number of names that are followed on the way to one path; a loop of links ends here."""
_ROOT = 0
_UNMAPPED = 65534
"""The owner that files of users outside of a container have in it, besides the user of this number."""


def others(path: str) -> dict[int, str]:
    """Returns who besides root could replace the file or directory at a path, each with the first place that says so.

    That is the owner of everything on the way to the path, of each link and of each place that the link leads through;
    and `SEVERAL` for a directory above the path that a group or everybody can write to. In a sticky directory of
    root's, nobody can replace the file of another user. Of a path that is missing, the way ends where it is missing.
    """
    found: dict[int, str] = {}
    for place, about, is_last in _way(path):
        if about.st_uid != _ROOT and not (about.st_uid == _UNMAPPED and _is_outside()):
            found.setdefault(about.st_uid, place)
        if not is_last and _is_shared(about):
            found.setdefault(SEVERAL, place)
    return found


def _is_shared(about: os.stat_result) -> bool:
    """Returns whether others than the owner of a directory can replace files in it. An ACL shows in the group's bit."""
    if not stat.S_ISDIR(about.st_mode) or about.st_mode & stat.S_ISVTX:
        return False
    if about.st_mode & stat.S_IWOTH:
        return True
    return bool(about.st_mode & stat.S_IWGRP) and about.st_gid != _ROOT and _has_others(about.st_gid, about.st_uid)


def _is_outside() -> bool:
    """Returns whether this process cannot become the user 65534: then this number stands for users of the host."""
    try:
        with open("/proc/self/uid_map", encoding="ascii") as file:
            rows = [[int(number) for number in line.split()] for line in file]
    except (OSError, ValueError):
        return False
    return not any(first <= _UNMAPPED < first + count for first, _, count in rows)


def _has_others(group: int, owner: int) -> bool:
    """Returns whether a group has a member besides a directory's owner and root; asked for few directories only."""
    import grp
    import pwd

    try:
        members = {*grp.getgrgid(group).gr_mem}
    except KeyError:
        members = set()
    members |= {one.pw_name for one in pwd.getpwall() if one.pw_gid == group}
    own = {one.pw_name for one in pwd.getpwall() if one.pw_uid in {owner, _ROOT}}
    return bool(members - own)


def _way(path: str) -> Iterator[tuple[str, os.stat_result, bool]]:
    """Yields everything on the way to a path while it is there, from the root on, and whether it is the last."""
    names = path.split("/")[::-1]
    here = "/"
    yield here, os.lstat(here), False
    for _ in range(_HOPS):
        while names and names[-1] in {"", "."}:
            names.pop()
        if not names:
            return
        here = posixpath.normpath(f"{here.rstrip('/')}/{names.pop()}")
        try:
            about = os.lstat(here)
            target = os.readlink(here) if stat.S_ISLNK(about.st_mode) else ""
        except OSError:
            return
        yield here, about, not any(name not in {"", "."} for name in names)
        if target:
            names += target.split("/")[::-1]
            here = "/" if target.startswith("/") else posixpath.dirname(here)
