"""A snapshot: when, why, and which manifest each slot holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.errors import CorruptError, FormatVersionError
    from cortexrepo.model.ids import ObjectId, SnapshotId

OK = "ok"
"""Read completely."""
ABSENT = "absent"
"""The ecosystem is not in use on this machine: known to hold nothing."""
FAILED = "failed"
"""Could not be read. Nothing is known; never to be taken as empty."""
PARTIAL = "partial"
"""Read in part. What is in the manifest is there; what is not in it may be there too."""

STATUSES = (OK, ABSENT, FAILED, PARTIAL)


class Later(NamedTuple):
    """What a slot says in whose status a later version wrote a word that this version does not know."""

    status: str
    object: ObjectId | None
    packages: int
    error: str


class Slot(NamedTuple):
    """What one snapshot says of one ecosystem in one environment.

    Attributes:
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment; empty for an ecosystem that is one for the whole machine,
            and for what is said of an ecosystem as a whole (nothing found; a place that could not be searched). A home
            in which something could not be searched is named like an environment.
        status: `OK`, `ABSENT`, `FAILED` or `PARTIAL`.
        object: The manifest's id, or None for `ABSENT` and `FAILED`.
        packages: `Manifest.installed` of that manifest; 0 without one.
        error: Why it is `FAILED` or `PARTIAL`, one line; else empty.
        facts: Sorted pairs that identify the environment further (`python`, `owner`, `kind`, `node`).
        extensions: Optional fields of later versions, kept as they are: pairs (name, bytes).
        later: The slot as it is stored, where its status is of a later version; it then counts as `FAILED`.
    """

    ecosystem: str
    environment: str
    status: str
    object: ObjectId | None = None
    packages: int = 0
    error: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    extensions: tuple[tuple[str, bytes], ...] = ()
    later: Later | None = None

    @property
    def is_gap(self) -> bool:
        """Whether it is no environment, but a home that was not searched to the end: an environment has facts."""
        return bool(self.environment) and self.status == PARTIAL and self.object is None and not self.facts

    def kept(self) -> ObjectId | None:
        """Returns the object that every collector must keep for this slot, or None."""
        return self.object if self.later is None else self.later.object


LOOKED = "looked"
"""The role of the further object that says where environments were looked for."""
TABLE = "slots"
"""The role of the further object in which the slots of a snapshot are that has many."""


class Cause(NamedTuple):
    """Who asked for a snapshot, and how."""

    command: str = ""
    user: str = ""
    reason: str = ""


class Previous(NamedTuple):
    """The snapshot of the same machine that this writer saw last, and the checksum of its ref file."""

    id: SnapshotId
    checksum: bytes


class Snapshot(NamedTuple):
    """One record of a machine. Immutable: written once as a ref, never edited.

    Attributes:
        id: 32 lower-case hexadecimal digits; follow from origin, machine, sequence and moment.
        origin: The id of the repository in which it was made.
        machine: Identifies the machine, 32 hexadecimal digits.
        created_at: UTC, milliseconds since 1970.
        sequence: One more than the highest that its writer saw of its machine.
        previous: The snapshot before, or None.
        cause: Who asked for it.
        message: What a person wrote.
        slots: Sorted by ecosystem and environment, each pair once; `Elsewhere` where they are in a table (`TABLE`) that
            was not read, or cannot be.
        facts: Sorted pairs about the machine (`hostname`, `os`, `kernel`).
        roots: Further objects that every collector keeps: pairs (role, object), sorted by role, each role once.
        extensions: Optional fields of later versions, kept as they are: pairs (name, bytes).
    """

    id: SnapshotId
    origin: str
    machine: str
    created_at: int
    sequence: int
    previous: Previous | None
    cause: Cause
    message: str
    slots: tuple[Slot, ...]
    facts: tuple[tuple[str, str], ...] = ()
    roots: tuple[tuple[str, ObjectId], ...] = ()
    extensions: tuple[tuple[str, bytes], ...] = ()

    def objects(self) -> frozenset[ObjectId]:
        """Returns the ids of all objects that it needs."""
        return objects_of(self.slots, self.roots)

    def table(self) -> ObjectId | None:
        """Returns the object in which its slots are, or None where they are in the ref itself."""
        return table_of(self.roots)

    def looked(self) -> ObjectId | None:
        """Returns the object that says where environments were looked for, or None where nobody knows."""
        return next((root for role, root in self.roots if role == LOOKED), None)

    def unknown(self) -> CorruptError | FormatVersionError | None:
        """Returns why its slots cannot be read, or None where they are known."""
        return getattr(self.slots, "error", None)

    def counts(self) -> dict[str, int]:
        """Returns the number of packages of each ecosystem that was read, in the order of the slots."""
        totals: dict[str, int] = {}
        for slot in self.slots:
            if slot.object is not None:
                totals[slot.ecosystem] = totals.get(slot.ecosystem, 0) + slot.packages
        return totals

    def fact(self, key: str) -> str:
        """Returns the fact under `key`, or an empty string."""
        return next((value for name, value in self.facts if name == key), "")


def objects_of(slots: tuple[Slot, ...], roots: tuple[tuple[str, ObjectId], ...]) -> frozenset[ObjectId]:
    """Returns the ids of all objects that a snapshot with these slots and further roots needs."""
    kept = (slot.kept() for slot in slots)
    return frozenset(one for one in (*kept, *(root for _, root in roots)) if one is not None)


def table_of(roots: tuple[tuple[str, ObjectId], ...]) -> ObjectId | None:
    """Returns which of these further roots has the slots, or None."""
    # Nearly all snapshots have none.
    return next((root for role, root in roots if role == TABLE), None) if roots else None


RECONSTRUCTED = "reconstructed"
"""The fact of a snapshot that was not recorded when it was: its value says from what it was rebuilt."""
