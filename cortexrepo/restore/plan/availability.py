"""Whether the packages of a snapshot can be put back today, and from where. Changes nothing and downloads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import RestoreError
from cortexrepo.model.artifact import MISSING, UNKNOWN, Availability, comes_in_a_file
from cortexrepo.model.plan import ARTIFACT, CACHE, CONFIGURED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.package import Package

_NOT_ASKED = "not kept; whether a source offers it was not asked"
_NOWHERE = "not kept, not in apt's cache, and no configured source offers it"


def availability(readings: Iterable[Reading], room: Room) -> tuple[Availability, ...]:
    """Returns an answer for each package that comes in a file of its own, in the order of the readings.

    apt is asked once for everything that is not kept. pip's and npm's sources would have to be asked for each package,
    over the network; they are not.
    """
    found: list[Availability] = []
    for reading in readings:
        packages = reading.manifest.packages if reading.manifest else ()
        rows = [row for row in packages if comes_in_a_file(reading.ecosystem, row)]
        places = _of_apt(rows, room) if reading.ecosystem == "apt" else _kept(reading.ecosystem, rows, room)
        found += [
            Availability(reading.ecosystem, reading.environment, row, *place)
            for row, place in zip(rows, places, strict=True)
        ]
    return tuple(found)


def _kept(ecosystem: str, rows: Sequence[Package], room: Room) -> list[tuple[str, str]]:
    places = []
    for row in rows:
        kept = room.shelf.find(ecosystem, row)
        places.append((ARTIFACT, kept[0].file) if kept else (UNKNOWN, _NOT_ASKED))
    return places


def _of_apt(rows: Sequence[Package], room: Room) -> list[tuple[str, str]]:
    places = _kept("apt", rows, room)
    left = [number for number, (place, _) in enumerate(places) if place == UNKNOWN]
    try:
        answers = _asked([rows[number] for number in left], room) if left else []
    except RestoreError as error:
        answers = [(UNKNOWN, f"apt cannot be asked: {error}")] * len(left)
    for number, answer in zip(left, answers, strict=True):
        places[number] = answer
    return places


def _asked(rows: Sequence[Package], room: Room) -> list[tuple[str, str]]:
    from cortexrepo.ecosystems.apt.availability import offers, source
    from cortexrepo.ecosystems.apt.files import architecture
    from cortexrepo.ecosystems.apt.names import unsafe

    reasons = [unsafe(row, versioned=True) for row in rows]
    safe = [row for row, reason in zip(rows, reasons, strict=True) if not reason]
    offered = offers(safe, architecture(room), room)
    answers = []
    for row, reason in zip(rows, reasons, strict=True):
        found = None if reason else source(row, offered, room)
        if found is None:
            answers.append((MISSING, reason or _NOWHERE))
        else:
            assert found.place in {CACHE, CONFIGURED, ARTIFACT}
            answers.append((found.place, found.name))
    return answers
