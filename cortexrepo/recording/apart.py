"""What readings say besides what is stored: the ways that led to environments, and the places not looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.reading import UNLOOKED, WAY
from cortexrepo.model.inventory import Unlooked
from cortexrepo.recording.reading import line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.inventory import Reading

    Ways = tuple[tuple[str, str, str], ...]

MOST = 1000
"""So many places that were not looked at are named in all."""


def is_unlooked(reading: Reading) -> bool:
    """Returns whether a reading says only that a place was not looked at."""
    return bool(reading.facts) and reading.facts[0][0] == UNLOOKED


def apart(readings: Iterable[Reading]) -> tuple[list[Reading], Ways, tuple[Unlooked, ...]]:
    """Returns the readings as they are stored, the ways to environments, and the places that were not looked at.

    A place that was recorded, because another way led there, was looked at.
    """
    kept: list[Reading] = []
    ways = []
    unlooked: dict[tuple[str, str], Unlooked] = {}
    for reading in readings:
        if is_unlooked(reading):
            path = reading.facts[0][1]
            unlooked.setdefault((reading.ecosystem, path), Unlooked(reading.ecosystem, path, line(reading.error)))
            continue
        if reading.facts and reading.facts[-1][0] == WAY:
            ways.append((reading.ecosystem, reading.environment, reading.facts[-1][1]))
            reading = reading._replace(facts=reading.facts[:-1])  # noqa: PLW2901 -- it is the same one
        kept.append(reading)
    found = {(one.ecosystem, one.environment) for one in kept if one.manifest is not None}
    left = [one for key, one in sorted(unlooked.items()) if key not in found]
    return kept, tuple(ways), tuple(left[:MOST])
