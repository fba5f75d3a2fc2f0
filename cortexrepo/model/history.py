"""The answers to questions about many snapshots: what changed at one, and from when to when something was there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.diff import Change
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.snapshot import Cause

THERE = "there"
"""In the newest snapshot of its machine."""
GONE = "gone"
"""A later snapshot is known to be without it."""
UNKNOWN = "unknown"
"""No later snapshot says: what could not be read is neither there nor gone."""

KNOWN = "known"
"""An earlier snapshot is known to be without it."""


class Moment(NamedTuple):
    """One snapshot: its id, and when it was made in milliseconds since 1970."""

    id: SnapshotId
    created_at: int


class Machine(NamedTuple):
    """A machine: its id (its first 8 digits where no snapshot of it can be read), and its name where that is known."""

    id: str
    host: str = ""


class Tally(NamedTuple):
    """The changes of one environment in short: how many of each kind, in the order of `KINDS`, and whose they are."""

    ecosystem: str
    environment: str
    counts: tuple[tuple[str, int], ...]
    names: tuple[str, ...]


class Logged(NamedTuple):
    """What changed at one snapshot, compared with what was known of the same machine before.

    Attributes:
        moment: The snapshot.
        machine: Whose it is.
        cause: Who or what made it so; empty where that is not known.
        message: What a person wrote.
        changes: Every change that was asked for, sorted by ecosystem, environment and name.
    """

    moment: Moment
    machine: Machine
    cause: Cause
    message: str
    changes: tuple[Change, ...]

    def tallies(self) -> tuple[Tally, ...]:
        """Returns the changes in short, one for each environment that changed."""
        from cortexrepo.model.diff import KINDS

        places: dict[tuple[str, str], list[Change]] = {}
        for change in self.changes:
            places.setdefault((change.ecosystem, change.environment), []).append(change)
        found = []
        for (ecosystem, environment), changes in places.items():
            ordered = sorted(changes, key=lambda change: KINDS.index(change.kind))
            kinds = [change.kind for change in ordered]
            counts = tuple((kind, kinds.count(kind)) for kind in dict.fromkeys(kinds))
            names = tuple(dict.fromkeys(change.package.name for change in ordered))
            found.append(Tally(ecosystem, environment, counts, names))
        return tuple(found)


class Period(NamedTuple):
    """One version of one package in one environment, for as long as it was there without a break.

    Attributes:
        machine: Whose environment it is.
        ecosystem: Its ecosystem's name.
        environment: The path that identifies the environment.
        name: The package.
        arch: dpkg's architecture; empty for pip and npm.
        inside: For a nested npm package what it is nested in.
        version: The version; empty where it is not known.
        first: The first snapshot that has it.
        last: The last one that has it.
        until: The first one after that that is known to be without it, or None.
        end: `THERE`, `GONE` or `UNKNOWN`.
        snapshots: How many have it; those between that could not be read are not counted.
        begin: `KNOWN` where the snapshot before `first` is known to be without it; else `UNKNOWN`: it may be older.
    """

    machine: Machine
    ecosystem: str
    environment: str
    name: str
    arch: str
    inside: str
    version: str
    first: Moment
    last: Moment
    until: Moment | None
    end: str
    snapshots: int
    begin: str = UNKNOWN
