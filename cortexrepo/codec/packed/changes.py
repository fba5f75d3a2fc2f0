"""Manifests as changes: each against the one before it, every kind of fact in a column of its own.

A manifest is a list of rows in order. Its changes walk through the rows of the one before: so many rows stay, then one
goes, one comes, or one is another; and so on; the rest stay. The first manifest of a block, and each that has more
changes than rows, starts from no rows, so that all of its rows come. docs/format.md, part 7, lists the columns.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from cortexrepo.codec.packed import columns, edits
from cortexrepo.codec.packed.kinds import (
    ARCH,
    ATTRIBUTES,
    BEFORE,
    BYTES_LIMIT,
    CHANGES_LIMIT,
    COUNT_LIMIT,
    EMPTY,
    FLAGS,
    GONE,
    NEW,
    VERSION,
)
from cortexrepo.codec.packed.scripts import come, split, walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.codec.packed.kinds import Row
    from cortexrepo.codec.packed.scripts import Change, Rows

_NUMBERS = 40
"""The numbers and ends of one change take no more bytes in all columns together."""


class Changes:
    """The changes of one block, gathered column by column."""

    def __init__(self) -> None:
        """Begins an empty block."""
        self.count = 0
        self._changes = self._pairs = self._bytes = 0
        self._last: Rows | None = None
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

    def add(self, raw: bytes) -> bool:
        """Takes the next manifest's canonical bytes; False, and nothing is taken, where the block has no room for it.

        Raises:
            ValueError: Changes cannot bring these bytes back exactly: they are no manifest, or not canonical.
        """
        found = None if self._last is None else walk(self._last, raw)
        start, script = BEFORE, None if found is None else found[0]
        rows = None if found is None else found[1]
        if script is None or rows is None:
            rows = split(raw)
            start, script = EMPTY, [(0, None, come(row)) for row in rows.rows]
        if not self._has_room(script, len(raw) if start == EMPTY else 0):
            return False
        self.count += 1
        self._starts.append(start)
        if start == EMPTY:
            self._ecosystems.append(rows.ecosystem)
        self._counts.append(len(script))
        for gap, old, new in script:
            self._note(gap, old, None if new is None else new.row)
        self._last = rows
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
            columns.encode(cut for cut, _, _, _ in self._edits),
            columns.encode(step for _, step, _, _ in self._edits),
            columns.encode(drop for _, _, drop, _ in self._edits),
            columns.encode_texts(text for _, _, _, text in self._edits),
            columns.encode(self._shared),
            columns.encode_texts(self._names),
            columns.encode_texts(self._versions),
        )

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
