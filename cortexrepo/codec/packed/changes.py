"""Manifests as changes: each against the one before it, every kind of fact in a column of its own.

A manifest is a list of rows in order. Its changes walk through the rows of the one before: so many rows stay, then one
goes, one comes, or one is another; and so on; the rest stay. The first manifest of a block, and each that has more
changes than rows, starts from no rows, so that all of its rows come. docs/format.md, part 7, lists the columns.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple, cast

from cortexrepo.codec.canonical import array_head, array_parts, fits, pack, parsed
from cortexrepo.codec.objects import RAW_LIMIT
from cortexrepo.codec.packed import columns, edits

if TYPE_CHECKING:
    from collections.abc import Sequence

COLUMNS = 17
"""The columns of a block; `Changes.columns` says which."""
COUNT_LIMIT = 256
"""More manifests are not in one block: so much is lost with a damaged one, and looked through for one manifest."""
CHANGES_LIMIT = 1 << 19
"""More changes, or attributes, are not in one block; a manifest of more rows is stored whole."""
BYTES_LIMIT = 2 * RAW_LIMIT
"""The rows that come in a block are no longer together, in bytes, for readers hold them; nor are its columns."""
GONE, NEW, VERSION, ARCH, FLAGS, ATTRIBUTES = 0, 1, 2, 4, 8, 16
"""What a change is: a row that goes, one that comes, or the sum of what is another in one that stays."""
EMPTY, BEFORE = 0, 1
"""What a manifest starts from: no rows, or those of the one before."""
_NUMBERS = 40
"""The numbers and ends of one change take no more bytes in all columns together."""

Row = tuple[str, str, str, int, tuple[tuple[str, str], ...]]


class New(NamedTuple):
    """A row that comes, or is made of another, and how many canonical bytes it has."""

    row: Row
    size: int


Change = tuple[int, "Row | None", "New | None"]
"""How many rows stay; then the row that goes or is changed, and the row that comes or is made of it."""


class Table(NamedTuple):
    """A manifest: its ecosystem, and its rows, each in msgpack and unique. Whether they are rows is not checked."""

    ecosystem: str
    rows: list[bytes]
    unique: set[bytes]


def table(raw: bytes) -> Table | None:
    """Returns the rows of a manifest's canonical bytes; None for anything that no list of rows brings back exactly."""
    try:
        ecosystem, rows = array_parts(raw)
    except ValueError:
        return None
    unique = set(rows)
    if type(ecosystem) is not str or len(unique) != len(rows) or len(rows) > CHANGES_LIMIT:
        return None
    return Table(ecosystem, rows, unique) if raw.startswith(beginning(ecosystem, len(rows))) else None


def beginning(ecosystem: str, count: int) -> bytes:
    """Returns with which canonical bytes a manifest of so many rows begins; those of the rows follow."""
    return array_head(2) + pack(ecosystem) + array_head(count)


class Changes:
    """The changes of one block, gathered column by column. `add` may refuse: then the block is full."""

    def __init__(self) -> None:
        """Begins an empty block."""
        self.count = 0
        self._changes = self._pairs = self._bytes = 0
        self._last: Table | None = None
        self._name = ""
        self._starts: list[int] = []
        self._counts: list[int] = []
        self._ecosystems: list[str] = []
        self._gaps: list[int] = []
        self._kinds: list[int] = []
        self._edits: list[edits.Edit] = []
        self._shared: list[int] = []
        self._names: list[str] = []
        self._arches: list[str] = []
        self._versions: list[str] = []
        self._flags: list[int] = []
        self._attributes: list[tuple[tuple[str, str], ...]] = []

    def add(self, found: Table, size: int) -> bool:
        """Takes the next manifest, of so many canonical bytes.

        Returns False, and takes nothing, where it does not fit, or some of its rows are none.
        """
        try:
            start, script = self._script(found)
        except (ValueError, RecursionError):
            return False
        if not self._has_room(script, size if start == EMPTY else 0):
            return False
        self.count += 1
        self._starts.append(start)
        if start == EMPTY:
            self._ecosystems.append(found.ecosystem)
        self._counts.append(len(script))
        for gap, old, new in script:
            self._note(gap, old, None if new is None else new.row)
        self._last = found
        return True

    def columns(self) -> tuple[bytes, ...]:
        """Returns the columns; the small ones are neighbours, for they are compressed together."""
        pairs = list(chain.from_iterable(self._attributes))
        return (
            columns.encode(self._starts),
            columns.encode_texts(self._ecosystems),
            columns.encode(map(len, self._attributes)),
            columns.encode_texts(key for key, _ in pairs),
            columns.encode_texts(value for _, value in pairs),
            columns.encode(self._flags),
            columns.encode_texts(self._arches),
            columns.encode(self._counts),
            columns.encode(self._kinds),
            columns.encode(self._gaps),
            columns.encode(edit.cut for edit in self._edits),
            columns.encode(edit.step for edit in self._edits),
            columns.encode(edit.drop for edit in self._edits),
            columns.encode_texts(edit.text for edit in self._edits),
            columns.encode(self._shared),
            columns.encode_texts(self._names),
            columns.encode_texts(self._versions),
        )

    def _script(self, found: Table) -> tuple[int, list[Change]]:
        """Returns what a manifest starts from, and its changes; ValueError for what is no row."""
        last = self._last
        script = None if last is None or last.ecosystem != found.ecosystem else _between(last, found)
        if script is None or len(script) > len(found.rows):
            return EMPTY, [(0, None, _come(row)) for row in found.rows]
        return BEFORE, script

    def _has_room(self, script: Sequence[Change], size: int) -> bool:
        """Returns whether the block has room for these changes, and notes that it is taken."""
        made = [new for _, _, new in script if new is not None]
        count = self._changes + len(script)
        pairs = self._pairs + sum(len(new.row[4]) for new in made)
        # The columns take no more than the rows that come or are made, and the widest number in each column.
        length = self._bytes + (size or sum(new.size for new in made)) + _NUMBERS * len(script)
        if self.count == COUNT_LIMIT or max(count, pairs) > CHANGES_LIMIT or length > BYTES_LIMIT:
            return False
        self._changes, self._pairs, self._bytes = count, pairs, length
        return True

    def _note(self, gap: int, old: Row | None, new: Row | None) -> None:
        self._gaps.append(gap)
        if new is None:
            self._kinds.append(GONE)
        elif old is None:
            self._kinds.append(NEW)
            self._come(new)
        else:
            self._kinds.append(self._change(old, new))

    def _come(self, row: Row) -> None:
        name, arch, version, flags, attributes = row
        shared = edits.same_beginning(self._name, name)
        self._name = name
        self._shared.append(shared)
        self._names.append(name[shared:])
        self._arches.append(arch)
        self._versions.append(version)
        self._flags.append(flags)
        self._attributes.append(attributes)

    def _change(self, old: Row, new: Row) -> int:
        kind = 0
        _, arch, version, flags, attributes = new
        if version != old[2]:
            kind |= VERSION
            self._edits.append(edits.between(old[2], version))
        if arch != old[1]:
            kind |= ARCH
            self._arches.append(arch)
        if flags != old[3]:
            kind |= FLAGS
            self._flags.append(flags)
        if attributes != old[4]:
            kind |= ATTRIBUTES
            self._attributes.append(attributes)
        return kind


def _between(before: Table, after: Table) -> list[Change] | None:
    """Returns the changes from one list of rows to the next; None where what is in both is in another order.

    A row that goes and one that comes in the same place are one change, if their names are the same.
    """
    both = before.unique & after.unique
    old, new = before.rows, after.rows
    going = [(place, _row(row)) for place, row in enumerate(old) if row not in both]
    coming = [(place, _come(row)) for place, row in enumerate(new) if row not in both]
    script: list[Change] = []
    at_old = at_new = one = other = 0
    while one < len(going) or other < len(coming):
        far_old = going[one][0] - at_old if one < len(going) else len(old) + len(new)
        far_new = coming[other][0] - at_new if other < len(coming) else len(old) + len(new)
        gap = min(far_old, far_new)
        gone = going[one][1] if far_old == gap else None
        come = coming[other][1] if far_new == gap else None
        if gone is not None and come is not None and gone[0] != come.row[0]:
            # The first in order: so rows of one name meet.
            gone, come = (gone, None) if gone[0] < come.row[0] else (None, come)
        if old[at_old : at_old + gap] != new[at_new : at_new + gap]:
            return None
        script.append((gap, gone, come))
        at_old, one = at_old + gap + (gone is not None), one + (gone is not None)
        at_new, other = at_new + gap + (come is not None), other + (come is not None)
    return script if old[at_old:] == new[at_new:] else None


def _row(data: bytes) -> Row:
    return cast("Row", parsed(data))


def _come(data: bytes) -> New:
    """Returns a row with its size; ValueError where it is no row, or is not canonical."""
    row = parsed(data)
    if not _is_row(row) or pack(row) != data:
        raise ValueError("not a row")
    return New(cast("Row", row), len(data))


def _is_row(row: object) -> bool:
    if not fits(row, str, str, str, int, tuple):
        return False
    *_, flags, attributes = cast("Row", row)
    return flags >= 0 and (not attributes or all(fits(pair, str, str) for pair in attributes))
