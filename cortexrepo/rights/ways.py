"""Everything on the way to a path, and who could change it: one meaning of "whose" for all that root uses.

Owners count, and the rights of groups, of access lists and of everybody (`cortexrepo.rights.sharing`).
"""

from __future__ import annotations

import os
import posixpath
import stat
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.rights.groups import Groups
    from cortexrepo.rights.sharing import Shared, Sharing

SEVERAL = -1
"""Stands for more users than one: several could write to a directory on the way."""
_HOPS = 200
"""So many names are followed on the way to one place; a loop of links ends here."""
_UNMAPPED = 65534
"""The owner that files of users outside of a container have in it, besides the user of this number."""


class Passed(NamedTuple):
    """One thing on a way: its path, its owner, whether several people could change it, and whether the way goes on."""

    path: str
    owner: int
    shared: Shared | None
    is_last: bool


class _Seen(NamedTuple):
    """What is at a path: its status, and where it leads if it is a link."""

    about: os.stat_result
    target: str

    @property
    def is_sticky(self) -> bool:
        """Whether it is a directory in which nobody can replace what is another's."""
        return stat.S_ISDIR(self.about.st_mode) and bool(self.about.st_mode & stat.S_ISVTX)


class Ways:
    """Ways on this machine; each thing is looked at once."""

    def __init__(self, groups: Groups | None = None) -> None:
        """Takes the machine's groups; those of the system if not given."""
        self._groups = groups
        self._sharing: Sharing | None = None
        self.roots: set[str] = set()
        """Directories in which everything is root's to the bottom, as `Look.below` has found."""
        self._seen: dict[str, _Seen | None] = {}
        self._shared: dict[str, Shared | None] = {}

    def along(self, path: str) -> Iterator[Passed]:
        """Yields everything on the way to an absolute path, from the root on, through every link, while it is there.

        A directory with the sticky bit in which others may write is shared where the way ends in it, or where the next
        name is missing: others can make new files there. Where the next name is there, nobody else can replace it, and
        the directory is not shared.
        """
        names, here = _reversed(path), "/"
        for _ in range(_HOPS):
            seen = self._look(here)
            if seen is None:
                yield from self._missing(here)
                return
            shared = None if names and seen.is_sticky else self._who_shares(here, seen)
            yield Passed(here, seen.about.st_uid, shared, not names)
            if seen.target:
                names += _reversed(seen.target)
                here = "/" if seen.target.startswith("/") else posixpath.dirname(here)
            if not names:
                return
            here = posixpath.normpath(f"{here.rstrip('/')}/{names.pop()}")

    def inside(self, directory: str) -> Iterator[tuple[Passed, bool]]:
        """Yields what lies in a directory, each with whether that is a directory; a link is not the last on its way.

        The way to the directory is not looked at, and links are not followed. A file is there or not: a directory that
        cannot be listed has nothing in it.
        """
        try:
            with os.scandir(directory) as entries:
                for entry in entries:
                    try:
                        about = entry.stat(follow_symlinks=False)
                    except OSError:
                        continue
                    is_link = stat.S_ISLNK(about.st_mode)
                    shared = self._who_shares(entry.path, _Seen(about, "a link" if is_link else ""))
                    yield Passed(entry.path, about.st_uid, shared, not is_link), stat.S_ISDIR(about.st_mode)
        except OSError:
            return

    def _missing(self, path: str) -> Iterator[Passed]:
        """Yields what is not there if others may make it."""
        above = posixpath.dirname(path)
        seen = self._look(above)
        shared = self._who_shares(above, seen) if seen is not None and seen.is_sticky else None
        if shared is not None:
            yield Passed(path, 0, shared, is_last=True)

    def _look(self, path: str) -> _Seen | None:
        if path not in self._seen:
            try:
                about = os.lstat(path)
                target = os.readlink(path) if stat.S_ISLNK(about.st_mode) else ""
            except OSError:
                self._seen[path] = None
            else:
                self._seen[path] = _Seen(about, target)
        return self._seen[path]

    def _who_shares(self, path: str, seen: _Seen) -> Shared | None:
        """Returns who besides its owner may write to what is at a path; hardly ever anybody, and then it is dear."""
        if not seen.about.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or seen.target:
            return None
        if path not in self._shared:
            if self._sharing is None:
                from cortexrepo.rights.groups import SystemGroups
                from cortexrepo.rights.sharing import Sharing

                self._sharing = Sharing(self._groups or SystemGroups())
            self._shared[path] = self._sharing.of(seen.about, path)
        return self._shared[path]


def others(path: str) -> dict[int, str]:
    """Returns who besides root could replace the file or directory at a path, each with the first place that says so.

    That is the owner of everything on the way to the path, of each link and of each place that the link leads through;
    and `SEVERAL` for a directory above the path that others than its owner can write to. In a sticky directory of
    root's, nobody can replace the file of another user. Of a path that is missing, the way ends where it is missing.
    """
    return _who(passed if not passed.is_last else passed._replace(shared=None) for passed in Ways().along(path))


def writers(directory: str) -> dict[int, str]:
    """Returns who besides root could put a file into a directory, or replace one in it; else as `others`.

    That is whoever could replace the directory, and `SEVERAL` where others than its owner can write to it.
    """
    return _who(Ways().along(directory))


def _who(way: Iterable[Passed]) -> dict[int, str]:
    found: dict[int, str] = {}
    for passed in way:
        if passed.owner and not is_outsiders(passed.owner):
            found.setdefault(passed.owner, passed.path)
        if passed.shared is not None:
            found.setdefault(SEVERAL, passed.path)
    return found


def is_outsiders(owner: int) -> bool:
    """Returns whether an owner stands for all users outside of this container, of whom none is in it."""
    return owner == _UNMAPPED and _is_outside()


def _is_outside() -> bool:
    """Returns whether this process cannot become the user 65534: then this number stands for users of the host."""
    try:
        with open("/proc/self/uid_map", encoding="ascii") as file:
            rows = [[int(number) for number in line.split()] for line in file]
    except (OSError, ValueError):
        return False
    return not any(first <= _UNMAPPED < first + count for first, _, count in rows)


def _reversed(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in {"", "."}][::-1]
