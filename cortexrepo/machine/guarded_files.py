"""What root's own process reads of a machine: nothing that another user could have made or could change."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from cortexrepo.machine.descriptors import kernels_devices
from cortexrepo.machine.holders import ForeignError, may_be_shared
from cortexrepo.machine.walked_files import WalkedSystem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.machine.holders import Holders
    from cortexrepo.machine.notes import Notes
    from cortexrepo.machine.scope import Scope

_STRAIGHT = os.O_PATH | os.O_CLOEXEC | os.O_NOFOLLOW


class GuardedSystem(WalkedSystem):
    """A machine as root reads it: every directory and link on the way, and the file itself, is root's alone.

    Anything else is a ForeignError that says with whose rights it is to be read. What is not there is not there,
    whoever could make it. Nobody else can change anything on such a way, so nothing can be swapped meanwhile.
    """

    def __init__(
        self,
        root: int,
        environment: Mapping[str, str],
        holders: Holders,
        scope: Scope,
        notes: Notes | None = None,
        *,
        live: bool,
    ) -> None:
        """As `WalkedSystem`, with who decides whose a thing is, and what this reader searches."""
        super().__init__(root, environment, notes, live=live)
        self.scope = scope
        self._holders = holders
        self._kernels = kernels_devices(root)

    def is_free(self, about: os.stat_result, path: str) -> bool:  # noqa: ARG002
        """See `WalkedSystem.is_free`."""
        # Whom groups and access lists let write is asked for with a descriptor: in an image the path is none of ours.
        return not about.st_uid and about.st_dev not in self._kernels and not may_be_shared(about)

    def check(self, about: os.stat_result, path: str, found: int, rest: list[str]) -> None:
        """Raises ForeignError for what is not root's alone, and FileNotFoundError where nothing is at the end.

        What the kernel makes up is a PermissionError: an image may have a link to it.
        """
        if about.st_dev in self._kernels:
            raise PermissionError(1, "the files of the kernel are not read", path)
        holder = self._holders.holder(about, path, f"/proc/self/fd/{found}")
        if holder:
            raise ForeignError(path, _reader(holder, found, about, rest))


def _reader(holder: int, found: int, about: os.stat_result, rest: list[str]) -> int:
    """Returns the owner of the last directory or link on the way, as far as no link is followed.

    In a place that is several people's each one's directory is read with its owner's rights; what is not there raises
    FileNotFoundError.
    """
    owner = about.st_uid
    at = os.dup(found)
    try:
        for name in reversed(rest):
            if not stat.S_ISDIR(about.st_mode) or name == "..":
                break
            child = os.open(name, _STRAIGHT, dir_fd=at)
            os.close(at)
            at = child
            about = os.fstat(at)
            if stat.S_ISDIR(about.st_mode) or stat.S_ISLNK(about.st_mode):
                owner = about.st_uid or owner
    finally:
        os.close(at)
    return owner or holder
