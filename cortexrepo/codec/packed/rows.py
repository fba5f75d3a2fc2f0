"""The rows of a segment, read: refs as columns, of which only what is asked for becomes names and snapshots.

`cortexrepo.codec.packed.segments` says how they lie in a file.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import groupby
from operator import add, lt
from typing import TYPE_CHECKING

from cortexrepo.codec import refs
from cortexrepo.codec.packed import columns
from cortexrepo.codec.packed.tables import ROOTS, ReadTables
from cortexrepo.errors import CorruptError
from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.snapshot import Previous, Snapshot, objects_of, table_of
from cortexrepo.model.stretch import BEGINNING, Stretch
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot

MINUTE = 60_000
NONE, ELSEWHERE = 0, 1
"""How a row's link to the snapshot before is stored; more: so many rows before, plus one."""
CHECKSUM = 32


class Group(NamedTuple):
    """The refs of one machine that were made in one repository, in a segment: ascending by name.

    Attributes:
        machine: The machine's id.
        origin: The repository's id.
        key: Stands for both in the snapshots' ids (`codec.identity`).
        start: The first one's row.
        rows: How many there are.
        first: The first one's name.
        last: The last one's name.
        latest: The latest moment of any of them.
    """

    machine: str
    origin: str
    key: int
    start: int
    rows: int
    first: RefName
    last: RefName
    latest: int

    def may_hold(self, snapshot: SnapshotId) -> bool:
        """Returns whether a snapshot may be among them, by its id alone."""
        found = refname.parts_of(self.key, snapshot)
        return found is not None and self.first <= refname.make(*found, self.machine, snapshot) <= self.last


class Head(NamedTuple):
    """What can be known of a segment without its body."""

    groups: tuple[Group, ...]


class Stay(NamedTuple):
    """Successive rows, from the first to the last, that hold the very same: that of each of them."""

    first: int
    last: int


class Segment:
    """The refs of a segment, by row."""

    def __init__(self, head: Head, body: object) -> None:
        """Takes what `decode` found; raises CorruptError where its columns cannot be read."""
        self.head = head
        self._count = sum(group.rows for group in head.groups)
        match body:
            case (sequences, minutes, rests, links, tuple(elsewhere), tuple(anchors), tuple(texts), tables):
                pass
            case _:
                raise CorruptError("the file is damaged: its body cannot be read")
        self._sequences = columns.decode_walk(sequences, self._count)
        begun = map(MINUTE.__mul__, columns.decode_walk(minutes, self._count))
        self._created = list(map(add, begun, columns.decode_below(rests, self._count, MINUTE)))
        if not (_within(self._sequences, refname.HIGHEST + 1) and _within(self._created, refname.END)):
            raise CorruptError("the file is damaged: a sequence number or a time is out of range")
        self._links = columns.decode(links, self._count)
        self.elsewhere = {
            row: Previous(SnapshotId(found[0].hex()), found[1])
            for row, found in self._exceptions(elsewhere, 16, CHECKSUM)
        }
        self.anchors = {row: found[0] for row, found in self._exceptions(anchors, CHECKSUM)}
        self._tables = ReadTables(tables)
        self._texts = self._tables.columns(texts, self._count)
        self._checksums: dict[int, bytes] = {}
        self._names: dict[int, list[RefName]] = {}
        self._checked: set[int] = set()

    def _exceptions(self, values: tuple[object, ...], *sizes: int) -> list[tuple[int, tuple[bytes, ...]]]:
        found: list[tuple[int, tuple[bytes, ...]]] = []
        for number, value in enumerate(values):
            match value:
                case (int(row), *parts) if 0 <= row < self._count and row is not True and row is not False:
                    known = tuple(part for part in parts if isinstance(part, bytes))
                    if len(known) == len(parts) and tuple(map(len, known)) == sizes:
                        found.append((row, known))
                        continue
            raise CorruptError(f"the file is damaged: row {number} of a list cannot be read")
        return found

    def names(self, group: Group) -> list[RefName]:
        """Returns the names of one machine's refs, ascending; raises CorruptError when they are not."""
        known = self._names.get(group.start)
        if known is None:
            known = self.names_of(group, range(group.start, group.start + group.rows))
            if not all(map(lt, known, known[1:])) or known[0] != group.first or known[-1] != group.last:
                raise CorruptError("the file is damaged: its names are out of order")
            self._names[group.start] = known
        return known

    def name(self, group: Group, row: int) -> RefName:
        """Returns the name of one of a machine's refs, without making those of the others."""
        known = self._names.get(group.start)
        return known[row - group.start] if known is not None else self.names_of(group, [row])[0]

    def names_of(self, group: Group, rows: Sequence[int]) -> list[RefName]:
        """Returns the names in these rows of a machine's refs; not checked as `names` does."""
        return refname.made(group.machine, group.key, _at(self._sequences, rows), _at(self._created, rows))

    def row(self, group: Group, name: RefName) -> int | None:
        """Returns the row of the ref of that name, or None; raises CorruptError as `names` does."""
        self.check(group)
        rows = range(group.start, group.start + group.rows)
        key = refname.rank(name.sequence, name.created_at)
        for at in range(bisect_left(rows, key, key=self.rank), bisect_right(rows, key, key=self.rank)):
            if self.name(group, rows[at]) == name:
                return rows[at]
        return None

    def has_number(self, group: Group, sequence: int) -> bool:
        """Returns whether one of a machine's refs has that sequence number; raises CorruptError as `names` does."""
        at = self.row_from(group, sequence)
        return at < group.start + group.rows and self._sequences[at] == sequence

    def row_from(self, group: Group, sequence: int) -> int:
        """Returns the first row of a machine's refs from that number on; raises CorruptError as `names` does."""
        self.check(group)
        return bisect_left(self._sequences, sequence, group.start, group.start + group.rows)

    def rows_of(self, group: Group, snapshots: Iterable[SnapshotId]) -> list[int]:
        """Returns the rows of those of these snapshots that are among a machine's refs, ascending."""
        parts = [found for found in (refname.parts_of(group.key, one) for one in snapshots) if found is not None]
        sequences, moments = [sequence for sequence, _ in parts], [moment for _, moment in parts]
        names = refname.made(group.machine, group.key, sequences, moments)
        rows = (self.row(group, name) for name in names if group.first <= name <= group.last)
        return sorted(row for row in rows if row is not None)

    def stays(self, group: Group, start: int, stop: int) -> list[Stay]:
        """Returns from which row to which, of those from `start` to before `stop`, the very same is held, newest first.

        Raises CorruptError as `names` does.
        """
        self.check(group)
        sets: list[int] | list[tuple[int, int]] = self._texts[-1][start:stop]
        if self._tables.naming:
            sets = list(zip(self._texts[-1][start:stop], self._texts[ROOTS][start:stop], strict=True))
        found: list[Stay] = []
        end = stop
        for _, same in groupby(reversed(sets)):
            count = sum(1 for _ in same)
            found.append(Stay(end - count, end - 1))
            end -= count
        return found

    def stretch(self, group: Group, start: int, stop: int) -> Stretch:
        """Returns the snapshots in the rows from `start` to before `stop`, newest first, without tags.

        Raises CorruptError as `names` does, and where what one of them holds makes no sense.
        """
        self.check(group)
        rows = slice(start, stop)
        ids = refname.beginnings(group.key, self._sequences[rows], self._created[rows], BEGINNING)
        kinds = list(zip(*(column[rows] for column in self._texts), strict=True))
        alike = {
            kind: self.outline(group, row) for kind, row in dict(zip(kinds, range(start, stop), strict=True)).items()
        }
        return Stretch(ids[::-1], self._created[rows][::-1], kinds[::-1], alike, {})

    def check(self, group: Group) -> None:
        """Makes sure that a machine's refs are in order, once; raises CorruptError as `names` does."""
        if group.start in self._checked:
            return
        rows = range(group.start, group.start + group.rows)
        sequences = self._sequences[rows.start : rows.stop]
        first, last = self.names_of(group, [rows[0], rows[-1]])
        if max(self._created[rows.start : rows.stop]) != group.latest:
            raise CorruptError("the file is damaged: its list of machines states another latest time")
        if first != group.first or last != group.last or not all(map(lt, sequences, sequences[1:])):
            # Two may have one number; then their moments decide, and then their ids.
            self.names(group)
        self._checked.add(group.start)

    def rank(self, row: int) -> int:
        """Returns the rank of the ref in a row."""
        return refname.rank(self._sequences[row], self._created[row])

    def moments(self, group: Group) -> list[int]:
        """Returns when each of a machine's refs was made, in milliseconds since 1970."""
        return self._created[group.start : group.start + group.rows]

    def slots(self, row: int) -> tuple[Slot, ...]:
        """Returns what a row's snapshot holds; rows that hold the same give the very same tuple, or `Elsewhere`."""
        return self._tables.held(self._texts[-1][row], self._texts[ROOTS][row])

    def objects(self, going: AbstractSet[SnapshotId]) -> tuple[set[ObjectId], dict[ObjectId, RefName]]:
        """Returns the ids of all objects that the refs in it name, except those that are going.

        And of these the tables of slots, with a ref that names each: the objects that are named there are needed too.
        """
        held: dict[tuple[int, int], RefName] = {}
        for group in self.head.groups:
            for row, name in enumerate(self.names(group), group.start):
                if not going or name.id not in going:
                    held[self._texts[-1][row], self._texts[ROOTS][row]] = name
        needed = (objects_of(self._tables.slots(slots), self._tables.roots(roots)) for slots, roots in held)
        tables = {table_of(self._tables.roots(roots)): name for (_, roots), name in held.items()}
        return set().union(*needed), {table: name for table, name in tables.items() if table is not None}

    def snapshot(self, group: Group, row: int) -> Snapshot:
        """Returns the snapshot in a row of a machine's refs, as its ref file had it; raises CorruptError."""
        chain, at = [], row
        while self._links[at] > ELSEWHERE and at not in self.anchors:
            at = self._before(group, at)
            if at in self._checksums:
                break
            chain.append(at)
        # From the one whose link is known: each checksum follows from the one before.
        for known in reversed(chain):
            self._reckon(group, known)
        return self.outline(group, row, self._previous(group, row))

    def checksum(self, group: Group, row: int) -> bytes:
        """Returns the checksum of a row's ref file, reckoned from all that is in it; raises CorruptError."""
        if row not in self._checksums:
            self.snapshot(group, row)
            self._reckon(group, row)
        return self._checksums[row]

    def _reckon(self, group: Group, row: int) -> None:
        snapshot = self.outline(group, row, self._previous(group, row))
        self._checksums[row] = refs.checksum_of(refs.encode(snapshot))

    def outline(self, group: Group, row: int, previous: Previous | None = None) -> Snapshot:
        """Returns the snapshot in a row with another link to the one before, or none; raises CorruptError."""
        self.check(group)
        own = self.name(group, row).id
        cause, message, facts, roots, extensions = self._tables.texts(self._texts, row)
        return Snapshot(
            own, group.origin, group.machine, self._created[row], self._sequences[row], previous,
            cause, message, self.slots(row), facts, roots, extensions,
        )  # fmt: skip

    def _previous(self, group: Group, row: int) -> Previous | None:
        if self._links[row] == NONE:
            return None
        if self._links[row] == ELSEWHERE:
            if row in self.elsewhere:
                return self.elsewhere[row]
            raise CorruptError(f"the file is damaged: row {row} has no link to the snapshot before")
        before = self._before(group, row)
        checksum = self.anchors[row] if row in self.anchors else self._checksums[before]
        return Previous(self.name(group, before).id, checksum)

    def _before(self, group: Group, row: int) -> int:
        before = row - (self._links[row] - 1)
        if not group.start <= before < row:
            raise CorruptError(f"the file is damaged: row {row} refers to a row that is missing")
        return before


def _at(column: Sequence[int], rows: Sequence[int]) -> Sequence[int]:
    """Returns what a column has in some rows."""
    return (
        column[rows.start : rows.stop]
        if isinstance(rows, range) and rows.step == 1
        else list(map(column.__getitem__, rows))
    )


def _within(values: list[int], end: int) -> bool:
    return not values or (min(values) >= 0 and max(values) < end)
