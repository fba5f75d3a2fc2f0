"""One side of a comparison: its readings by slot, and why what it does not have may be there all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.content import says
from cortexrepo.model.coverage import unsearched
from cortexrepo.model.snapshot import ABSENT, FAILED, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.looked import Covers


def everywhere(_ecosystem: str, _environment: str, _kind: str) -> bool:
    """Returns that a look would have shown any environment."""
    return True


class Side:
    """One side's readings by slot, and what it says of each ecosystem as a whole."""

    def __init__(self, readings: Iterable[Reading], covers: Covers) -> None:
        """Takes the readings, and what says where the side has looked."""
        self._covers = covers
        self.slots: dict[tuple[str, str], Reading] = {}
        self.whole: dict[str, Reading] = {}
        self.ecosystems: set[str] = set()
        self.gaps: dict[tuple[str, str], str] = {}
        for reading in readings:
            self.ecosystems.add(reading.ecosystem)
            if not reading.environment and reading.manifest is None:
                self.whole[reading.ecosystem] = reading
            else:
                self.slots[reading.ecosystem, reading.environment] = reading
                if reading.status in {FAILED, PARTIAL}:
                    self.gaps[reading.ecosystem, reading.environment] = reading.error or reading.status

    def has_looked(self, other: Reading | None) -> bool:
        """Returns whether this side would have the environment that the other side has, if it had been there."""
        if other is None or other.manifest is None or not other.environment:
            return True
        kind = next((value for name, value in other.facts if name == "kind"), "")
        return self._covers(other.ecosystem, other.environment, kind)

    def says_contents(self) -> bool:
        """Returns whether this side says of any package what is in it."""
        return any(says(reading.manifest.packages) for reading in self.slots.values() if reading.manifest is not None)

    def missing(self, ecosystem: str, environment: str) -> str:
        """Returns why an environment that is not here may exist all the same, or an empty string if it does not."""
        if ecosystem not in self.ecosystems:
            return "not recorded"
        whole = self.whole.get(ecosystem)
        if whole is not None and whole.status != ABSENT:
            return whole.error or whole.status
        if place := unsearched(ecosystem, environment, self.gaps):
            return self.gaps[ecosystem, place]
        if environment:
            return "the packages were recorded without their environments" if (ecosystem, "") in self.slots else ""
        return (
            "the packages were recorded for each environment"
            if any(name == ecosystem for name, _ in self.slots)
            else ""
        )
