"""Who besides its owner may write to a file or directory: by its mode, its group and its access list.

A hard link changes nothing: the rights are the file's own, whichever name it has, and its other names give nobody a
right here.
"""

from __future__ import annotations

import shlex
import stat
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple
from cortexrepo.rights.accesslist import access_list

if TYPE_CHECKING:
    import os

    from cortexrepo.rights.groups import Groups


class Shared(NamedTuple):
    """Several people could change something: which, why, and the command that ends this."""

    path: str
    reason: str
    remedy: str


class Sharing:
    """Decides of one thing at a time."""

    def __init__(self, groups: Groups) -> None:
        """Takes the groups of the machine."""
        self._groups = groups

    def of(self, about: os.stat_result, path: str, opened: str = "") -> Shared | None:
        """Returns who besides its owner, and root, may write to a file or directory; None where nobody may.

        Nobody writes to links and devices. An access list that cannot be read may name anybody.

        Args:
            about: What `lstat` says of it.
            path: Where it is; a link that has come there meanwhile is not followed.
            opened: The path of an open descriptor of it, where `path` may mean another file by now.
        """
        if not (stat.S_ISDIR(about.st_mode) or stat.S_ISREG(about.st_mode)):
            return None
        if about.st_mode & stat.S_IWOTH:
            return Shared(path, f"every user may write to {path}", f"chmod o-w {shlex.quote(path)}")
        # With an access list these bits are its mask: without them it lets nobody write.
        return self._by_group(about, path, opened) if about.st_mode & stat.S_IWGRP else None

    def _by_group(self, about: os.stat_result, path: str, opened: str) -> Shared | None:
        """Returns who may write by an access list, or by the file's group, and is neither root nor the owner."""
        quoted = shlex.quote(path)
        try:
            found = access_list(opened or path, follow=bool(opened))
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
