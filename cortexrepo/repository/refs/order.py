"""The order of snapshots, newest first, found out no further than somebody looks.

Within one machine the sequence decides: a clock that was set back does not reorder what came after. Snapshots that were
not recorded when they were have no number; they stand where their time says (`cortexrepo.repository.refs.placing`).
Between machines the clock decides, taken never to go back within a machine.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import accumulate, islice, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, TypeVar, overload

from cortexrepo.model.refname import CREATED, MACHINE, is_numbered, numbered_from
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cortexrepo.model.refname import RefName

Item = TypeVar("Item")

_AT_ONCE = 512
_Dated = tuple[str, "RefName"]


class Stream(NamedTuple):
    """Names of one machine that are somewhere together.

    Attributes:
        first: The first of them, ascending.
        last: The last.
        latest: The latest moment in them, as a name has it.
        names: Returns all of them, ascending.
        edge: Returns the last one without a number and the first one with one. Asked only where there are both.
    """

    first: RefName
    last: RefName
    latest: str
    names: Callable[[], Sequence[RefName]]
    edge: Callable[[], tuple[RefName, RefName]]


def streams(names: Iterable[RefName]) -> list[Stream]:
    """Returns a stream for each machine of these names."""
    machines: dict[str, list[RefName]] = {}
    for name in sorted(names):
        machines.setdefault(name[MACHINE], []).append(name)
    return [_stream(found) for found in machines.values()]


def _stream(found: list[RefName]) -> Stream:
    def edge() -> tuple[RefName, RefName]:
        at = numbered_from(found)
        return found[at - 1], found[at]

    return Stream(found[0], found[-1], max(name[CREATED] for name in found), lambda: found, edge)


def are_placed(found: Iterable[Stream]) -> bool:
    """Returns whether snapshots without a number stand among those with one: then the names are not in order."""
    known = list(found)
    if all(is_numbered(stream.first) for stream in known):
        return False
    from cortexrepo.repository.refs import placing  # few repositories have any

    return placing.are_among(map(_edge, known))


def _edge(stream: Stream) -> tuple[RefName | None, RefName | None]:
    if is_numbered(stream.first):
        return None, stream.first
    return stream.edge() if is_numbered(stream.last) else (stream.last, None)


def newest_first(found: Iterable[Stream]) -> Iterator[RefName]:
    """Yields the names of all streams, newest first, each once; opens no stream before its turn."""
    machines: dict[str, list[Stream]] = {}
    for stream in found:
        machines.setdefault(stream.last[MACHINE], []).append(stream)
    dated = [_of_one(sorted(own, key=itemgetter(1))) for own in machines.values()]
    merged = dated[0] if len(dated) == 1 else heapq.merge(*dated, reverse=True)
    return (name for _, name in merged)


def highest_first(found: Iterable[Stream]) -> Iterator[RefName]:
    """Yields the names of all streams, which are of one machine, by number, the highest first."""
    return (name for _, name in _by_number(sorted(found, key=itemgetter(1))))


def _of_one(own: list[Stream]) -> Iterator[_Dated]:
    """Yields the names of one machine, with the moment that counts, the latest one first."""
    if are_placed(own):
        from cortexrepo.repository.refs.placing import placed

        yield from _dated(placed(_together(own)), "")
    else:
        yield from _by_number(own)


def _together(own: Iterable[Stream]) -> list[RefName]:
    return sorted({name for stream in own for name in stream.names()})


def _by_number(own: list[Stream]) -> Iterator[_Dated]:
    if any(later.first <= earlier.last for earlier, later in pairwise(own)):
        # Somebody was slow to publish, or a collector was stopped: then they are put in order together.
        yield from _dated(_together(own), "")
        return
    before = ["", *accumulate((stream.latest for stream in own), max)]
    for stream, moment in zip(reversed(own), reversed(before[:-1]), strict=True):
        yield from _dated(stream.names(), moment)


def _dated(names: Sequence[RefName], before: str) -> Iterator[_Dated]:
    moments = accumulate((name[CREATED] for name in names), max, initial=before)
    next(moments)
    return zip(reversed(list(moments)), reversed(names), strict=True)


class Lazy(Sequence[Item]):
    """A sequence that is taken from an iterator as far as somebody looks."""

    def __init__(self, items: Iterable[Item]) -> None:
        """Takes what it is made of, once."""
        self._more = iter(items)
        self._taken: list[Item] = []

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Item]: ...
    def __getitem__(self, at: int | slice) -> Item | Sequence[Item]:
        if isinstance(at, slice) or at < 0:
            self._take(None)
        else:
            self._take(at + 1 - len(self._taken))
        return self._taken[at]

    def __iter__(self) -> Iterator[Item]:
        at = 0
        while True:
            if at == len(self._taken):
                # The longer somebody looks, the more is taken at a time. Whoever wants two is given no third one: with
                # that a segment would be opened.
                self._take(min(max(at, 1), _AT_ONCE))
                if at == len(self._taken):
                    return
            for item in islice(self._taken, at, len(self._taken)):
                at += 1
                yield item

    def __len__(self) -> int:
        self._take(None)
        return len(self._taken)

    def __bool__(self) -> bool:
        self._take(1 - len(self._taken))
        return bool(self._taken)

    def _take(self, count: int | None) -> None:
        if count is None or count > 0:
            self._taken.extend(islice(self._more, count))
