"""The snapshots of a restore: the one that is restored, and those of how it was before and how it is in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import CortexError
from cortexrepo.model.snapshot import Cause

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository

REASON = "before restore"
"""The cause of a safety snapshot."""
DONE = "after restore"
"""The cause of the snapshot of how it is in the end."""


class Snapshots:
    """Reads the snapshot that is restored, and stores those that a restore makes.

    Attributes:
        source: Where the snapshot is that is restored: another repository than the other two's, where root only reads.
    """

    def __init__(self, repository: Repository, source: Repository, user: str) -> None:
        """Takes where snapshots go, where the one is that is restored, and who restores."""
        self.source = source
        self._repository = repository
        self._user = user
        self._read_once: dict[SnapshotId, tuple[Snapshot, Inventory]] = {}

    def wanted(self, identity: SnapshotId, snapshot: Snapshot | None = None) -> tuple[Snapshot, Inventory]:
        """Returns the snapshot that is restored; it is read once: its repository's owner may change it meanwhile."""
        if identity not in self._read_once:
            found = snapshot or self.source.get(identity)
            self._read_once[identity] = found, self.source.inventory(found)
        return self._read_once[identity]

    def before(self, now: Inventory, target: SnapshotId) -> SnapshotId:
        """Stores how the machine was: the safety snapshot. Raises as `Repository.create` does."""
        return self._store(now, f"before restore of {target[:12]}", REASON)

    def after(self, now: Inventory, target: SnapshotId) -> SnapshotId | None:
        """Stores how the machine is now, for `status` to begin from; None where that fails: all else is done."""
        try:
            return self._store(now, f"restored {target[:12]}", DONE)
        except CortexError:
            return None

    def _store(self, now: Inventory, message: str, reason: str) -> SnapshotId:
        cause = Cause(command="restore", user=self._user, reason=reason)
        return self._repository.create(now, message=message, cause=cause).id
