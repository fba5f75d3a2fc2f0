"""Everything on the way to a path, and who could change it: one meaning of "whose" for all that root uses.

Owners count, and the rights of groups, of access lists and of everybody. A hard link changes nothing: the rights are
the file's own, whichever name it has, and its other names give nobody a right here.
"""

from __future__ import annotations

import os
import posixpath
import shlex
import stat
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.machine.whose.accesslist import access_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.machine.whose.groups import Groups

_HOPS = 200
"""So many names are followed on the way to one place; a loop of links ends here."""


class Shared(NamedTuple):
    """Several people could change something: which, why, and the command that ends this."""

    path: str
    reason: str
    remedy: str


class Passed(NamedTuple):
    """One thing on a way: its path, its owner, and whether several people could change it."""

    path: str
    owner: int
    shared: Shared | None


class _Seen(NamedTuple):
    """What is at a path: its status, where it leads if it is a link, and who besides its owner may write to it."""

    about: os.stat_result
    target: str
    shared: Shared | None

    @property
    def is_sticky(self) -> bool:
        """Whether it is a directory in which nobody can replace what is another's."""
        return stat.S_ISDIR(self.about.st_mode) and bool(self.about.st_mode & stat.S_ISVTX)


class Ways:
    """Ways on this machine; each thing is looked at once."""

    def __init__(self, groups: Groups) -> None:
        """Takes the machine's groups."""
        self._groups = groups
        self._seen: dict[str, _Seen | None] = {}

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
            yield Passed(here, seen.about.st_uid, None if names and seen.is_sticky else seen.shared)
            if seen.target:
                names += _reversed(seen.target)
                here = "/" if seen.target.startswith("/") else posixpath.dirname(here)
            if not names:
                return
            here = posixpath.normpath(f"{here.rstrip('/')}/{names.pop()}")

    def _missing(self, path: str) -> Iterator[Passed]:
        """Yields what is not there if others may make it."""
        above = self._look(posixpath.dirname(path))
        if above is not None and above.is_sticky and above.shared is not None:
            yield Passed(path, 0, above.shared)

    def _look(self, path: str) -> _Seen | None:
        if path not in self._seen:
            try:
                about = os.lstat(path)
                target = os.readlink(path) if stat.S_ISLNK(about.st_mode) else ""
            except OSError:
                self._seen[path] = None
            else:
                self._seen[path] = _Seen(about, target, self._shared(path, about))
        return self._seen[path]

    def _shared(self, path: str, about: os.stat_result) -> Shared | None:
        """Returns who besides the owner may write to a file or directory; nobody writes to links and devices."""
        if not (stat.S_ISDIR(about.st_mode) or stat.S_ISREG(about.st_mode)):
            return None
        if about.st_mode & stat.S_IWOTH:
            return Shared(path, f"every user may write to {path}", f"chmod o-w {shlex.quote(path)}")
        # With an access list these bits are its mask: without them it lets nobody write.
        return self._by_group(path, about) if about.st_mode & stat.S_IWGRP else None

    def _by_group(self, path: str, about: os.stat_result) -> Shared | None:
        """Returns who may write by an access list, or by the file's group, and is neither root nor the owner."""
        quoted = shlex.quote(path)
        try:
            found = access_list(path)
        except (OSError, ValueError) as error:
            return Shared(path, f"the access list of {path} cannot be read: {error}", f"setfacl -b {quoted}")
        users = [f"u:{user}" for user in found.users if user not in {0, about.st_uid}] if found else []
        groups = [f"g:{group}" for group in found.groups if not self._is_own(group, about.st_uid)] if found else []
        for entry in (*users, *groups):
            reason = f"the entry {entry} of the access list of {path} gives the right to write"
            return Shared(path, reason, f"setfacl -x {entry} {quoted}")
        if (found is None or found.own_group) and not self._is_own(about.st_gid, about.st_uid):
            reason = f"the group {self._groups.title(about.st_gid)} may write to {path}"
            return Shared(path, reason, f"chmod g-w {quoted}")
        return None

    def _is_own(self, group: int, owner: int) -> bool:
        """Returns whether nobody but the owner, and root, is in a group."""
        return self._groups.people(group) <= {owner, 0}


def _reversed(path: str) -> list[str]:
    return [name for name in path.split("/") if name not in {"", "."}][::-1]
