"""What snapshots need whose slots are in tables: who cannot read a table does not know, and collects nothing."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, FormatVersionError, RefusedError
from cortexrepo.model import refname
from cortexrepo.model.snapshot import TABLE, Slot
from cortexrepo.repository import layout
from cortexrepo.repository.upkeep.refusal import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cortexrepo.codec.packed.rows import Segment
    from cortexrepo.model.ids import ObjectId, SnapshotId
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.refs.refs import Refs


class Tabled:
    """The tables of one collection.

    Attributes:
        claimed: The snapshots that are going, and may still be in a segment.
    """

    def __init__(self, refs: Refs, location: str) -> None:
        """Takes the refs, and where they are, for messages."""
        self.claimed: frozenset[SnapshotId] = frozenset()
        self._refs = refs
        self._location = location
        self._tables: dict[str, ObjectId] = {}

    def note(self, key: str, snapshot: Snapshot) -> None:
        """Notes which table a pin or a ref names; nearly all name none."""
        table = snapshot.table()
        if table is not None:
            self._tables[key] = table

    def needed(self, key: str) -> frozenset[bytes]:
        """Returns the digests of what is in the table that a pin or a ref names; raises RefusedError."""
        table = self._tables.get(key)
        return frozenset() if table is None else self._in(table, refname.parse(key.rpartition("/")[2]))

    def needed_in(self, segment: Segment, tables: Mapping[ObjectId, RefName]) -> set[bytes]:
        """Returns the same of the tables that refs in a segment name, with such a ref of each; raises RefusedError.

        A table that cannot be read needs nothing where all who name it are going: else nobody could get rid of it.
        """
        found: set[bytes] = set()
        strict = segment.objects(self.claimed)[1] if tables and self.claimed else tables
        for table, name in tables.items():
            with contextlib.nullcontext() if table in strict else contextlib.suppress(RefusedError):
                found |= self._in(table, name)
        return found

    def _in(self, table: ObjectId, needed: RefName | None) -> frozenset[bytes]:
        try:
            slots = self._refs.tables().load(table)
        except (CorruptError, FormatVersionError) as error:
            raise unreadable(self._location, layout.object_key(table), error, needed) from error
        return frozenset(bytes.fromhex(held) for held in map(Slot.kept, slots) if held is not None)


def held_by(snapshot: Snapshot) -> Iterator[tuple[tuple[str, str, str], ObjectId | None]]:
    """Yields for each slot of a snapshot, and for the table of them, what it is of its machine, and its object."""
    for slot in snapshot.slots:
        yield (snapshot.machine, slot.ecosystem, slot.environment), slot.object
    yield (snapshot.machine, TABLE, ""), snapshot.table()
