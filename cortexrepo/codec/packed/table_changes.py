"""Tables of slots as changes: each against the one before it, row by row.

The tables of one machine have nearly all rows in common. A change is: so many rows stay, then so many go, and so many
come. docs/format.md, part 7, lists the columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec.packed import columns
from cortexrepo.codec.packed.kinds import BEFORE, BYTES_LIMIT, CHANGES_LIMIT, COUNT_LIMIT, EMPTY
from cortexrepo.codec.slots import split

if TYPE_CHECKING:
    from collections.abc import Sequence

TABLE_COLUMNS = 6
"""The columns of a block of tables."""
_NUMBERS = 24
"""The numbers of one change take no more bytes in all columns together."""


class Change(NamedTuple):
    """How many rows stay, how many go then, and which come in their place."""

    gap: int
    goes: int
    comes: Sequence[bytes]


class TableChanges:
    """The tables of one block, gathered column by column."""

    def __init__(self) -> None:
        """Begins an empty block."""
        self.count = 0
        self._last: list[bytes] | None = None
        self._bytes = 0
        self._starts: list[int] = []
        self._counts: list[int] = []
        self._changes: list[Change] = []
        self._rows = 0

    def add(self, raw: bytes) -> bool:
        """Takes the next table's canonical bytes; False, and nothing is taken, where the block has no room for it.

        Raises CorruptError for what is no table.
        """
        rows = split(raw)
        start, found = BEFORE, None if self._last is None else between(self._last, rows)
        if found is None or sum(len(one.comes) for one in found) >= len(rows):
            start, found = EMPTY, [Change(0, 0, rows)]
        come = sum(len(one.comes) for one in found)
        length = self._bytes + _NUMBERS * len(found) + sum(len(row) for one in found for row in one.comes)
        count = len(self._changes) + len(found) + self._rows + come
        if self.count == COUNT_LIMIT or count > CHANGES_LIMIT or length > BYTES_LIMIT:
            return False
        self._bytes, self._rows = length, self._rows + come
        self._starts.append(start)
        self._counts.append(len(found))
        self._changes += found
        self._last = rows
        self.count += 1
        return True

    def columns(self) -> tuple[bytes, ...]:
        """Returns the columns; the small ones are neighbours, for they are compressed together."""
        return (
            columns.encode(self._starts),
            columns.encode(self._counts),
            columns.encode(one.gap for one in self._changes),
            columns.encode(one.goes for one in self._changes),
            columns.encode(len(one.comes) for one in self._changes),
            b"".join(row for one in self._changes for row in one.comes),
        )


def between(before: Sequence[bytes], after: Sequence[bytes]) -> list[Change]:
    """Returns the changes that make the rows `after` of the rows `before`, whatever these are.

    They are few where both are in one order, as the slots of tables are.
    """
    old, new = frozenset(before), frozenset(after)
    found: list[Change] = []
    i = j = 0
    while i < len(before) or j < len(after):
        gap = i
        while i < len(before) and j < len(after) and before[i] == after[j]:
            i, j = i + 1, j + 1
        gap = i - gap
        start, first = i, j
        while i < len(before) and before[i] not in new:
            i += 1
        while j < len(after) and after[j] not in old:
            j += 1
        if (start, first) == (i, j) and (i < len(before) or j < len(after)):
            # Both have both rows, in another order: no table is so.
            i, j = len(before), len(after)
        if (start, first) != (i, j):
            found.append(Change(gap, i - start, after[first:j]))
    return found
