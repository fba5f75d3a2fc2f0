"""What the snapshots of a repository do not say: where something was not looked at, from when to when, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.history import Machine, Moment


class Unlooked(NamedTuple):
    """One gap in what is known of a machine.

    Attributes:
        machine: The machine.
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment, or that of a home; empty for the ecosystem as a whole.
        first: The first snapshot that does not say; None where there is no snapshot of the time that is asked for.
        last: The last one, likewise.
        reason: Why, one line.
    """

    machine: Machine
    ecosystem: str
    environment: str
    first: Moment | None
    last: Moment | None
    reason: str
