"""Whose things on this machine are, as artifacts note it: one user's, root's, or several people's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.machine.whose.holding import held, held_paths
from cortexrepo.model.artifact import SEVERAL
from cortexrepo.rights.groups import SystemGroups
from cortexrepo.rights.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cortexrepo.machine.whose.holding import Held, Reached
    from cortexrepo.rights.groups import Groups


class Domains:
    """This machine's things. Environments and files are looked at once: this is for one short piece of work."""

    def __init__(
        self, reached: Callable[[str], Reached | None], me: int | None = None, groups: Groups | None = None
    ) -> None:
        """Takes what there is to look at, who looks, and the machine's groups.

        Args:
            reached: Returns what yields the places that count for an environment of an ecosystem; None where its
                programs are not known.
            me: The user; the one of this process if not given.
            groups: The groups; the system's if not given.
        """
        self._reached = reached
        self._me = os.geteuid() if me is None else me
        self._groups = groups or SystemGroups()
        self._ways = Ways(self._groups)
        self._known: dict[str, str] = {}

    def environment(self, ecosystem: str, path: str) -> str:
        """Returns who can change an environment, or the programs that are run for it: a holder as in `Artifact`.

        Anybody may be able to change programs that are not known: such an environment is several people's.
        """
        reached = self._reached(ecosystem)
        if reached is None:
            return SEVERAL
        if path not in self._known:
            self._known[path] = _word(held(path, self._me, reached, self._groups, self._ways))
        return self._known[path]

    def paths(self, paths: Iterable[str]) -> str:
        """Returns who can change any of these: a holder as in `Artifact`."""
        return _word(held_paths(paths, self._me, self._ways))


def is_own(path: str, me: int) -> bool:
    """Returns whether nobody but root and this user can change what is at a path."""
    found = held_paths([path], me, Ways(SystemGroups()))
    return found.user in {0, me}


def own_home() -> str:
    """Returns the home directory of this user.

    For root it is never somebody else's, whatever the variable HOME says: a package manager would take its
    configuration and its cache from there.
    """
    home = os.path.expanduser("~")
    if os.geteuid() != 0 or is_own(home, 0):
        return home
    import pwd

    return pwd.getpwuid(0).pw_dir


def _word(found: Held) -> str:
    return SEVERAL if found.user is None else str(found.user)
