"""Who could change what is at a path: owner, group and access list of everything on the way, one step at a time."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from cortexrepo.rights.sharing import Sharing

ANYBODY = 65534
"""Stands for several users at once: the user `nobody`, who owns nothing."""


class ForeignError(PermissionError):
    """What is there, or something on the way to it, could be changed by another user than root.

    Attributes:
        holder: The user with whose rights it is to be read.
    """

    def __init__(self, path: str, holder: int) -> None:
        """Takes the first thing on the way that is not root's, and whose rights are to be used."""
        whose = "users besides root" if holder == ANYBODY else f"the user {holder}"
        super().__init__(1, f"{whose} could change this path, and root does not read it", path)
        self.holder = holder


class Holders:
    """Decides for one thing on a way who besides root could change it."""

    def __init__(self, members: Callable[[int], bool]) -> None:
        """Takes a function that returns whether anybody but root is in a group."""
        self._members = _Members(members)
        self._sharing: Sharing | None = None

    def holder(self, about: os.stat_result, path: str, opened: str = "") -> int:
        """Returns the user who could change it, 0 for root alone, `ANYBODY` for several.

        A sticky directory that all may write to counts as its owner's: what is in it is asked for itself, and only its
        owner can put something else in its place.

        Args:
            about: What `lstat` says of it.
            path: Where it is.
            opened: The path of an open descriptor of it, if there is one.
        """
        if about.st_uid or not may_be_shared(about):
            return about.st_uid
        if self._sharing is None:
            from cortexrepo.rights.sharing import Sharing  # hardly anything of root's can be written by others

            self._sharing = Sharing(self._members)
        return ANYBODY if self._sharing.of(about, path, opened) is not None else 0


def may_be_shared(about: os.stat_result) -> bool:
    """Returns whether others than the owner may be able to put something else there, as far as its mode says."""
    if not about.st_mode & (stat.S_IWGRP | stat.S_IWOTH) or stat.S_ISLNK(about.st_mode):
        return False
    return not (stat.S_ISDIR(about.st_mode) and about.st_mode & stat.S_ISVTX)


class _Members:
    """See `Groups`: of a group no more is known than whether anybody but root is in it. Each is asked for once.

    Nobody but root is in root's own: in images, it is the group of service accounts as well.
    """

    def __init__(self, members: Callable[[int], bool]) -> None:
        self._members = members
        self._known: dict[int, bool] = {0: False}

    def people(self, group: int) -> frozenset[int]:
        """See `Groups.people`."""
        if group not in self._known:
            self._known[group] = self._members(group)
        return frozenset({ANYBODY} if self._known[group] else ())

    def title(self, group: int) -> str:
        """See `Groups.title`."""
        return str(group)
