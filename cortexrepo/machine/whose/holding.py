"""Whose an environment is, and whose a file is: told by everything on the way to it as it is now."""

from __future__ import annotations

import errno
import os
import shlex
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.disk.filesystem import read_bounded
from cortexrepo.machine.whose import commands
from cortexrepo.machine.whose.commands import Commands
from cortexrepo.rights.groups import SystemGroups
from cortexrepo.rights.sharing import Shared
from cortexrepo.rights.ways import Ways

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping

    from cortexrepo.rights.groups import Groups
    from cortexrepo.rights.ways import Passed

    Reached = Callable[[str, "Look", Iterable[str]], Iterable[str]]
    """Yields the places that count for an environment, given what looks at them, and the homes of who works there."""

_TEXT = 1 << 20
"""A longer file that says what else a program loads is not read."""
_ENTRIES = 10_000
"""So many names of a directory are looked at where the directory is not only root's and the reader's."""
_BELOW, _BELOW_OTHERS = 500_000, 50_000
"""So many files are looked at below a place; and where the place is not only root's and the reader's."""


class Held(NamedTuple):
    """Who could change something.

    Attributes:
        users: Users other than root whose rights suffice, each with a path that is theirs.
        shared: Where several people could, the first place; else None.
    """

    users: Mapping[int, str]
    shared: Shared | None

    @property
    def user(self) -> int | None:
        """The one user whose rights suffice, root where nobody else's do; None where several people could."""
        if self.shared is not None or len(self.users) > 1:
            return None
        return next(iter(self.users), 0)

    @property
    def objection(self) -> Shared | None:
        """Why this is not root's alone, and the command that gives it to root; None where it is."""
        for path in self.users.values() if self.shared is None else ():
            return Shared(path, f"{path} belongs to another user", f"chown -hR root:root {shlex.quote(path)}")
        return self.shared


class Look:
    """One look at places, each with all that is on the way to it. Reads nothing that others could have made."""

    def __init__(self, me: int, ways: Ways) -> None:
        """Takes who looks, and the ways."""
        self._me = me
        self._ways = ways
        self._users: dict[int, str] = {}
        self._shared: Shared | None = None
        self._walked: set[str] = set()

    @property
    def held(self) -> Held:
        """Who could change any of the places that were looked at."""
        return Held(self._users, self._shared)

    def add(self, path: str) -> bool:
        """Looks at a place; returns whether nobody but root, and who looks, could change it."""
        alone = True
        for passed in self._ways.along(path):
            alone = self._note(passed) and alone
        return alone

    def _note(self, passed: Passed) -> bool:
        """Notes who could change one thing; returns whether nobody but root, and who looks, could."""
        if passed.owner:
            self._users.setdefault(passed.owner, passed.path)
        self._shared = self._shared or passed.shared
        return passed.shared is None and passed.owner in {0, self._me}

    def read(self, path: str) -> bytes:
        """Looks at a file; returns its content, which is empty where it is not there or not to be read.

        A file that is too long to be read counts as several people's: it is not known to what it leads.
        """
        if not self.add(path):
            return b""
        try:
            return read_bounded(os.path.realpath(path), _TEXT)
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno == errno.EFBIG:
                self._shared = self._shared or Shared(path, f"{path} is too long to be checked", f"ls -l {path}")
            return b""

    def names(self, path: str) -> list[str]:
        """Looks at a directory; returns the names in it, not all where it is others' and they are very many."""
        most = None if self.add(path) else _ENTRIES
        found = []
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    found.append(entry.name)
                    if len(found) == most:
                        break
        except OSError:
            return []
        return sorted(found)

    def command(self, name: str) -> str:
        """Returns the system's program of this name; one that others could change only where there is no other."""
        known = Commands(self._me, self._ways, commands.SYSTEM)
        skipped = known.skipped(name)
        return known.find(name) or (skipped.path if skipped is not None else "")

    def below(self, path: str, without: Container[str] = ()) -> None:
        """Looks at a place and at everything below it, to the bottom.

        A link leads to what is there, and on to what is below that, but not from what is others'. A place with too many
        files to look at counts as several people's.

        Args:
            path: The file or directory.
            without: Names in the directory itself that are passed over.
        """
        most = _BELOW if self.add(path) else _BELOW_OTHERS
        top = _real(path)
        if top in self._ways.roots:
            return
        self._walk(path, top, most, without)
        if not self._users and self._shared is None:
            self._ways.roots.add(top)

    def _walk(self, path: str, top: str, most: int, without: Container[str]) -> None:
        waiting, count = [top], 0
        while waiting:
            directory = waiting.pop()
            if directory in self._walked:
                continue
            self._walked.add(directory)
            for passed, is_directory in self._ways.inside(directory):
                count += 1
                if count > most:
                    reason = f"{path} has too many files to be checked"
                    self._shared = self._shared or Shared(path, reason, f"du --inodes {shlex.quote(path)}")
                    return
                if directory == top and os.path.basename(passed.path) in without:
                    continue
                self._note(passed)
                if is_directory:
                    waiting.append(passed.path)
                elif not passed.is_last and self.add(passed.path) and os.path.isdir(passed.path):
                    waiting.append(_real(passed.path))


def _real(path: str) -> str:
    """Returns where a path leads; the path itself where a link on the way was exchanged at this moment."""
    try:
        return os.path.realpath(path)
    except OSError:
        return path


def held(environment: str, me: int, reached: Reached, groups: Groups | None = None, ways: Ways | None = None) -> Held:
    """Returns who could change what is in an environment, or the programs that are run for it.

    Args:
        environment: The path that identifies it.
        me: Who asks: only what is root's or this user's alone is read.
        reached: Yields what work in the environment changes or starts.
        groups: The machine's groups; those of the system if not given.
        ways: What was looked at a moment ago, and is not to be looked at again.
    """
    ways = ways or Ways(groups or SystemGroups())
    look = Look(me, ways)
    for place in reached(environment, look, _roots_homes(ways) if me == 0 else ()):
        look.add(place)
    return look.held


def held_paths(paths: Iterable[str], me: int, ways: Ways) -> Held:
    """Returns who could change any of these paths."""
    look = Look(me, ways)
    for path in paths:
        look.add(path)
    return look.held


def held_below(directory: str, me: int, without: Container[str] = (), groups: Groups | None = None) -> Held:
    """Returns who could change a directory, or anything below it; names in the directory itself may be left out."""
    look = Look(me, Ways(groups or SystemGroups()))
    look.below(directory, without)
    return look.held


def _roots_homes(ways: Ways) -> list[str]:
    """Returns root's home directory, and what HOME says instead where this is nobody else's: no other one is used."""
    import pwd

    home, named = pwd.getpwuid(0).pw_dir, os.path.expanduser("~")
    return [home] if named == home or held_paths([named], 0, ways).user != 0 else [home, named]
