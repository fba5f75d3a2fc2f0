"""A witness: a machine that remembers what it was asked, to tell later whether any answer would differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.machine import stamped
from cortexrepo.machine.files import LIMIT
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.notes import Notes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.machine.evidence import Evidence
    from cortexrepo.machine.files import Entry, System

SETTLED = 2_000_000_000
"""Nanoseconds. No file system keeps coarser times."""


def settled(seen: Evidence, started_ns: int) -> Evidence | None:
    """Returns the same, or None where something changed too shortly before `started_ns` to be sure."""
    newest = max((stamp[-1] for _, stamp in seen[0] if stamp), default=0)
    try:
        newest = max([newest, *map(stamped.newest, seen[3])])
    except ValueError:
        return None
    return None if newest > started_ns - SETTLED else seen


class Witness:
    """The live machine, remembering every path it was asked about. See `System` for the methods."""

    live = True

    def __init__(self, environment: Mapping[str, str], system: System | None = None) -> None:
        """Starts with nothing remembered; `system` reads the live machine where not all of it is this reader's."""
        self._system = system or LiveSystem(environment)
        self.environment = environment
        self.user = self._system.user
        self.scope = self._system.scope
        self._notes = Notes()

    def evidence(self, started_ns: int) -> Evidence | None:
        """Returns what was remembered, or None where something changed too shortly before `started_ns` to be sure."""
        return settled(self.seen(), started_ns)

    def seen(self) -> Evidence:
        """Returns what was remembered, also of what changed just now."""
        return self._notes.seen()

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        """See `System.read`."""
        self._notes.see(path)
        return self._system.read(path, limit)

    def head(self, path: str, size: int) -> bytes | None:
        """See `System.head`."""
        self._notes.see(path)
        return self._system.head(path, size)

    def entries(self, path: str) -> list[Entry]:
        """See `System.entries`."""
        self._notes.see(path)
        return self._system.entries(path)

    def exists(self, path: str) -> bool:
        """See `System.exists`."""
        self._notes.see(path)
        return self._system.exists(path)

    def is_directory(self, path: str) -> bool:
        """See `System.is_directory`."""
        self._notes.see(path)
        return self._system.is_directory(path)

    def readlink(self, path: str) -> str | None:
        """See `System.readlink`."""
        found = self._system.readlink(path)
        self._notes.links[path] = found or ""
        return found

    def realpath(self, path: str) -> str:
        """See `System.realpath`."""
        found = self._notes.resolved[path] = self._system.realpath(path)
        return found

    def owner(self, path: str) -> int | None:
        """See `System.owner`."""
        self._notes.see(path)
        return self._system.owner(path)

    def stamp(self, path: str) -> tuple[int, int, int, int] | None:
        """See `System.stamp`."""
        self._notes.see(path)
        return self._system.stamp(path)

    def kernel(self) -> str:
        """See `System.kernel`."""
        return self._system.kernel()
