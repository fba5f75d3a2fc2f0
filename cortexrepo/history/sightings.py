"""Sightings: for how long every environment was seen to hold the same manifest. Ids are compared, nothing is read."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from cortexrepo.model.coverage import unsearched
from cortexrepo.model.sketch import SKETCHED
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL
from cortexrepo.named import NamedTuple
from cortexrepo.repository.refs.history import stays_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.looked import Covers
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot
    from cortexrepo.repository.refs.history import State, Stay

    Looks = Callable[[RefName], Covers]
    Place = tuple[str, str]
    """An ecosystem and an environment."""
    Told = tuple[ObjectId | None, bool, bool]
    """What a snapshot says of a place: a manifest, None where nothing is there; whether that is all there is; and
    whether its rows are sketches."""

_NO_GAPS: frozenset[tuple[str, str]] = frozenset()
_NOTHING = (None, True, False)
_UNSURE = frozenset((FAILED, PARTIAL))
_BACK = 64
"""So many earlier stays are asked whether they looked at a place. More would find an earlier look, and take longer."""


class Sighting(NamedTuple):
    """What one environment was seen to hold, from one snapshot to another.

    Snapshots between the two that say nothing of it do not end a sighting: what is not known is not a change.

    Attributes:
        at: Where `first` stands among all states, counted from the oldest.
        machine: The first digits of the machine's id, as in the names of its refs.
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment.
        object: The manifest's id; None where it is known that nothing was there.
        complete: Whether the manifest holds everything that was there.
        sketched: Whether only names and versions are known (`cortexrepo.model.sketch`).
        first: The first snapshot with it.
        last: The last one.
        snapshots: How many have it.
    """

    at: int
    machine: str
    ecosystem: str
    environment: str
    object: ObjectId | None
    complete: bool
    sketched: bool
    first: RefName
    last: RefName
    snapshots: int

    @property
    def key(self) -> tuple[str, str, str]:
        """The environment, among those of all machines."""
        return self.machine, self.ecosystem, self.environment


def sightings(states: Sequence[State]) -> list[Sighting]:
    """Returns every sighting, in the order in which they begin, the oldest first; those of a snapshot sorted by place.

    Costs next to nothing for a state whose slots are the very same as those of its machine's state before.

    Args:
        states: Of any number of machines, newest first.
    """
    return sightings_in(stays_of(states))


def sightings_in(stays: Iterable[Stay], looks: Looks | None = None) -> list[Sighting]:
    """Returns the same of stays, the oldest first.

    Args:
        stays: The stays.
        looks: Returns where a snapshot has looked; without, every one is taken to have looked everywhere.
    """
    walks: dict[str, _Walk] = {}
    for stay in stays:
        walks.setdefault(stay.first.machine, _Walk(looks)).enter(stay)
    found = [view.sighting() for walk in walks.values() for view in walk.views]
    return sorted(found, key=_ORDER)


_ORDER = itemgetter(*map(Sighting._fields.index, ("at", "ecosystem", "environment")))


class _View:
    """A sighting that may go on."""

    __slots__ = ("last", "place", "snapshots", "stay", "told")

    def __init__(self, place: Place, told: Told, stay: Stay) -> None:
        self.place = place
        self.told = told
        self.stay = stay
        self.last = stay.last
        self.snapshots = stay.snapshots

    def sighting(self) -> Sighting:
        first = self.stay.first
        identity, complete, sketched = self.told
        return Sighting(
            self.stay.at, first.machine, *self.place, identity, complete, sketched, first, self.last, self.snapshots
        )


class _Walk:
    """One machine's stays, from the oldest on."""

    def __init__(self, looks: Looks | None) -> None:
        self._looks = looks
        self._earlier: list[Stay] = []
        self.views: list[_View] = []
        self._open: dict[Place, _View] = {}
        self._searched: dict[str, list[tuple[Stay, frozenset[Place]]]] = {}

    def enter(self, stay: Stay) -> None:
        told, silent, searched, gaps = _told(stay.slots)
        for place, what in told.items():
            self._see(place, what, stay)
        for place in self._open.keys() - told.keys() if len(self._open) > len(told) else ():
            # Whose environment was not kept may be in any of those that are told of now.
            if place in silent or place[0] not in searched or self._open[place].told[2]:
                continue
            view = self._open[place]
            is_sure = view.told == _NOTHING or self._has_looked(stay, place, view.stay)
            if is_sure and not unsearched(*place, gaps):
                self._see(place, _NOTHING, stay)
        for ecosystem in searched:
            self._note(ecosystem, stay, gaps)
        self._earlier.append(stay)

    def _has_looked(self, stay: Stay, place: Place, having: Stay) -> bool:
        """Returns whether a snapshot would have shown an environment that another one has."""
        if self._looks is None or not place[1]:
            return True
        slot = next(slot for slot in having.slots if (slot.ecosystem, slot.environment) == place)
        return self._looks(stay.first)(*place, dict(slot.facts).get("kind", ""))

    def _note(self, ecosystem: str, stay: Stay, everywhere: set[Place]) -> None:
        """Remembers that an ecosystem was searched, except for some homes, as far as that is more than was known."""
        notes = self._searched.setdefault(ecosystem, [])
        if notes and not notes[-1][1]:
            return
        gaps = frozenset(place for place in everywhere if place[0] == ecosystem) if everywhere else _NO_GAPS
        if not notes or not gaps >= notes[-1][1]:
            notes.append((stay, gaps))

    def _see(self, place: Place, told: Told, stay: Stay) -> None:
        view = self._open.get(place)
        if view is not None and view.told == told:
            view.last = stay.last
            view.snapshots += stay.snapshots
            return
        if view is None and (before := self._before(place, stay)) is not None:
            self.views.append(before)
        self._open[place] = view = _View(place, told, stay)
        self.views.append(view)

    def _before(self, place: Place, now: Stay) -> _View | None:
        """Returns that an environment was not there when its place, and all around it, was searched."""
        notes = self._searched.get(place[0], ())
        stay = next((stay for stay, gaps in notes if not gaps or not unsearched(*place, gaps)), None)
        if stay is not None and not self._has_looked(stay, place, now):
            stay = self._looked_since(place, now)
        if stay is None:
            return None
        view = _View(place, _NOTHING, stay)
        view.last, view.snapshots = view.stay.first, 1
        return view

    def _looked_since(self, place: Place, now: Stay) -> Stay | None:
        """Returns the stay from which on a place was looked at, until it was seen; None where the last one did not."""
        found = None
        for stay in self._earlier[: -_BACK - 1 : -1]:
            _, _, searched, gaps = _told(stay.slots)
            if place[0] not in searched or unsearched(*place, gaps) or not self._has_looked(stay, place, now):
                break
            found = stay
        return found


def _told(slots: Iterable[Slot]) -> tuple[dict[Place, Told], set[Place], set[str], set[Place]]:
    """Returns what slots say of places, of which places they say nothing, and what was searched.

    That is the ecosystems that were searched completely, and, last, the places that were not.
    """
    gaps: set[Place] = set()
    told: dict[Place, Told] = {}
    silent: set[Place] = set()
    searched: dict[str, bool] = {}
    for ecosystem, environment, status, identity, _, _, facts, *_ in slots:
        place = (ecosystem, environment)
        sketched = SKETCHED in facts
        searched[ecosystem] = searched.get(ecosystem, True) and not sketched
        if environment and status in _UNSURE:
            gaps.add(place)
        if identity is not None:
            told[place] = (identity, status == OK, sketched)
        elif not environment:
            searched[ecosystem] = status == ABSENT
        elif status == ABSENT:
            told[place] = _NOTHING
        else:
            silent.add(place)
    return told, silent, {ecosystem for ecosystem, whole in searched.items() if whole}, gaps
