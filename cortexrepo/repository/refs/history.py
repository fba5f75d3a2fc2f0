"""History: what every snapshot holds, for questions about many of them."""

from __future__ import annotations

from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, CortexError, FormatVersionError
from cortexrepo.named import NamedTuple
from cortexrepo.repository.refs.listing import damage_of, damaged_in
from cortexrepo.repository.refs.look import asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.codec.packed.rows import Segment
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot
    from cortexrepo.repository.refs.refs import Refs, Unreadable
    from cortexrepo.repository.refs.walk import Span


class State(NamedTuple):
    """What a machine held at one snapshot. Where nothing changed since another, `slots` is the very same tuple."""

    name: RefName
    slots: tuple[Slot, ...]


class History(NamedTuple):
    """All states, newest first, and the refs that cannot be read."""

    states: tuple[State, ...]
    damaged: tuple[Damage, ...]


class Stay(NamedTuple):
    """Successive states of one machine in which nothing changed.

    Attributes:
        at: Where the first of them stands among the states of all machines, counted from the oldest.
        first: The oldest of them.
        last: The newest.
        slots: What the machine held; equal ones are the very same tuple.
        snapshots: How many there are.
    """

    at: int
    first: RefName
    last: RefName
    slots: tuple[Slot, ...]
    snapshots: int


class Stays(NamedTuple):
    """All stays, the oldest first, how many states they are, and the refs that cannot be read."""

    stays: tuple[Stay, ...]
    snapshots: int
    damaged: tuple[Damage, ...]


def stays_of(states: Sequence[State]) -> tuple[Stay, ...]:
    """Returns the stays of states that are newest first, the oldest first."""
    found = Gathered()
    for state in states:
        found.add(state.name, state.name, state.slots, 1)
    return found.stays()


class Gathered:
    """Stays that are being put together, from the newest state on."""

    def __init__(self) -> None:
        """Begins without any."""
        self.snapshots = 0
        self._open: dict[str, Stay] = {}
        self._over: list[Stay] = []

    def add(self, first: RefName, last: RefName, slots: tuple[Slot, ...], count: int) -> None:
        """Adds states that are older than all before, of one machine and one behind the other."""
        self.snapshots += count
        machine = last.machine
        newer = self._open.get(machine)
        if newer is not None and newer.slots is slots:
            self._open[machine] = Stay(self.snapshots, first, newer.last, slots, newer.snapshots + count)
            return
        if newer is not None:
            self._over.append(newer)
        self._open[machine] = Stay(self.snapshots, first, last, slots, count)

    def stays(self) -> tuple[Stay, ...]:
        """Returns the stays so far, the oldest first."""
        found = [
            Stay(self.snapshots - at, first, last, slots, count)
            for at, first, last, slots, count in (*self._over, *self._open.values())
        ]
        return tuple(sorted(found, key=itemgetter(0)))


def stays(refs: Refs) -> Stays:
    """Returns what `Repository.stays` promises; takes apart no more of a segment than changes in it."""
    return asked(refs.segments, lambda: _stays(refs))


def _stays(refs: Refs) -> Stays:
    look = refs.look()
    damaged = damaged_in(look, refs)
    found = Gathered()
    seen: dict[tuple[Slot, ...], tuple[Slot, ...]] = {}
    for part in refs.walk(look):
        for first, last, slots, count in _alike(refs, part):
            if isinstance(slots, CortexError):
                damaged.append(damage_of(first, slots))
            else:
                found.add(first, last, seen.setdefault(slots, slots), count)
    return Stays(found.stays(), found.snapshots, tuple(damaged))


def _alike(refs: Refs, part: RefName | Span) -> Iterator[tuple[RefName, RefName, tuple[Slot, ...] | Unreadable, int]]:
    """Yields the first and the last name of each stay in a part, newest first; each ref alone that cannot be read."""
    if isinstance(part, str):
        yield from ((name, name, slots, 1) for name, slots in refs.slots([part]))
        return
    segment, group, start, stop = part
    found = segment.stays(group, start, stop)
    # Most are of one snapshot, which has one name.
    ends = list(chain.from_iterable((last,) if first == last else (last, first) for first, last in found))
    names = iter(segment.names_of(group, ends))
    for stay in found:
        first = last = next(names)
        if stay.first != stay.last:
            first = next(names)
        slots = _held(refs, last, segment, stay.last)
        if isinstance(slots, CortexError):
            damaged = segment.names_of(group, range(stay.last, stay.first - 1, -1))
            yield from ((name, name, slots, 1) for name in damaged)
        elif slots is not None:
            yield first, last, slots, stay.last - stay.first + 1


def _held(refs: Refs, name: RefName, segment: Segment, row: int) -> tuple[Slot, ...] | Unreadable | None:
    """Returns what a row of a segment holds, or why that cannot be read, or None where it was removed meanwhile."""
    try:
        slots = segment.slots(row)
    except (CorruptError, FormatVersionError) as error:
        return error
    # Nearly all are there: only a table is anything else.
    return slots if type(slots) is tuple else refs.tables().of(name, slots)


def read(refs: Refs) -> History:
    """Returns what `Repository.history` promises."""
    return asked(refs.segments, lambda: _read(refs))


def _read(refs: Refs) -> History:
    look = refs.look()
    names = refs.names_in(look)
    states: list[State] = []
    damaged = damaged_in(look, refs)
    seen: dict[tuple[Slot, ...], tuple[Slot, ...]] = {}
    for name, slots in refs.slots(names.kept):
        if isinstance(slots, CortexError):
            damaged.append(damage_of(name, slots))
        else:
            is_same = states and states[-1].slots is slots
            states.append(State(name, slots if is_same else seen.setdefault(slots, slots)))
    return History(tuple(states), tuple(damaged))
