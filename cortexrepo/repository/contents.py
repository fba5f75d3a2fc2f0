"""What snapshots hold: their manifests, and what changed from one to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, FormatVersionError, MissingObjectError, RevisionError
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest
from cortexrepo.model.snapshot import OK, Slot, Snapshot

if TYPE_CHECKING:
    from cortexrepo.model.diff import Diff
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.looked import Covers, Looked
    from cortexrepo.repository.objects.objects import Objects
    from cortexrepo.repository.refs.refs import Refs


class Contents:
    """The manifests of one repository, as the slots of its snapshots name them."""

    def __init__(self, objects: Objects, refs: Refs) -> None:
        """Takes the objects, and the refs, which tell a missing object from a snapshot that was collected."""
        self._objects = objects
        self._refs = refs

    def inventory(self, snapshot: Snapshot) -> Inventory:
        """Returns what a snapshot holds; see `Repository.inventory`."""
        readings = self._readings(snapshot, frozenset())
        return Inventory(snapshot.machine, snapshot.facts, readings, self.looked(snapshot.looked()))

    def looked(self, identity: ObjectId | None) -> tuple[Looked, ...]:
        """Returns where a snapshot that names this object looked; nothing where that is not known."""
        if identity is None:
            return ()
        from cortexrepo.repository import looks  # most questions are about packages alone

        try:
            return looks.decoded(self._objects.load(identity, looks.ECOSYSTEM))
        except (CorruptError, FormatVersionError):  # `verify` names it
            return ()

    def places(self, side: Snapshot | Inventory) -> set[str]:
        """Returns the single places at which a side has looked; see `Repository.places`."""
        from cortexrepo.model.looked import exact  # most questions are about packages alone

        return exact(self.looked(side.looked()) if isinstance(side, Snapshot) else side.looked)

    def _covers(self, side: Snapshot | Inventory) -> Covers:
        """Returns where a side has looked, which is read only when somebody asks."""
        known: list[Covers] = []

        def covers(ecosystem: str, environment: str, kind: str) -> bool:
            if not known:
                from cortexrepo.model.looked import coverage

                found = self.looked(side.looked()) if isinstance(side, Snapshot) else side.looked
                known.append(coverage(found))
            return known[0](ecosystem, environment, kind)

        return covers

    def diff(self, before: Snapshot | Inventory, after: Snapshot | Inventory) -> Diff:
        """Returns what changed from one to the other; see `Repository.diff`."""
        from cortexrepo.ecosystems.registry import compare
        from cortexrepo.model.diff import diff

        same: frozenset[Slot] = frozenset()
        if isinstance(before, Snapshot) and isinstance(after, Snapshot):
            # Equal slots hold equal manifests: their ids say so, and neither is read.
            same = frozenset(slot for slot in before.slots if slot.status == OK) & frozenset(after.slots)
        first, second = (
            self._readings(side, same) if isinstance(side, Snapshot) else side.readings for side in (before, after)
        )
        return diff(first, second, compare, (self._covers(before), self._covers(after)))

    def _readings(self, snapshot: Snapshot, skip: frozenset[Slot]) -> tuple[Reading, ...]:
        try:
            return tuple(self._reading(slot, skip) for slot in snapshot.slots)
        except MissingObjectError as error:
            if self._refs.is_gone(snapshot.id):
                raise RevisionError(
                    f"snapshot {snapshot.id[:12]} was removed by another process",
                    hint="`cortex snapshot list` shows all snapshots",
                ) from error
            raise

    def _reading(self, slot: Slot, skip: frozenset[Slot]) -> Reading:
        manifest = None
        if slot.object is not None:
            manifest = Manifest(slot.ecosystem, ()) if slot in skip else self._objects.load(slot.object, slot.ecosystem)
        return Reading(slot.ecosystem, slot.environment, slot.status, manifest, slot.error, slot.facts)
