"""Scripts: which changes make one manifest of another, found in their canonical bytes.

What is the same is compared as bytes and never taken apart: of two manifests of 700 rows only the few that differ are.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import cast

from cortexrepo.codec.canonical import array_parts, array_start, fits, pack, parsed, value_at
from cortexrepo.codec.packed.kinds import CHANGES_LIMIT, Row, beginning
from cortexrepo.named import NamedTuple

_FIRST = 64
"""So many bytes are compared first; then twice as many, and so on."""


class New(NamedTuple):
    """A row that comes, or is made of another, and how many canonical bytes it has."""

    row: Row
    size: int


Change = tuple[int, "Row | None", "New | None"]
"""How many rows stay; then the row that goes or is changed, and the row that comes or is made of it."""


class Rows(NamedTuple):
    """A manifest.

    Attributes:
        ecosystem: Its ecosystem.
        raw: Its canonical bytes.
        rows: Those of each row.
        ends: Where the first row begins, and where each ends.
    """

    ecosystem: str
    raw: bytes
    rows: list[bytes]
    ends: list[int]


def split(raw: bytes) -> Rows:
    """Returns a manifest's rows, which are not checked themselves; ValueError for what has no rows, or too many."""
    ecosystem, rows = array_parts(raw)
    if type(ecosystem) is not str or len(rows) > CHANGES_LIMIT:
        raise ValueError("not a manifest")
    return _checked(ecosystem, raw, rows)


def _checked(ecosystem: str, raw: bytes, rows: list[bytes]) -> Rows:
    """Returns a manifest with these rows; ValueError where it does not begin as one of so many."""
    start = beginning(ecosystem, len(rows))
    if not raw.startswith(start):
        raise ValueError("not a manifest")
    return Rows(ecosystem, raw, rows, list(accumulate(map(len, rows), initial=len(start))))


def come(data: bytes) -> New:
    """Returns a row with its size; ValueError where it is no row, or is not canonical."""
    return _new(parsed(data), data)


def _new(row: object, data: bytes) -> New:
    if not _is_row(row) or pack(row) != data:
        raise ValueError("not a row")
    return New(cast("Row", row), len(data))


def _is_row(row: object) -> bool:
    if not fits(row, str, str, str, int, tuple):
        return False
    *_, flags, attributes = cast("Row", row)
    return flags >= 0 and (not attributes or all(fits(pair, str, str) for pair in attributes))


def walk(before: Rows, raw: bytes) -> tuple[list[Change], Rows] | None:
    """Returns the changes to the next manifest, and its rows; None where they would be more than its rows.

    Any order of rows gives changes that lead from one to the other; that of a manifest gives few.

    Raises:
        ValueError: The bytes are no manifest.
    """
    ecosystem, end = value_at(raw, 1)
    if ecosystem != before.ecosystem:
        return None
    return _Walk(before, raw, array_start(raw, end)).run()


class _Walk:
    """One walk through two manifests, side by side."""

    def __init__(self, before: Rows, raw: bytes, start: int) -> None:
        self._before = before
        self._raw = raw
        self._place = 0
        self._at = start
        self._rows: list[bytes] = []
        self._script: list[Change] = []
        self._gap = 0

    def run(self) -> tuple[list[Change], Rows] | None:
        old = self._before.rows
        self._stay()
        while self._place < len(old) or self._at < len(self._raw):
            if len(self._script) > len(old) + 1:
                return None
            self._change()
            self._stay()
        rows = _checked(self._before.ecosystem, self._raw, self._rows)
        return (self._script, rows) if len(self._script) <= len(rows.rows) else None

    def _stay(self) -> None:
        """Goes over the rows that are the same here."""
        _, _, old, ends = self._before
        while self._place < len(old) and self._raw.startswith(old[self._place], self._at):
            place = self._place
            end = max(place + 1, bisect_right(ends, ends[place] + self._same()) - 1)
            self._rows += old[place:end]
            self._gap += end - place
            self._at += ends[end] - ends[place]
            self._place = end

    def _same(self) -> int:
        """Returns how many bytes are the same here, or a few fewer."""
        old, new, done, length = self._before.raw, self._raw, 0, _FIRST
        start, at, grows = self._before.ends[self._place], self._at, True
        while length >= _FIRST // 2:
            one = old[start + done : start + done + length]
            if one != new[at + done : at + done + length]:
                grows, length = False, length // 2
                continue
            done += len(one)
            if len(one) < length:
                break
            length = length * 2 if grows else length // 2
        return done

    def _change(self) -> None:
        """Goes over one row that goes, one that comes, or both where they are one that is another."""
        old = self._before.rows
        gone = None if self._place == len(old) else cast("Row", parsed(old[self._place]))
        if self._at == len(self._raw):
            self._note(gone, None, b"")
            return
        value, end = value_at(self._raw, self._at)
        data = self._raw[self._at : end]
        new = _new(value, data)
        if gone is None or gone[0] > new.row[0] or self._raw.startswith(old[self._place], end):
            self._note(None, new, data)
        elif gone[0] < new.row[0] or (
            self._place + 1 < len(old) and self._raw.startswith(old[self._place + 1], self._at)
        ):
            self._note(gone, None, b"")
        else:
            self._note(gone, new, data)

    def _note(self, gone: Row | None, new: New | None, data: bytes) -> None:
        self._script.append((self._gap, gone, new))
        self._gap = 0
        self._place += gone is not None
        if new is not None:
            self._at += len(data)
            self._rows.append(data)
