"""What the refs of a segment have in common: each cause, message, slot and set of slots is stored once."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cortexrepo.codec import records, refs
from cortexrepo.codec.objects import pairs
from cortexrepo.codec.packed import columns
from cortexrepo.errors import CorruptError
from cortexrepo.model.snapshot import table_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.snapshot import Cause, Slot, Snapshot

Texts = tuple[list[int], list[int], list[int], list[int], list[int], list[int]]
"""The positions of each row's cause, message, facts, further roots, optional fields and slots."""
ROOTS = 3
"""The place of the further roots in these."""
Pairs = tuple[tuple[str, str], ...]
Extensions = tuple[tuple[str, bytes], ...]
Roots = tuple[tuple[str, "ObjectId"], ...]
_COLUMNS = 6


class Tables:
    """Values by position, in the order in which they were met."""

    def __init__(self) -> None:
        """Makes empty tables, to place snapshots in."""
        self._causes: dict[object, int] = {}
        self._messages: dict[object, int] = {}
        self._facts: dict[object, int] = {}
        self._roots: dict[object, int] = {}
        self._extensions: dict[object, int] = {}
        self._slots: dict[object, int] = {}
        self._sets: dict[object, int] = {}

    def place(self, snapshot: Snapshot) -> tuple[int, int, int, int, int, int]:
        """Returns the positions of a snapshot's cause, message, facts, further roots, optional fields and slots."""
        slots = tuple(_place(self._slots, refs.slot_row(slot)) for slot in refs.inline(snapshot))
        return (
            _place(self._causes, tuple(snapshot.cause)),
            _place(self._messages, snapshot.message),
            _place(self._facts, snapshot.facts),
            _place(self._roots, refs.roots_row(snapshot.roots)),
            _place(self._extensions, snapshot.extensions),
            _place(self._sets, slots),
        )

    def value(self) -> tuple[object, ...]:
        """Returns the tables as they are stored."""
        tables = (self._causes, self._messages, self._facts, self._roots, self._extensions, self._slots)
        sets = [cast("tuple[int, ...]", one) for one in self._sets]
        sizes = columns.encode(map(len, sets))
        return (*map(tuple, tables), sizes, columns.encode(slot for one in sets for slot in one), len(sets))


class ReadTables:
    """Tables that were stored, checked as far as they are looked at."""

    def __init__(self, value: object) -> None:
        """Takes what `Tables.value` gave; raises CorruptError for anything else."""
        match value:
            case (tuple(causes), tuple(messages), tuple(facts), tuple(roots), tuple(extensions), tuple(slots),
                  bytes(sizes), members, int(count)) if 0 <= count <= len(sizes):  # fmt: skip
                self._causes = [refs.read_cause(cause) for cause in causes]
                self._messages = [refs.read_message(message) for message in messages]
                self._facts = _checked(facts, lambda one: isinstance(one, tuple) and pairs(one))
                self._roots = [refs.read_roots(one if isinstance(one, tuple) else (one,)) for one in roots]
                self.naming = {place for place, one in enumerate(self._roots) if table_of(one) is not None}
                """Which of the further roots name a table of slots."""
                self._extensions = _checked(
                    extensions, lambda one: isinstance(one, tuple) and records.are_extensions(one)
                )
                self._slots = [refs.read_slot(slot) for slot in slots]
                self._sets = self._split(columns.decode(sizes, count), members)
            case _:
                raise CorruptError("the file is damaged: its tables cannot be read")
        self._known: dict[int, tuple[Slot, ...]] = {}

    def _split(self, sizes: list[int], members: object) -> list[list[int]]:
        found = columns.decode_below(members, sum(sizes), len(self._slots))
        sets, start = [], 0
        for size in sizes:
            sets.append(found[start : start + size])
            start += size
        return sets

    def columns(self, values: tuple[object, ...], count: int) -> Texts:
        """Returns the columns of positions of `count` rows; raises CorruptError when one leads nowhere."""
        tables: tuple[Sequence[object], ...] = (
            self._causes, self._messages, self._facts, self._roots, self._extensions, self._sets,
        )  # fmt: skip
        if len(values) != _COLUMNS:
            raise CorruptError("the file is damaged: a column is missing")
        found = [columns.decode_walk(value, count) for value in values]
        for column, table in zip(found, tables, strict=True):
            if column and not 0 <= min(column) <= max(column) < len(table):
                raise CorruptError(f"the file is damaged: a column points beyond a table of {len(table)} rows")
        return found[0], found[1], found[2], found[3], found[4], found[5]

    def slots(self, position: int) -> tuple[Slot, ...]:
        """Returns a set of slots, the very same each time; raises CorruptError when it is not one snapshot's."""
        known = self._known.get(position)
        if known is None:
            known = refs.in_order(tuple(map(self._slots.__getitem__, self._sets[position])))
            self._known[position] = known
        return known

    def held(self, position: int, roots: int) -> tuple[Slot, ...]:
        """Returns what a row with this set of slots and these further roots holds; else as `slots`.

        That is `Elsewhere` where the roots name a table.
        """
        found = self.slots(position)
        return refs.placed(found, self._roots[roots]) if roots in self.naming else found

    def roots(self, position: int) -> Roots:
        """Returns further roots."""
        return self._roots[position]

    def texts(self, found: Texts, row: int) -> tuple[Cause, str, Pairs, Roots, Extensions]:
        """Returns a row's cause, message, facts, further roots and optional fields."""
        return (
            self._causes[found[0][row]],
            self._messages[found[1][row]],
            cast("Pairs", self._facts[found[2][row]]),
            self._roots[found[ROOTS][row]],
            cast("Extensions", self._extensions[found[4][row]]),
        )


def _checked(values: tuple[object, ...], is_right: Callable[[object], bool]) -> tuple[object, ...]:
    if all(map(is_right, values)):
        return values
    raise CorruptError("the file is damaged: a row of a table cannot be read")


def _place(table: dict[object, int], value: object) -> int:
    return table.setdefault(value, len(table))
