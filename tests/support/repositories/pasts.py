"""Pasts made by hand: states of machines, without any having been there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import identity
from cortexrepo.codec.objects import content, encode
from cortexrepo.errors import MissingObjectError
from cortexrepo.model import refname
from cortexrepo.model.package import Manifest
from cortexrepo.model.snapshot import ABSENT, OK, Slot
from cortexrepo.repository.refs.history import State

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.package import Package

MACHINE = "a" * 32
ORIGIN = "0" * 32
HOUR = 3_600_000


class World:
    """Manifests, and the states that name them, one an hour."""

    def __init__(self) -> None:
        """Begins empty."""
        self.contents: dict[ObjectId, bytes] = {}
        self.reads: list[ObjectId] = []
        self._states: list[State] = []
        self._slots: dict[tuple[Slot, ...], tuple[Slot, ...]] = {}

    def slot(
        self, packages: Iterable[Package] | None, ecosystem: str = "pip", place: str = "/v", status: str = OK
    ) -> Slot:
        """Returns a slot with these packages; without any, one that has no manifest."""
        if packages is None:
            return Slot(ecosystem, place, status, None, 0, "" if status == ABSENT else "broken")
        manifest = Manifest.of(ecosystem, packages)
        encoded = encode(manifest)
        self.contents[encoded.id] = content(encoded.frame)
        return Slot(ecosystem, place, status, encoded.id, manifest.installed)

    def add(self, *slots: Slot, machine: str = MACHINE) -> State:
        """Adds the next state and returns it; equal slots are the very same tuple, as in a repository."""
        created = (len(self._states) + 1) * HOUR
        sequence = len(self._states)
        name = refname.make(sequence, created, machine, identity.make(ORIGIN, machine, sequence, created))
        ordered = tuple(sorted(slots, key=lambda slot: (slot.ecosystem, slot.environment)))
        self._states.append(State(name, self._slots.setdefault(ordered, ordered)))
        return self._states[-1]

    def states(self) -> tuple[State, ...]:
        """Returns all states, newest first."""
        return tuple(reversed(self._states))

    def content(self, own: ObjectId) -> bytes:
        """Returns a manifest's bytes, as a repository does, and notes that it was asked."""
        self.reads.append(own)
        if own not in self.contents:
            raise MissingObjectError(f"object {own[:12]} is missing")
        return self.contents[own]
