"""A walk over the snapshots that are kept, newest first: rows of segments many at a time, refs of their own one by one.

The order is that of `cortexrepo.repository.order`; no name is made of a row that nobody asks for.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId, is_hex
from cortexrepo.repository import order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.codec.rows import Group, Segment
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.look import Look
    from cortexrepo.repository.segments import Segments

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


_Dated = tuple[int, int, str, "RefName | Segment", "Group | None", int]


def walk(look: Look, segments: Segments | None) -> Iterator[RefName | Span]:
    """Yields all that is kept, newest first; opens no segment before its turn.

    Raises CorruptError where a segment is opened that is damaged.
    """
    machines: dict[str, list[_Piece]] = {}
    for piece in _pieces(look):
        machines.setdefault(piece.first.machine, []).append(piece)
    pieces = [sorted(own, reverse=True) for own in machines.values()]
    hidden = _Hidden(look.gone)
    if any(later.first <= earlier.last for own in pieces for later, earlier in pairwise(own)):
        yield from _one_by_one(look, segments, hidden)
    elif len(pieces) == 1:
        for piece in pieces[0]:
            yield from _kept(piece, segments, hidden)
    elif segments is None:
        yield from (name for name in order.newest_first(order.streams(look.loose)) if name.id not in look.gone)
    else:
        yield from _merged(pieces, segments, hidden)


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
        named = (refname.named(SnapshotId(one)) for one in gone if is_hex(one, _ID))
        self._names = sorted(name for name in named if name is not None)

    def rows(self, segment: Segment, group: Group) -> list[int]:
        """Returns the rows of a machine's refs that are not shown, ascending."""
        if not self.gone:
            return []
        names = self._names[bisect_left(self._names, group.first) : bisect_right(self._names, group.last)]
        found = {row for row in (segment.row(group, name) for name in names) if row is not None}
        return sorted(found | segment.rows_named(group, self.gone))


def _kept(piece: _Piece, segments: Segments | None, hidden: _Hidden) -> Iterator[RefName | Span]:
    if piece.group is None or segments is None:
        if piece.first.id not in hidden.gone:
            yield piece.first
        return
    segment, group = segments.open(piece.segment, piece.group), piece.group
    stop = group.start + group.rows
    for row in reversed(hidden.rows(segment, group)):
        if row + 1 < stop:
            yield Span(segment, group, row + 1, stop)
        stop = row
    if group.start < stop:
        yield Span(segment, group, group.start, stop)


def _merged(pieces: Sequence[Sequence[_Piece]], segments: Segments, hidden: _Hidden) -> Iterator[RefName | Span]:
    """Yields the rows of several machines: each one is put in its place, and neighbours are put together again."""
    last: Span | None = None
    for _, _, _, place, group, row in heapq.merge(*(_dated(own, segments, hidden) for own in pieces), reverse=True):
        if last is not None and group is last.group and row == last.start - 1:
            last = last._replace(start=row)
            continue
        if last is not None:
            yield last
            last = None
        if group is None:
            yield place  # type: ignore[misc]
        else:
            last = Span(place, group, row, row + 1)  # type: ignore[arg-type]
    if last is not None:
        yield last


def _dated(own: Sequence[_Piece], segments: Segments, hidden: _Hidden) -> Iterator[_Dated]:
    """Yields what is kept of one machine, newest first, with what it is ordered by among those of all machines."""
    latest = [0, *accumulate((piece.latest for piece in reversed(own)), max)]
    for piece, before in zip(own, reversed(latest[:-1]), strict=True):
        machine = piece.first.machine
        if piece.group is None:
            moment = max(before, piece.latest)
            if piece.first.id not in hidden.gone:
                yield moment, refname.rank(piece.first.sequence, piece.first.created_at), machine, piece.first, None, 0
            continue
        segment, group = segments.open(piece.segment, piece.group), piece.group
        away = set(hidden.rows(segment, group))
        ranks = segment.ranks(group)
        moments = list(accumulate(map(refname.moment_of, ranks), max, initial=before))[1:]
        for at in range(group.rows - 1, -1, -1):
            if group.start + at not in away:
                yield moments[at], ranks[at], machine, segment, group, group.start + at


def _one_by_one(look: Look, segments: Segments | None, hidden: _Hidden) -> Iterator[RefName | Span]:
    """Yields the same where names of one machine are out of order: somebody was slow, or a collector was stopped."""
    if segments is None or look.view is None:
        streams = order.streams(look.loose)
    else:
        streams = [*order.streams(look.loose), *segments.streams(look.view)]
    for name in order.newest_first(streams):
        if name.id in hidden.gone:
            continue
        place = None if segments is None else segments.find(name, look.view)
        yield name if place is None else Span(place.segment, place.group, place.row, place.row + 1)
