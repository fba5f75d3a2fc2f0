"""Tables of slots out of the columns of a block, one after the other: the other half of `table_changes`.

Nothing that is read is trusted: all counts are compared before anything is made, and every position when it is used.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cortexrepo.codec.canonical import values_from
from cortexrepo.codec.packed import columns, kinds
from cortexrepo.codec.packed.replay import Replay
from cortexrepo.codec.packed.states import POINTER, State
from cortexrepo.codec.packed.table_changes import TABLE_COLUMNS
from cortexrepo.codec.slots import COUNT_LIMIT, beginning
from cortexrepo.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class TableColumns:
    """The columns of a block of tables, every count checked; and what is in them, table for table."""

    def __init__(self, found: Sequence[bytes], count: int) -> None:
        """Takes the columns, and how many tables they are; raises CorruptError for what no block has."""
        if len(found) != TABLE_COLUMNS or not 0 < count <= kinds.COUNT_LIMIT:
            raise CorruptError("the file is damaged: a block of tables cannot be read")
        starts, counts, gaps, goes, comes, rows = found
        self._starts = columns.decode_below(starts, count, kinds.BEFORE + 1)
        self._counts = columns.decode(counts, count)
        total = sum(self._counts)
        if self._starts[0] != kinds.EMPTY or total > kinds.CHANGES_LIMIT or len(rows) > kinds.BYTES_LIMIT:
            raise CorruptError(f"the file is damaged: a block has {total} changes, or begins with one of them")
        coming = columns.decode(comes, total)
        if total + sum(coming) > kinds.CHANGES_LIMIT:
            raise CorruptError(f"the file is damaged: a block has {sum(coming)} rows, and {total} changes")
        self._changes = zip(columns.decode(gaps, total), columns.decode(goes, total), coming, strict=True)
        try:
            self._rows = values_from(rows, 0)
        except ValueError as error:
            raise CorruptError("the file is damaged: the rows of a block cannot be told apart") from error
        if len(self._rows) != sum(coming):
            raise CorruptError(f"the file is damaged: a block does not have {sum(coming)} rows")

    def states(self) -> Iterator[State]:
        """Yields each table; raises CorruptError where its changes do not fit."""
        rows: tuple[bytes, ...] = ()
        coming = iter(self._rows)
        for start, count in zip(self._starts, self._counts, strict=True):
            rows, size = _next(() if start == kinds.EMPTY else rows, islice(self._changes, count), coming)
            yield State("", rows, size + POINTER * len(rows))


def _next(
    rows: tuple[bytes, ...], changes: Iterator[tuple[int, int, int]], coming: Iterator[bytes]
) -> tuple[tuple[bytes, ...], int]:
    """Returns the rows of the next table, and how many bytes those have that come."""
    made: list[bytes] = []
    at = size = 0
    for gap, goes, comes in changes:
        if at + gap + goes > len(rows):
            raise CorruptError("the file is damaged: a row stays or goes that is not there")
        made += rows[at : at + gap]
        new = list(islice(coming, comes))
        made += new
        size += sum(map(len, new))
        at += gap + goes
    made += rows[at:]
    if len(made) > COUNT_LIMIT:
        raise CorruptError(f"the file is damaged: a table has {len(made)} rows, and {COUNT_LIMIT} are allowed")
    return tuple(made), size


class TableReplay(Replay):
    """The tables of slots of one block."""

    def _begin(self) -> Iterator[State]:
        return TableColumns(self._columns, self.count).states()

    def _beginning(self, state: State) -> bytes:
        return beginning(len(state.rows))
