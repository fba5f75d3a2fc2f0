"""Who could change what is at a path: owner, group and access list of everything on the way, one step at a time."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ANYBODY = 65534
"""Stands for several users at once: the user `nobody`, who owns nothing."""

_ACCESS_LIST = "system.posix_acl_access"
_USER, _GROUP = 0x02, 0x08
_WRITE = 2
_HEAD, _ENTRY = 4, 8


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
        self._members = members
        self._known: dict[int, bool] = {0: False}

    def holder(self, about: os.stat_result, path: str) -> int:
        """Returns the user who could change it, 0 for root alone, `ANYBODY` for several.

        A sticky directory that all may write to counts as its owner's: what is in it is asked for itself, and only its
        owner can put something else in its place.

        Args:
            about: What `lstat` says of it.
            path: A path that leads to it, to ask for its access list.
        """
        if about.st_uid:
            return about.st_uid
        mode = about.st_mode
        if not mode & (stat.S_IWGRP | stat.S_IWOTH) or stat.S_ISLNK(mode):
            return 0
        if stat.S_ISDIR(mode) and mode & stat.S_ISVTX:
            return 0
        if mode & stat.S_IWOTH:
            return ANYBODY
        return ANYBODY if self._has_members(about.st_gid) or self._is_shared(path) else 0

    def _has_members(self, group: int) -> bool:
        found = self._known.get(group)
        if found is None:
            found = self._known[group] = self._members(group)
        return found

    def _is_shared(self, path: str) -> bool:
        """Returns whether an access list lets a named user or a group with members write."""
        try:
            access = os.getxattr(path, _ACCESS_LIST)
        except OSError:
            return False  # none, or a file system without: the bits of the group are all there is
        for start in range(_HEAD, len(access) - _ENTRY + 1, _ENTRY):
            kind, rights = (int.from_bytes(access[start + at : start + at + 2], "little") for at in (0, 2))
            named = int.from_bytes(access[start + 4 : start + 8], "little")
            if rights & _WRITE and ((kind == _USER and named) or (kind == _GROUP and self._has_members(named))):
                return True
        return False
