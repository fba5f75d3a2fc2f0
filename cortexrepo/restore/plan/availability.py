"""Whether the packages of a snapshot can be put back today, and from where. Changes nothing and downloads nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.errors import RestoreError
from cortexrepo.model.artifact import UNKNOWN, Availability, comes_in_a_file, serves
from cortexrepo.model.plan import ARTIFACT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cortexrepo.ecosystems.contract.restoring import Offers, Room
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.package import Package

_NOT_ASKED = "the file is not kept, and the sources were not asked"


def availability(readings: Iterable[Reading], room: Room, whose: Callable[[str, str], str]) -> tuple[Availability, ...]:
    """Returns an answer for each package that comes in a file of its own, in the order of the readings.

    An ecosystem with the facet `offers` is asked once for everything that is not kept. Other sources would have to be
    asked for each package, over the network; they are not.

    Args:
        readings: What the snapshot holds.
        room: What there is to work with.
        whose: Returns the holder of an ecosystem's environment, which decides whether a kept file may be used there.
    """
    found: list[Availability] = []
    for reading in readings:
        packages = reading.manifest.packages if reading.manifest else ()
        if registry.files(reading.ecosystem) is None:
            continue
        rows = [row for row in packages if comes_in_a_file(row)]
        offers = registry.offers(reading.ecosystem)
        places = (
            _kept(reading.ecosystem, rows, room, _holder(reading, whose))
            if offers is None
            else _asked(reading.ecosystem, offers, rows, room)
        )
        found += [
            Availability(reading.ecosystem, reading.environment, row, *place)
            for row, place in zip(rows, places, strict=True)
        ]
    return tuple(found)


def _holder(reading: Reading, whose: Callable[[str, str], str]) -> str:
    return "" if registry.is_one(reading.ecosystem) else whose(reading.ecosystem, reading.environment)


def _kept(ecosystem: str, rows: Sequence[Package], room: Room, holder: str = "") -> list[tuple[str, str]]:
    places = []
    for row in rows:
        kept = [one for one in room.shelf.find(ecosystem, row) if serves(one, holder)]
        places.append((ARTIFACT, kept[0].file) if kept else (UNKNOWN, _NOT_ASKED))
    return places


def _asked(ecosystem: str, offers: Offers, rows: Sequence[Package], room: Room) -> list[tuple[str, str]]:
    places = _kept(ecosystem, rows, room)
    left = [number for number, (place, _) in enumerate(places) if place == UNKNOWN]
    try:
        answers = offers.offered([rows[number] for number in left], room) if left else []
    except RestoreError as error:
        answers = [(UNKNOWN, f"{ecosystem} cannot be asked: {error}")] * len(left)
    for number, answer in zip(left, answers, strict=True):
        places[number] = answer
    return places
