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


class Inventory(NamedTuple):
    """Everything that is known of one machine at one moment.

    Attributes:
        machine: Identifies the machine, 32 hexadecimal digits.
        facts: Sorted pairs about the machine (`hostname`, `os`, `kernel`).
        readings: Sorted by ecosystem and environment, each pair once.
        looked: Where environments were looked for, sorted by ecosystem, each once. Of an ecosystem that is not there
            nobody knows where it was looked for.
    """

    machine: str
    facts: tuple[tuple[str, str], ...]
    readings: tuple[Reading, ...]
    looked: tuple[Looked, ...] = ()
