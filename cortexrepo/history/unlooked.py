"""What was not looked at: for which packages, environments and times an answer "no" is not known to be true."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.model.coverage import unsearched
from cortexrepo.model.history import Moment
from cortexrepo.model.snapshot import FAILED, PARTIAL, Slot
from cortexrepo.model.unlooked import Unlooked
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cortexrepo.history.past import Past, Where
    from cortexrepo.history.sightings import Sighting
    from cortexrepo.history.subject import Subject
    from cortexrepo.model.history import Machine
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.refs.history import Stay

    Place = tuple[str, str]
    _Shape = tuple[tuple[str, str, str, str], ...]
    """Of each slot the ecosystem, the environment, the status and the error."""

NOT_RECORDED = "the ecosystem was not recorded"
NOBODY = "nobody looked there"
NO_SNAPSHOT = "no snapshot was made in the given time"
UNSAID = "the snapshots do not say where they looked"
_SHAPE = itemgetter(*map(Slot._fields.index, ("ecosystem", "environment", "status", "error")))


class Gap(NamedTuple):
    """The same as `Unlooked`, with the names of refs in place of what they say; the machine is that of the names."""

    ecosystem: str
    environment: str
    first: RefName
    last: RefName
    reason: str


class _Said(NamedTuple):
    """What slots say of places, whatever manifests they name.

    Attributes:
        silent: Of which places that are meant they do not say whether a package is there, and why.
        told: The places that they name.
        around: Those of which not everything could be read.
        recorded: The ecosystems whose environments were looked for.
    """

    silent: dict[Place, str]
    told: frozenset[Place]
    around: frozenset[Place]
    recorded: frozenset[str]


class _Going:
    """The gaps of one machine that may go on."""

    def __init__(self) -> None:
        self.silent: dict[Place, str] = {}
        self.last: RefName | None = None
        self._first: dict[Place, RefName] = {}

    def turn(self, silent: dict[Place, str], first: RefName | None) -> Iterator[Gap]:
        """Yields the gaps that are over where from the snapshot `first` on others are there."""
        before, begun, self.silent, self._first = self.silent, self._first, silent, {}
        for place, why in before.items():
            if silent.get(place) == why:
                self._first[place] = begun[place]
            elif self.last is not None:
                yield Gap(*place, begun[place], self.last, why)
        if first is not None:
            for place in silent:
                self._first.setdefault(place, first)


def unlooked(past: Past, subject: Subject | None) -> list[Unlooked]:
    """Returns what the snapshots do not say of the packages that are meant, sorted by machine, place and time.

    Args:
        past: The past, with its conditions on place and time.
        subject: What is meant; None for every package.
    """
    wanted = _wanted(past, subject)
    machines: dict[str, Machine] = {}
    every = [*gaps(past.stays, past.found, wanted, past.where), *_unsaid(past, wanted)]
    found = [_told(past, machines, gap) for gap in every]
    within = {stay.first.machine for stay in past.stays if _is_within(stay, past.where)}
    found += [
        Unlooked(past.machine(name), "", "", None, None, NO_SNAPSHOT)
        for own, name in past.newest.items()
        if own not in within
    ]
    return sorted(found, key=lambda one: (*one[:3], one.first.created_at if one.first is not None else 0))


def _wanted(past: Past, subject: Subject | None) -> frozenset[str]:
    names = {*registry.names(), *past.recorded} if past.where.ecosystem is None else {past.where.ecosystem}
    if subject is None:
        return frozenset(names)
    subject = subject.among(past.recorded)
    return frozenset(name for name in names if subject.typed(name) is not None)


def _told(past: Past, machines: dict[str, Machine], gap: Gap) -> Unlooked:
    own = gap.first.machine
    if own not in machines:
        machines[own] = past.machine(past.newest[own])
    first, last = (Moment(name.id, name.created_at) for name in (gap.first, gap.last))
    return Unlooked(machines[own], gap.ecosystem, gap.environment, first, last, gap.reason)


def _unsaid(past: Past, wanted: frozenset[str]) -> Iterator[Gap]:
    """Yields the machines whose newest snapshot does not say where it looked."""
    spread = sorted(wanted.intersection(registry.able(registry.SEARCHED)))
    within = [stay for stay in past.stays if _is_within(stay, past.where)]
    for stay in {stay.first.machine: stay for stay in within}.values():
        recorded = {slot.ecosystem for slot in stay.slots}
        asked = [name for name in spread if name in recorded]
        if asked and past.looks.identity(stay.last) is None:
            yield from (Gap(name, "", stay.first, stay.last, UNSAID) for name in asked)


def gaps(stays: Sequence[Stay], found: Iterable[Sighting], wanted: frozenset[str], where: Where) -> Iterator[Gap]:
    """Yields every gap, of successive snapshots with the same reason one.

    Args:
        stays: The oldest first.
        found: The sightings, the oldest first.
        wanted: The ecosystems.
        where: The conditions.
    """
    known: dict[str, dict[Place, list[Sighting]]] = {}
    for sighting in found:
        if sighting.environment and sighting.ecosystem in wanted:
            place = (sighting.ecosystem, sighting.environment)
            known.setdefault(sighting.machine, {}).setdefault(place, []).append(sighting)
    said: dict[_Shape, _Said] = {}
    going: dict[str, _Going] = {}
    for stay in stays:
        if not _is_within(stay, where):
            continue
        shape = tuple(map(_SHAPE, stay.slots))
        if shape not in said:
            said[shape] = _said(shape, wanted, where)
        machine = stay.first.machine
        silent = said[shape].silent
        if machine in known:
            silent = _silent(stay, said[shape], known[machine], where)
        mine = going.get(machine)
        if mine is None:
            mine = going[machine] = _Going()
        if silent is not mine.silent:
            yield from mine.turn(silent, stay.first)
        mine.last = stay.last
    for mine in going.values():
        yield from mine.turn({}, None)


def _is_within(stay: Stay, where: Where) -> bool:
    since_ms, until_ms = where.since_ms, where.until_ms
    return (since_ms is None or stay.last.created_at >= since_ms) and (
        until_ms is None or stay.first.created_at <= until_ms
    )


def _is_meant(place: Place, where: Where) -> bool:
    """Returns whether a gap is about the environment that is asked for: it is that one, or around it."""
    asked = where.environment
    return asked is None or place[1] in {"", asked} or asked.startswith(f"{place[1]}/")


def _said(shape: _Shape, wanted: frozenset[str], where: Where) -> _Said:
    """Returns what slots of this shape do not say."""
    recorded: dict[str, bool] = {}
    told: set[Place] = set()
    silent: dict[Place, str] = {}
    for ecosystem, environment, status, error in shape:
        if ecosystem not in wanted:
            continue
        place = (ecosystem, environment)
        told.add(place)
        recorded.setdefault(ecosystem, True)
        if status in {FAILED, PARTIAL}:
            silent[place] = error or status
            recorded[ecosystem] &= bool(environment)
    around = frozenset(silent)
    for name in wanted:
        if name not in recorded:
            silent[name, ""] = NOT_RECORDED
    meant = {place: why for place, why in silent.items() if _is_meant(place, where)}
    return _Said(meant, frozenset(told), around, frozenset(name for name, whole in recorded.items() if whole))


def _silent(stay: Stay, said: _Said, known: Mapping[Place, Sequence[Sighting]], where: Where) -> dict[Place, str]:
    """Returns of what the snapshots of a stay do not say whether a package is there, and why.

    Where nothing but the slots' shape decides, that is the very same dictionary each time.
    """
    unseen = [
        place
        for place, sightings in known.items()
        if place not in said.told
        and place[0] in said.recorded
        and _is_meant(place, where)
        and not unsearched(*place, said.around)
        and not _is_known(stay, sightings)
    ]
    return {**said.silent, **dict.fromkeys(unseen, NOBODY)} if unseen else said.silent


def _is_known(stay: Stay, sightings: Sequence[Sighting]) -> bool:
    """Returns whether it is known that an environment, of which a stay says nothing, was not there."""
    latest = next((one for one in reversed(sightings) if one.at <= stay.at), None)
    return latest is not None and latest.object is None
