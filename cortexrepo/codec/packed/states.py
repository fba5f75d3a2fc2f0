"""Manifests out of the columns of a block, one after the other: the other half of `changes`.

Nothing that is read is trusted: all counts are compared before anything is made, and every position when it is used.
"""

from __future__ import annotations

from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING

from cortexrepo.codec.canonical import packer
from cortexrepo.codec.packed import columns, edits, kinds
from cortexrepo.codec.packed.kinds import ARCH, ATTRIBUTES, FLAGS, GONE, NEW, VERSION, read_row
from cortexrepo.errors import CorruptError
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ALL = VERSION | ARCH | FLAGS | ATTRIBUTES
POINTER = 8
"""So many bytes of memory the place of a row takes."""


class State(NamedTuple):
    """A manifest: its ecosystem, its rows in canonical msgpack, and what they take that those before do not.

    The rows hold until the next one is asked for, which may change them.
    """

    ecosystem: str
    rows: Sequence[bytes]
    memory: int


class Columns:
    """The columns of a block, every count checked; and what is in them, manifest for manifest."""

    def __init__(self, found: Sequence[object], count: int) -> None:
        """Takes the columns, and how many manifests they are; raises CorruptError for what no block has."""
        if len(found) != kinds.COLUMNS or not 0 < count <= kinds.COUNT_LIMIT:
            raise CorruptError("the file is damaged: a block of changes cannot be read")
        starts, ecosystems, lengths, keys, values, flags, arches, counts, of_change, gaps, *edited = found[:14]
        shared, names, versions = found[14:]
        self._starts = columns.read_below(starts, count, kinds.BEFORE + 1)
        self._counts = columns.read(counts, count)
        self.total = total = sum(self._counts)
        if self._starts[0] != kinds.EMPTY or total > kinds.CHANGES_LIMIT:
            raise CorruptError(f"the file is damaged: a block has {total} changes, or begins with one of them")
        self._ecosystems = iter(columns.decode_texts(ecosystems, self._starts.count(kinds.EMPTY)))
        self._gaps = iter(columns.read(gaps, total))
        of_kind = columns.read_below(of_change, total, _ALL + 1)
        self._kinds = iter(of_kind)
        having = _having(Counter(of_kind))
        texts, come = columns.decode_texts(edited[3], having[VERSION]), columns.decode_texts(versions, having[NEW])
        self._edits = zip(*(columns.read(column, having[VERSION]) for column in edited[:3]), texts, strict=True)
        self._are_ascii = _are_ascii(texts) and _are_ascii(come)
        of_shared = columns.read(shared, having[NEW])
        of_new = columns.decode_texts(names, having[NEW])
        of_arch = columns.decode_texts(arches, having[NEW] + having[ARCH])
        self._are_plain = self._are_ascii and _are_ascii(of_new) and _are_ascii(of_arch)
        self._come, self._arches = zip(of_shared, of_new, come, strict=True), iter(of_arch)
        self._flags = iter(columns.read(flags, having[NEW] + having[FLAGS]))
        of_row = columns.read(lengths, having[NEW] + having[ATTRIBUTES])
        pairs = sum(of_row)
        if pairs > kinds.CHANGES_LIMIT:
            raise CorruptError(f"the file is damaged: a block has {pairs} attributes")
        self._lengths = iter(of_row)
        self._keys, self._values = (iter(columns.decode_texts(column, pairs)) for column in (keys, values))
        self._name = b""
        self._size = 0
        self._pack = packer()

    def states(self) -> Iterator[State]:
        """Yields each manifest; raises CorruptError where its changes do not fit."""
        ecosystem, rows = "", list[bytes]()
        changes = zip(self._gaps, self._kinds, strict=True)
        for start, count in zip(self._starts, self._counts, strict=True):
            if start == kinds.EMPTY:
                ecosystem, rows = _text(next(self._ecosystems)), []
            rows, size = self._next(rows, islice(changes, count))
            yield State(ecosystem, rows, size + POINTER * len(rows))

    def _next(self, rows: list[bytes], changes: Iterator[tuple[int, int]]) -> tuple[list[bytes], int]:
        """Returns the rows of the next manifest, and how many bytes those have that come or are changed.

        The list of those before may be the one that is returned.
        """
        quick, edit = (edits.quick if self._are_ascii else _never), self._edits.__next__
        moves: list[tuple[int, bytes | None]] = []
        at = size = 0
        count = len(rows)
        for gap, kind in changes:
            at += gap
            if kind == NEW:
                row = self._row()
                moves.append((at, row))
                size += len(row)
                continue
            if at >= count:
                raise CorruptError("the file is damaged: a row is changed that is not there")
            if kind == VERSION:
                # Nearly all changes are of a version alone.
                row, found = rows[at], edit()
                rows[at] = row = quick(row, found) or self._edited(row, found)
                size += len(row)
            elif kind == GONE:
                moves.append((at, None))
            else:
                rows[at] = row = self._changed(rows[at], kind)
                size += len(row)
            at += 1
        if at > count:
            raise CorruptError("the file is damaged: a row comes where no row is")
        return _moved(rows, moves) if moves else rows, size

    def _edited(self, row: bytes, edit: tuple[int, int, int, bytes]) -> bytes:
        name, arch, version, flags, attributes = read_row(row)
        return self._pack((name, arch, _edited(version, edit), flags, attributes))

    def _changed(self, row: bytes, kind: int) -> bytes:
        name, arch, version, flags, attributes = read_row(row)
        version = _edited(version, next(self._edits)) if kind & VERSION else version
        arch = _text(next(self._arches)) if kind & ARCH else arch
        flags = next(self._flags) if kind & FLAGS else flags
        attributes = self._pairs(next(self._lengths)) if kind & ATTRIBUTES else attributes
        return self._pack((name, arch, version, flags, attributes))

    def _row(self) -> bytes:
        shared, rest, version = next(self._come)
        arch, flags, length = next(self._arches), next(self._flags), next(self._lengths)
        before = self._name
        is_plain = self._are_plain and shared <= len(before)
        name = self._name = before[:shared] + rest if is_plain else self._joined(shared, rest)
        row = edits.short_row(name, arch, version, flags) if is_plain and not length else None
        if row is None:
            row = self._pack((_text(name), _text(arch), _text(version), flags, self._pairs(length)))
        self._size += len(row)
        if self._size > kinds.BYTES_LIMIT:
            raise CorruptError(f"the file is damaged: a block has rows of more than {kinds.BYTES_LIMIT} bytes")
        return row

    def _joined(self, shared: int, rest: bytes) -> bytes:
        """Returns a name that begins with so many characters of the name before it."""
        name = _text(self._name)
        if shared > len(name):
            raise CorruptError("the file is damaged: a name shares more with the name before it than that has")
        return name[:shared].encode() + rest

    def _pairs(self, length: int) -> tuple[tuple[str, str], ...]:
        return tuple((_text(next(self._keys)), _text(next(self._values))) for _ in range(length))


def _edited(version: str, edit: tuple[int, int, int, bytes]) -> str:
    cut, step, drop, text = edit
    return edits.apply(version, (cut, step, drop, _text(text)))


def _never(_row: bytes, _edit: tuple[int, int, int, bytes]) -> None:
    """Returns that an edit takes more care."""


def _moved(rows: list[bytes], moves: list[tuple[int, bytes | None]]) -> list[bytes]:
    """Returns the rows without those that go, and with those that come, each before the row at its place."""
    made: list[bytes] = []
    at = 0
    for place, row in moves:
        made += rows[at:place]
        at = place
        if row is None:
            at += 1
        else:
            made.append(row)
    made += rows[at:]
    return made


def _having(kinds: Counter[int]) -> dict[int, int]:
    """Returns how many changes are of rows that come, and how many have each of the parts."""
    if any(kind & NEW and kind != NEW for kind in kinds):
        raise CorruptError("the file is damaged: a change is of no kind")
    found = {
        part: sum(count for kind, count in kinds.items() if kind & part) for part in (VERSION, ARCH, FLAGS, ATTRIBUTES)
    }
    return {NEW: kinds[NEW], **found}


def _are_ascii(texts: list[bytes]) -> bool:
    return b"".join(texts).isascii()


def _text(data: bytes) -> str:
    try:
        return data.decode() if data else ""
    except UnicodeDecodeError as error:
        raise CorruptError("the file is damaged: a text in a column is not UTF-8") from error
