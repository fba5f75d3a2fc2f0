"""What users' processes answered, put beside what root's own has read: each user speaks for nothing but their own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.reading import ELSEWHERE, UNLOOKED_PLACES
from cortexrepo.machine.claims import is_below
from cortexrepo.model import environment as environment_names
from cortexrepo.model.inventory import Reading
from cortexrepo.model.snapshot import FAILED, PARTIAL
from cortexrepo.recording.apart import is_unlooked
from cortexrepo.recording.reading import joined, line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.machine.scope import Task
    from cortexrepo.machine.walked_files import WalkedSystem
    from cortexrepo.recording.told import Told

    Key = tuple[str, str]

PACKAGES = 250_000
TEXT = 1 << 20
"""So many packages, and so many bytes of names and reasons, of all users together; who has most is left out first."""


def merged(
    plain: WalkedSystem, own: Sequence[Reading], names: Sequence[str], answered: Sequence[tuple[Task, Told]]
) -> list[Reading]:
    """Returns the readings of root's process and of all users', each environment once.

    No user's answer changes the name, the content or the absence of another's environment: each counts for what the
    user owns, and root's own search comes first. A process that did not come to its end leaves what it read, and one
    reading for each of its homes and places that says so. What a home leads to, and nobody recorded, is said of the
    home.

    Args:
        plain: The machine, to see whose a place is now.
        own: What root's process has read.
        names: The ecosystems that users were asked for.
        answered: The tasks, and what was answered to each.
    """
    slots = {(one.ecosystem, one.environment): one for one in own if not is_unlooked(one)}
    theirs: list[tuple[Task, dict[Key, Reading]]] = []
    for task, told in answered:
        claims = _Claims(plain, task)
        found: dict[Key, Reading] = {}
        for reading in (*_believed(told.readings, claims, names), *_unfinished(task, told, names)):
            if (reading.ecosystem, reading.environment) not in slots:
                _put(found, reading)
        theirs.append((task, found))
    for found in _within_bounds(theirs, names):
        for key, reading in found.items():
            slots.setdefault(key, reading)
    for task, told in answered:
        for reading in told.readings:
            if reading.ecosystem in names and _leads_to(reading):
                _add_leading(slots, task, reading)
    return [*slots.values(), *filter(is_unlooked, own), *_unlooked(answered, names)]


def _unlooked(answered: Sequence[tuple[Task, Told]], names: Sequence[str]) -> Iterable[Reading]:
    """Yields the places that users say were not looked at, so many of each home as a reader names."""
    for task, told in answered:
        count: dict[Key, int] = {}
        for reading in told.readings:
            key = (reading.ecosystem, reading.environment)
            ground = environment_names.path_of(reading.environment)
            if not is_unlooked(reading) or reading.ecosystem not in names or ground not in task.grounds:
                continue
            count[key] = count.get(key, 0) + 1
            if count[key] <= UNLOOKED_PLACES:
                yield reading._replace(error=line(reading.error))


def _put(slots: dict[Key, Reading], reading: Reading) -> None:
    key = (reading.ecosystem, reading.environment)
    slots[key] = joined(slots[key], reading) if key in slots else reading


def _leads_to(reading: Reading) -> str:
    return dict(reading.facts).get(ELSEWHERE, "")


class _Claims:
    """What one user may speak for."""

    def __init__(self, plain: WalkedSystem, task: Task) -> None:
        self.user = task.user
        self.grounds = task.grounds
        self._plain = plain
        self._real = [_real(plain, ground) for ground in task.grounds]

    def is_ground(self, path: str) -> bool:
        """Returns whether a path is one of the homes and places that the user was asked for."""
        return path in self.grounds

    def holds(self, path: str) -> bool:
        """Returns whether an environment there is this user's: it is named without a link, and theirs or in theirs."""
        if not path.startswith("/") or os.path.normpath(path) != path:
            return False
        try:
            real, found, about = self._plain.walk(path)
        except (OSError, ValueError):
            return False
        os.close(found)
        if real != path:
            return False
        return about.st_uid == self.user or (not about.st_uid and any(is_below(path, ground) for ground in self._real))


def _real(plain: WalkedSystem, path: str) -> str:
    try:
        return plain.realpath(path)
    except (OSError, ValueError):
        return path


def _believed(readings: Iterable[Reading], claims: _Claims, names: Sequence[str]) -> Iterable[Reading]:
    for reading in readings:
        if reading.ecosystem not in names or _leads_to(reading) or is_unlooked(reading):
            continue
        path = environment_names.path_of(reading.environment)
        if claims.holds(path) or (reading.manifest is None and claims.is_ground(path)):
            yield reading._replace(error=line(reading.error))
            continue
        ground = environment_names.named(claims.grounds[0])
        reason = line(f"not recorded: {reading.environment}, which does not belong to the user {claims.user}")
        yield Reading(reading.ecosystem, ground, PARTIAL, None, reason)


def _unfinished(task: Task, told: Told, names: Sequence[str]) -> Iterable[Reading]:
    if not told.failure:
        return
    for name in names:
        if name in told.done:
            continue
        places = [place.path for place in task.places if place.ecosystem == name]
        for ground in dict.fromkeys((*task.homes, *places)):
            reason = line(f"{ground} was not read to the end by the process of the user {task.user}: {told.failure}")
            yield Reading(name, environment_names.named(ground), FAILED, None, reason)


def _within_bounds(theirs: Sequence[tuple[Task, dict[Key, Reading]]], names: Sequence[str]) -> list[dict[Key, Reading]]:
    """Returns what each has found, except of those who have most where all together have too much.

    Who has little never loses anything to those who have much.
    """
    kept = sorted(theirs, key=lambda pair: _weight(pair[1].values()))
    packages = text = 0
    found = []
    for task, readings in kept:
        packages += sum(len(one.manifest.packages) for one in readings.values() if one.manifest is not None)
        text += _text(readings.values())
        if packages <= PACKAGES and text <= TEXT:
            found.append(readings)
            continue
        reason = "the environments of this home are more than fit into a snapshot beside those of the others"
        cut = [
            Reading(name, environment_names.named(home), FAILED, None, reason) for name in names for home in task.homes
        ]
        found.append({(one.ecosystem, one.environment): one for one in cut})
    return found


def _weight(readings: Iterable[Reading]) -> int:
    readings = tuple(readings)
    return _text(readings) + 16 * sum(len(one.manifest.packages) for one in readings if one.manifest is not None)


def _text(readings: Iterable[Reading]) -> int:
    return sum(
        len(one.environment) + len(one.error) + sum(len(key) + len(value) for key, value in one.facts)
        for one in readings
    )


def _add_leading(slots: dict[Key, Reading], task: Task, reading: Reading) -> None:
    """Says of a home that it leads to a place of somebody else, unless that place is recorded."""
    ground = environment_names.path_of(reading.environment)
    place = environment_names.named(_leads_to(reading))
    if ground not in task.grounds or (reading.ecosystem, place) in slots:
        return
    _put(slots, reading._replace(facts=(), error=line(f"not searched: {reading.error}")))
