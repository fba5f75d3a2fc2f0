"""The system's programs that are started by their names: found only where nobody else could put or change one."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple
from cortexrepo.rights.groups import SystemGroups
from cortexrepo.rights.sharing import Sharing  # noqa: F401 -- loaded here: a user's process may not read its file
from cortexrepo.rights.ways import Ways, is_outsiders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.rights.ways import Passed

SYSTEM = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
"""Where programs of the system are, in the order in which they are looked for."""
_LOCAL = "/usr/local/"


class Skipped(NamedTuple):
    """A program that is not started: where it is, why, and the command that ends this."""

    path: str
    reason: str
    remedy: str


class Commands:
    """The programs of the system, for one user: root, unless this process is another's."""

    def __init__(self, me: int | None = None, ways: Ways | None = None, directories: Sequence[str] = SYSTEM) -> None:
        """Takes who starts them, the ways of the machine, and where they are.

        Args:
            me: The user; the one of this process if not given.
            ways: What was looked at a moment ago; everything is looked at now if not given.
            directories: Where programs are looked for.
        """
        self._me = os.geteuid() if me is None else me
        self._ways = ways or Ways(SystemGroups())
        self._directories = directories

    def find(self, name: str) -> str | None:
        """Returns the first program of this name that nobody but root and this user could change; None if none is."""
        return next((path for path in self._found(name) if self._why_not(path) is None), None)

    def skipped(self, name: str) -> Skipped | None:
        """Returns the first program of this name that somebody else could change; None where there is none."""
        return next(filter(None, map(self._why_not, self._found(name))), None)

    def search_path(self) -> str:
        """Returns the value of PATH for a program: the directories in which nobody else could change anything.

        Of the directories below /usr/local each file counts: people put programs there, and no package does.
        """
        return ":".join(one for one in self._directories if self._why_not(one) is None and not self._has_others(one))

    def _found(self, name: str) -> list[str]:
        paths = [f"{directory}/{name}" for directory in self._directories]
        return [path for path in paths if os.access(path, os.X_OK) and not os.path.isdir(path)]

    def _has_others(self, directory: str) -> bool:
        if not directory.startswith(_LOCAL):
            return False
        return any(self._why_not(passed.path) is not None for passed, _ in self._ways.inside(directory))

    def _why_not(self, path: str) -> Skipped | None:
        """Returns why what is at a path is not started, or not looked into."""
        return next(filter(None, (self._judged(path, one) for one in self._ways.along(path))), None)

    def _judged(self, path: str, passed: Passed) -> Skipped | None:
        if passed.shared is not None:
            return Skipped(path, passed.shared.reason, passed.shared.remedy)
        if passed.owner in {0, self._me} or is_outsiders(passed.owner):
            return None
        return Skipped(path, f"{passed.path} belongs to another user", f"chown root {shlex.quote(passed.path)}")
