"""A walk over the snapshots that are kept, newest first: rows of segments many at a time, refs of their own one by one.

The order is that of `cortexrepo.repository.refs.order`; no name is made of a row that nobody asks for.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from itertools import accumulate, chain, pairwise
from typing import TYPE_CHECKING

from cortexrepo.model.ids import SnapshotId, is_hex
from cortexrepo.model.refname import is_numbered
from cortexrepo.named import NamedTuple
from cortexrepo.repository.refs import order

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.codec.packed.rows import Group, Head, Segment
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.refs.look import Look
    from cortexrepo.repository.refs.segments import Segments

_ID = 32


class Span(NamedTuple):
    """Rows of a machine's refs in a segment, from `start` to before `stop`; the newest is the last one."""

    segment: Segment
    group: Group
    start: int
    stop: int


class _Piece(NamedTuple):
    """Successive names of one machine: those of a group in a segment, or one ref of its own."""

    first: RefName
    last: RefName
    latest: int
    segment: str
    group: Group | None


def walk(look: Look, segments: Segments | None) -> Iterator[RefName | Span]:
    """Yields all that is kept, newest first; opens no segment before its turn.

    Raises CorruptError where a segment is opened that is damaged.
    """
    machines: dict[str, list[_Piece]] = {}
    for piece in _pieces(look):
        machines.setdefault(piece.first.machine, []).append(piece)
    pieces = [sorted(own, reverse=True) for own in machines.values()]
    hidden = _Hidden(look.gone)
    is_crossed = any(later.first <= earlier.last for own in pieces for later, earlier in pairwise(own))
    if is_crossed or are_placed(look, segments):
        yield from _one_by_one(look, segments, hidden)
    elif len(pieces) == 1:
        for piece in pieces[0]:
            yield from _kept(piece, segments, hidden)
    elif segments is None:
        yield from (name for name in order.newest_first(order.streams(look.loose)) if name.id not in look.gone)
    else:
        yield from _merged(pieces, segments, hidden)


def are_placed(look: Look, segments: Segments | None) -> bool:
    """Returns whether snapshots without a number stand among those with one: then names are not in order."""
    firsts = chain(look.loose, (group.first for head in _heads(look) for group in head.groups))
    return not all(map(is_numbered, firsts)) and order.are_placed(_streams(look, segments))


def _heads(look: Look) -> Iterable[Head]:
    return () if look.view is None else look.view.heads.values()


def _streams(look: Look, segments: Segments | None) -> list[order.Stream]:
    packed = [] if segments is None or look.view is None else segments.streams(look.view)
    return [*order.streams(look.loose), *packed]


def _pieces(look: Look) -> Iterator[_Piece]:
    for name in look.loose:
        yield _Piece(name, name, name.created_at, "", None)
    if look.view is not None:
        for key, head in look.view.heads.items():
            for group in head.groups:
                yield _Piece(group.first, group.last, group.latest, key, group)


class _Hidden:
    """The snapshots that are not shown, found in a segment without making the names in it."""

    def __init__(self, gone: frozenset[str]) -> None:
        self.gone = gone
        self._ids = [SnapshotId(one) for one in gone if is_hex(one, _ID)]

    def rows(self, segment: Segment, group: Group) -> list[int]:
        """Returns the rows of a machine's refs that are not shown, ascending."""
        return segment.rows_of(group, self._ids)


def _kept(piece: _Piece, segments: Segments | None, hidden: _Hidden) -> Iterator[RefName | Span]:
    if piece.group is None or segments is None:
        if piece.first.id not in hidden.gone:
            yield piece.first
        return
    segment, group = segments.open(piece.segment, piece.group), piece.group
    yield from _shown(segment, group, (group.start, group.start + group.rows), hidden.rows(segment, group))


def _shown(segment: Segment, group: Group, rows: tuple[int, int], away: Sequence[int]) -> Iterator[Span]:
    """Yields the rows from the one to before the other except those that are away (ascending), newest first."""
    start, stop = rows
    for row in reversed(away[bisect_left(away, start) : bisect_left(away, stop)]):
        if row + 1 < stop:
            yield Span(segment, group, row + 1, stop)
        stop = row
    if start < stop:
        yield Span(segment, group, start, stop)


def _merged(pieces: Sequence[Sequence[_Piece]], segments: Segments, hidden: _Hidden) -> Iterator[RefName | Span]:
    """Yields the rows of several machines: as many of one at once as are newer than the next of all others."""
    heap: list[tuple[int, int, _Machine]] = []
    for own in pieces:
        _push(heap, _Machine(own, segments, hidden))
    last: Span | None = None
    while heap:
        machine = heapq.heappop(heap)[-1]
        for found in machine.take(-heap[0][0] if heap else -1):
            if isinstance(found, Span) and last is not None and found.group is last.group and found.stop == last.start:
                last = last._replace(start=found.start)
                continue
            if last is not None:
                yield last
            last = found if isinstance(found, Span) else None
            if last is None:
                yield found
        _push(heap, machine)
    if last is not None:
        yield last


def _push(heap: list[tuple[int, int, _Machine]], machine: _Machine) -> None:
    if machine.is_left():
        # No two machines share the second number, so that machines themselves are never compared.
        heapq.heappush(heap, (-machine.moments[-1], -machine.number, machine))


class _Machine:
    """What is kept of one machine and not yet taken, newest last: moments that never go back."""

    def __init__(self, own: Sequence[_Piece], segments: Segments, hidden: _Hidden) -> None:
        latest = [0, *accumulate((piece.latest for piece in reversed(own)), max)]
        self.number = int(own[0].first.machine, 16)
        self.moments: list[int] = []
        self._coming = zip(own, reversed(latest[:-1]), strict=True)
        self._segments, self._hidden = segments, hidden
        self._piece: _Piece | None = None
        self._away: list[int] = []

    def is_left(self) -> bool:
        """Returns whether anything is left; the newest of that is then at hand."""
        while not self.moments:
            piece, before = next(self._coming, (None, 0))
            if piece is None:
                return False
            self._open(piece, before)
        return True

    def _open(self, piece: _Piece, before: int) -> None:
        self._piece = piece
        if piece.group is None:
            self.moments = [max(before, piece.latest)]
            return
        segment = self._segments.open(piece.segment, piece.group)
        self._away = self._hidden.rows(segment, piece.group)
        self.moments = list(accumulate(segment.moments(piece.group), max, initial=before))[1:]

    def take(self, bound: int) -> Iterator[RefName | Span]:
        """Takes all at hand that are newer than a moment, and at least the newest, and yields those that are shown."""
        piece = self._piece
        assert piece is not None
        stop = len(self.moments)
        start = min(bisect_right(self.moments, bound), stop - 1)
        del self.moments[start:]
        if piece.group is None:
            if piece.first.id not in self._hidden.gone:
                yield piece.first
            return
        first = piece.group.start
        segment = self._segments.open(piece.segment, piece.group)
        yield from _shown(segment, piece.group, (first + start, first + stop), self._away)


def _one_by_one(look: Look, segments: Segments | None, hidden: _Hidden) -> Iterator[RefName | Span]:
    """Yields the same where names of one machine are out of order.

    Somebody was slow, a collector was stopped, or some were not recorded when they were.
    """
    for name in order.newest_first(_streams(look, segments)):
        if name.id in hidden.gone:
            continue
        place = None if segments is None else segments.find(name, look.view)
        yield name if place is None else Span(place.segment, place.group, place.row, place.row + 1)
