"""Manifests out of their changes: the other half of `changes`. Nothing that is read is trusted.

A block's columns are taken apart as far as somebody asks, row for row. To go through a block in any direction costs
twice as much as from front to back, for the rows of every sixteenth manifest are kept, and of the last sixteen.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple, cast

from cortexrepo.codec.canonical import pack, parsed
from cortexrepo.codec.objects import RAW_LIMIT
from cortexrepo.codec.packed import changes, columns, edits
from cortexrepo.codec.packed.changes import ARCH, ATTRIBUTES, FLAGS, GONE, NEW, VERSION
from cortexrepo.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.codec.packed.changes import Row

_ALL = VERSION | ARCH | FLAGS | ATTRIBUTES
_CHANGE, _ROW = 256, 16
"""About so many bytes of memory a change takes, and a row of a manifest whose rows are kept."""
_STRIDE = 16
_KEPT = 3 * RAW_LIMIT
"""The manifests whose rows are kept are no longer together, in bytes."""


class Parts(NamedTuple):
    """What another row differs by; None where it does not."""

    edit: edits.Edit | None
    arch: str | None
    flags: int | None
    attributes: tuple[tuple[str, str], ...] | None


Change = tuple[int, "bytes | Parts | None"]
"""How many rows stay; then the row that comes, what another row differs by, or None for one that goes."""


class State(NamedTuple):
    """A manifest: its ecosystem, its rows in canonical msgpack, and how long these are together."""

    ecosystem: str
    rows: list[bytes]
    size: int


class Replay:
    """The manifests of one block."""

    def __init__(self, found: Sequence[object], count: int) -> None:
        """Takes the block's columns, and how many manifests they are; CorruptError for what no block has."""
        self.count = count
        self._columns = _Columns(found, count)
        self._read: list[tuple[bool, str, list[Change]]] = []
        self._parts = self._columns.manifests()
        self._states: dict[int, State] = {}
        self._kept = 0

    def content(self, place: int) -> bytes:
        """Returns the canonical bytes of the manifest at a place in the block; raises CorruptError."""
        state = self._state(place)
        return changes.beginning(state.ecosystem, len(state.rows)) + b"".join(state.rows)

    def size(self) -> int:
        """Returns about how many bytes of memory this takes."""
        return _CHANGE * self._columns.total + _ROW * sum(len(state.rows) for state in self._states.values())

    def _state(self, place: int) -> State:
        known = next((at for at in range(place, -1, -1) if at in self._states), -1)
        state = self._states.get(known, State("", [], 0))
        for at in range(known + 1, place + 1):
            state = self._next(at, state)
            self._keep(at, state)
        return state

    def _next(self, place: int, before: State) -> State:
        while len(self._read) <= place:
            following = next(self._parts, None)
            if following is None:
                # Whoever asked before learned why: an iterator that has raised an error is at its end.
                raise CorruptError("the file is damaged: a manifest before this one cannot be read")
            self._read.append(following)
        empty, ecosystem, found = self._read[place]
        rows = _applied([] if empty else before.rows, found)
        size = sum(map(len, rows))
        if size > RAW_LIMIT:
            raise CorruptError(f"the file is damaged: a manifest has {size} bytes, and {RAW_LIMIT} are allowed")
        return State(ecosystem, rows, size)

    def _keep(self, place: int, state: State) -> None:
        """Keeps a state for who asks for its neighbours, and lets go of those that are far away."""
        self._states[place] = state
        self._kept += state.size
        for old in [at for at in self._states if at % _STRIDE and at // _STRIDE != place // _STRIDE]:
            self._kept -= self._states.pop(old).size
        while self._kept > _KEPT and len(self._states) > 1:
            self._kept -= self._states.pop(next(iter(self._states))).size


class _Columns:
    """The columns of a block, every count checked; and what is in them, manifest for manifest."""

    def __init__(self, found: Sequence[object], count: int) -> None:
        if len(found) != changes.COLUMNS or not 0 < count <= changes.COUNT_LIMIT:
            raise CorruptError("the file is damaged: a block of changes cannot be read")
        starts, ecosystems, lengths, keys, values, flags, arches, counts, kinds, gaps, *edited = found[:14]
        shared, names, versions = found[14:]
        self._starts = columns.decode_below(starts, count, changes.BEFORE + 1)
        self._counts = columns.decode(counts, count)
        self.total = total = sum(self._counts)
        if self._starts[0] != changes.EMPTY or total > changes.CHANGES_LIMIT:
            raise CorruptError(f"the file is damaged: a block has {total} changes, or begins with one of them")
        self._ecosystems = iter(columns.decode_texts(ecosystems, self._starts.count(changes.EMPTY)))
        self._gaps = iter(columns.decode(gaps, total))
        of_kind = columns.decode_below(kinds, total, _ALL + 1)
        self._kinds = iter(of_kind)
        having = _having(Counter(of_kind))
        self._edits = zip(
            *(columns.decode(column, having[VERSION]) for column in edited[:3]),
            columns.decode_texts(edited[3], having[VERSION]),
            strict=True,
        )
        self._shared = iter(columns.decode(shared, having[NEW]))
        self._names, self._versions = (iter(columns.decode_texts(column, having[NEW])) for column in (names, versions))
        self._arches = iter(columns.decode_texts(arches, having[NEW] + having[ARCH]))
        self._flags = iter(columns.decode(flags, having[NEW] + having[FLAGS]))
        of_row = columns.decode(lengths, having[NEW] + having[ATTRIBUTES])
        pairs = sum(of_row)
        if pairs > changes.CHANGES_LIMIT:
            raise CorruptError(f"the file is damaged: a block has {pairs} attributes")
        self._lengths = iter(of_row)
        self._keys, self._values = (iter(columns.decode_texts(column, pairs)) for column in (keys, values))
        self._name = ""
        self._size = 0

    def manifests(self) -> Iterator[tuple[bool, str, list[Change]]]:
        """Yields of each manifest whether it starts from no rows, its ecosystem, and its changes."""
        ecosystem = ""
        for start, count in zip(self._starts, self._counts, strict=True):
            if start == changes.EMPTY:
                ecosystem = _text(next(self._ecosystems))
            yield start == changes.EMPTY, ecosystem, [self._change() for _ in range(count)]

    def _change(self) -> Change:
        gap, kind = next(self._gaps), next(self._kinds)
        if kind == GONE:
            return gap, None
        return gap, self._row() if kind == NEW else self._another(kind)

    def _row(self) -> bytes:
        shared = next(self._shared)
        if shared > len(self._name):
            raise CorruptError("the file is damaged: a name shares more with the name before it than that has")
        self._name = self._name[:shared] + _text(next(self._names))
        version, arch, flags = _text(next(self._versions)), _text(next(self._arches)), next(self._flags)
        row = pack((self._name, arch, version, flags, self._pairs()))
        self._size += len(row)
        if self._size > changes.BYTES_LIMIT:
            raise CorruptError(f"the file is damaged: a block has rows of more than {changes.BYTES_LIMIT} bytes")
        return row

    def _another(self, kind: int) -> Parts:
        edit = None
        if kind & VERSION:
            cut, step, drop, text = next(self._edits)
            edit = edits.Edit(cut, step, drop, _text(text))
        return Parts(
            edit,
            _text(next(self._arches)) if kind & ARCH else None,
            next(self._flags) if kind & FLAGS else None,
            self._pairs() if kind & ATTRIBUTES else None,
        )

    def _pairs(self) -> tuple[tuple[str, str], ...]:
        return tuple((_text(next(self._keys)), _text(next(self._values))) for _ in range(next(self._lengths)))


def _having(kinds: Counter[int]) -> dict[int, int]:
    """Returns how many changes are of rows that come, and how many have each of the parts."""
    if any(kind & NEW and kind != NEW for kind in kinds):
        raise CorruptError("the file is damaged: a change is of no kind")
    found = {
        part: sum(count for kind, count in kinds.items() if kind & part) for part in (VERSION, ARCH, FLAGS, ATTRIBUTES)
    }
    return {NEW: kinds[NEW], **found}


def _applied(rows: list[bytes], found: list[Change]) -> list[bytes]:
    """Returns the rows of the next manifest."""
    made: list[bytes] = []
    at = 0
    for gap, what in found:
        end = at + gap
        made += rows[at:end]
        at = end
        if type(what) is bytes:
            made.append(what)
            continue
        if at >= len(rows):
            raise CorruptError("the file is damaged: a row is changed that is not there")
        if what is not None:
            made.append(_changed(rows[at], cast("Parts", what)))
        at += 1
    if at > len(rows):
        raise CorruptError("the file is damaged: a row comes where no row is")
    made += rows[at:]
    return made


def _changed(row: bytes, parts: Parts) -> bytes:
    name, arch, version, flags, attributes = cast("Row", parsed(row))
    return pack(
        (
            name,
            arch if parts.arch is None else parts.arch,
            version if parts.edit is None else edits.apply(version, parts.edit),
            flags if parts.flags is None else parts.flags,
            attributes if parts.attributes is None else parts.attributes,
        )
    )


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise CorruptError("the file is damaged: a text in a column is not UTF-8") from error
