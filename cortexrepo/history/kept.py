"""How much is kept for which snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.errors import CortexError
from cortexrepo.model.artifact import Shelved, comes_in_a_file
from cortexrepo.repository.artifacts.artifacts import key_of
from cortexrepo.repository.refs.unread import damage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.snapshot import Slot
    from cortexrepo.repository.repository import Repository


class Listed:
    """What is kept, by snapshot.

    Attributes:
        snapshots: Newest first, those that nothing is kept for too.
        files: How many artifacts there are.
        size: Their bytes.
        unneeded: The bytes that no snapshot needs, deleted ones left out.
        damaged: Snapshots and artifacts that cannot be read.
    """

    def __init__(self, repository: Repository) -> None:
        """Reads every artifact's own record, and each different manifest once; raises StoreError."""
        self._repository = repository
        self._sizes: dict[str, int] = {}
        self._wanted: dict[tuple[str, ObjectId], frozenset[str]] = {}
        self.files = self.size = 0
        shelf = repository.artifacts
        for artifact in shelf.every():
            key = shelf.key_of_artifact(artifact)
            self._sizes[key] = self._sizes.get(key, 0) + artifact.size
            self.files += 1
            self.size += artifact.size
        history = repository.past.history()
        self.damaged = [*repository.unread, *history.damaged]
        self.snapshots: list[Shelved] = []
        seen: set[str] = set()
        for state in history.states:
            try:
                keys = self._keys(state.slots)
            except CortexError as error:
                self.damaged.append(damage(f"refs/{state.name}", error))
                continue
            there = [key for key in keys if key in self._sizes]
            alone = sum(self._sizes[key] for key in there if key not in seen)
            seen.update(there)
            size = sum(self._sizes[key] for key in there)
            self.snapshots.append(Shelved(state.name.id, state.name.created_at, len(keys), len(there), size, alone))
        self.unneeded = self.size - sum(self._sizes[key] for key in seen)

    def _keys(self, slots: Iterable[Slot]) -> set[str]:
        keys: set[str] = set()
        for slot in slots:
            if slot.object is not None:
                place = slot.ecosystem, slot.object
                if place not in self._wanted:
                    is_kept = registry.files(slot.ecosystem) is not None
                    rows = self._repository.manifest(slot.object, slot.ecosystem).packages if is_kept else ()
                    self._wanted[place] = frozenset(key_of(slot.ecosystem, row) for row in rows if comes_in_a_file(row))
                keys |= self._wanted[place]
        return keys
