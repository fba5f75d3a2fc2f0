"""An inventory: what a machine holds at one moment, read but not yet stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.looked import Looked
    from cortexrepo.model.package import Manifest


class Reading(NamedTuple):
    """What is known of one ecosystem in one environment; the fields mean what they mean in `Slot`."""

    ecosystem: str
    environment: str
    status: str
    manifest: Manifest | None = None
    error: str = ""
    facts: tuple[tuple[str, str], ...] = ()


class Unlooked(NamedTuple):
    """A place that was not looked at, where nothing says that an environment is there; and why."""

    ecosystem: str
    path: str
    reason: str


class Inventory(NamedTuple):
    """Everything that is known of one machine at one moment.

    Attributes:
        machine: Identifies the machine, 32 hexadecimal digits.
        facts: Sorted pairs about the machine (`hostname`, `os`, `kernel`).
        readings: Sorted by ecosystem and environment, each pair once.
        looked: Where environments were looked for, sorted by ecosystem, each once. Of an ecosystem that is not there
            nobody knows where it was looked for.
        ways: Ecosystem, environment, and what led to it where that was no usual place. Not stored, as is the next one.
        unlooked: The places that were not looked at.
    """

    machine: str
    facts: tuple[tuple[str, str], ...]
    readings: tuple[Reading, ...]
    looked: tuple[Looked, ...] = ()
    ways: tuple[tuple[str, str, str], ...] = ()
    unlooked: tuple[Unlooked, ...] = ()
