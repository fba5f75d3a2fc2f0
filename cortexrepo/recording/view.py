"""A machine as one user reads it: what an ordinary user may read is read by one process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

from cortexrepo.machine.homes import homes
from cortexrepo.recording.reading import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.evidence import Evidence
    from cortexrepo.machine.files import System
    from cortexrepo.machine.live_files import LiveSystem
    from cortexrepo.machine.rooted_files import RootedSystem
    from cortexrepo.model.inventory import Reading


class View(Protocol):
    """A machine that can be read once."""

    @property
    def system(self) -> System:
        """What this process may read of it."""
        ...

    @property
    def plain(self) -> System:
        """The same, only to ask where a path leads, whoever it belongs to."""
        ...

    def read(
        self, chosen: Sequence[str], named: Sequence[str], started_ns: int
    ) -> tuple[list[Reading], Evidence | None]:
        """Returns the readings of the chosen ecosystems, and the evidence for them if it was remembered.

        Args:
            chosen: The names of ecosystems.
            named: Paths of environments to read besides those that are found.
            started_ns: When this began: what changed just before is no evidence.
        """
        ...

    def homes(self) -> tuple[str, ...]:
        """Returns the homes that `read` searches; none where nobody knows them."""
        ...

    def close(self) -> None:
        """Closes what is open."""
        ...


class Alone:
    """The view of a user who reads by one process all that they may."""

    def __init__(self, system: LiveSystem | RootedSystem, *, remembers: bool = False) -> None:
        """Takes the machine, and whether to remember what is read."""
        self._witness = None
        self.system: System = system
        self.plain: System = system
        if remembers:
            from cortexrepo.machine.witness import Witness

            self.system = self._witness = Witness(system.environment, system)

    def read(
        self, chosen: Sequence[str], named: Sequence[str], started_ns: int
    ) -> tuple[list[Reading], Evidence | None]:
        """See `View.read`."""
        readings = [reading for name in chosen for reading in read(name, self.system, named)]
        return readings, None if self._witness is None else self._witness.evidence(started_ns)

    def homes(self) -> tuple[str, ...]:
        """See `View.homes`."""
        try:
            return tuple(homes(self.plain))
        except OSError:
            return ()

    def close(self) -> None:
        """See `View.close`."""
        if not self.plain.live:
            self.plain.close()  # type: ignore[attr-defined]


def is_root() -> bool:
    """Returns whether this process has root's rights over other users' files.

    The root of a user namespace that holds only one user is that user with another number: there is nobody else.
    """
    if os.geteuid():
        return False
    try:
        with open("/proc/self/uid_map", "rb") as file:
            ranges = [line.split() for line in file.read().splitlines()]
        return sum(int(count) for _, _, count in ranges) > 1
    except (OSError, ValueError):
        return True
