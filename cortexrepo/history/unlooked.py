"""What was not looked at: for which packages, environments and times an answer "no" is not known to be true."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.model.coverage import unsearched
from cortexrepo.model.history import Moment
from cortexrepo.model.snapshot import FAILED, PARTIAL
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

NOT_RECORDED = "the ecosystem was not recorded"
NOBODY = "nobody looked there"
NO_SNAPSHOT = "no snapshot was made in the given time"
UNSAID = "the snapshots do not say where they looked"


class Gap(NamedTuple):
    """The same as `Unlooked`, with the names of refs in place of what they say; the machine is that of the names."""

    ecosystem: str
    environment: str
    first: RefName
    last: RefName
    reason: str


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


def _unsaid(past: Past, wanted: Iterable[str]) -> Iterator[Gap]:
    """Yields the machines whose newest snapshot does not say where it looked."""
    spread = [name for name in sorted(wanted) if registry.searching(name) is not None]
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
    going: dict[str, dict[Place, Gap]] = {}
    for stay in stays:
        if not _is_within(stay, where):
            continue
        machine = stay.first.machine
        silent = {place: why for place, why in _silent(stay, known.get(machine, {}), wanted) if _is_meant(place, where)}
        mine = going.setdefault(machine, {})
        for place in [place for place, gap in mine.items() if silent.get(place) != gap.reason]:
            yield mine.pop(place)
        for place, why in silent.items():
            first = mine[place].first if place in mine else stay.first
            mine[place] = Gap(*place, first, stay.last, why)
    for mine in going.values():
        yield from mine.values()


def _is_within(stay: Stay, where: Where) -> bool:
    since_ms, until_ms = where.since_ms, where.until_ms
    return (since_ms is None or stay.last.created_at >= since_ms) and (
        until_ms is None or stay.first.created_at <= until_ms
    )


def _is_meant(place: Place, where: Where) -> bool:
    """Returns whether a gap is about the environment that is asked for: it is that one, or around it."""
    asked = where.environment
    return asked is None or place[1] in {"", asked} or asked.startswith(f"{place[1]}/")


def _silent(
    stay: Stay, known: Mapping[Place, Sequence[Sighting]], wanted: frozenset[str]
) -> Iterator[tuple[Place, str]]:
    """Yields of what the snapshots of a stay do not say whether a package is there, and why."""
    recorded: dict[str, bool] = {}
    told: set[Place] = set()
    around: set[Place] = set()
    for slot in stay.slots:
        place = (slot.ecosystem, slot.environment)
        if slot.ecosystem not in wanted:
            continue
        told.add(place)
        recorded.setdefault(slot.ecosystem, True)
        if slot.status in {FAILED, PARTIAL}:
            around.add(place)
            yield place, slot.error or slot.status
            recorded[slot.ecosystem] &= bool(slot.environment)
    for name in wanted:
        if name not in recorded:
            yield (name, ""), NOT_RECORDED
    for place, sightings in known.items():
        if place in told or not recorded.get(place[0], False) or unsearched(*place, around):
            continue
        if not _is_known(stay, sightings):
            yield place, NOBODY


def _is_known(stay: Stay, sightings: Sequence[Sighting]) -> bool:
    """Returns whether it is known that an environment, of which a stay says nothing, was not there."""
    latest = next((one for one in reversed(sightings) if one.at <= stay.at), None)
    return latest is not None and latest.object is None
