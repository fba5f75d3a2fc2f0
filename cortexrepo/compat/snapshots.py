"""`SnapshotManager`: the old tool's class, with the repository behind it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.compat.commands import plan
from cortexrepo.compat.defaults import account, location
from cortexrepo.compat.metadata import SnapshotMetadata, of
from cortexrepo.ecosystems import registry
from cortexrepo.errors import CortexError, RevisionError
from cortexrepo.formats.text.escape import storable
from cortexrepo.importing.legacy import OLD_ID
from cortexrepo.model import enumeration
from cortexrepo.model.ids import is_hex
from cortexrepo.model.revision import LATEST
from cortexrepo.model.snapshot import Cause
from cortexrepo.recording.collecting import collect
from cortexrepo.repository.layout import TAGS
from cortexrepo.repository.refs.unread import not_known
from cortexrepo.repository.repository import Repository
from cortexrepo.store.registry import absolute

if TYPE_CHECKING:
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.snapshot import Snapshot

COMMAND = "SnapshotManager"
"""The command in the cause of every snapshot that is made here: what retention may delete."""
_ID = 32
_NAMED = 10
"""So many things that no command covers are named."""


class SnapshotManager:
    """Snapshots under one directory, as the old tool's callers know them. No method raises."""

    def __init__(self, snapshots_dir: str | os.PathLike[str] | None = None, retention_limit: int | None = None) -> None:
        """Takes the repository's place; nothing is read or made before the first call.

        Args:
            snapshots_dir: The repository; by default the command line's. The old tool's own directory is none: its
                snapshots come in with `cortex snapshot import-legacy`, and it stays as it is.
            retention_limit: Keep only so many, at least one, of the snapshots that this class made on this machine: the
                oldest are deleted after each creation, except those with a tag. They can be brought back with
                `cortex snapshot undelete` until they are collected. By default nothing is deleted; the old tool kept
                ten and deleted the others at once.
        """
        self.location = location() if snapshots_dir is None else absolute(os.fspath(snapshots_dir))
        self.retention_limit = retention_limit

    def create_snapshot(self, description: str = "") -> tuple[bool, str | None, str]:
        """Records the machine and returns (whether it worked, the new id, what to tell a person).

        What could not be read is named in the message; the old tool said nothing of it.
        """
        try:
            repository = Repository.open(self.location, create=True)
            inventory = collect(known=_tracked(repository))
            cause = Cause(COMMAND, account(), "api")
            snapshot = repository.create(inventory, message=storable(description), cause=cause)
        except (CortexError, OSError) as error:
            return False, None, f"Failed to create snapshot: {error}"
        found = of(snapshot, inventory.readings)
        message = f"Snapshot {snapshot.id} created successfully with {found.file_count} packages"
        if found.unknown:
            message += f" (not completely read: {', '.join(found.unknown)})"
        return True, snapshot.id, message + self._retire(repository, snapshot)

    def list_snapshots(self) -> list[SnapshotMetadata]:
        """Returns all snapshots that can be read, newest first; none where there is no repository."""
        try:
            repository = Repository.open(self.location)
            found = [_metadata(repository, snapshot) for snapshot in repository.snapshots()]
        except (CortexError, OSError):
            return []
        return [metadata for metadata in found if metadata is not None]

    def get_snapshot(self, snapshot_id: str) -> SnapshotMetadata | None:
        """Returns one snapshot, or None.

        Args:
            snapshot_id: Its whole id, or the old id of an imported one if no other has that.
        """
        try:
            repository = Repository.open(self.location)
            return _metadata(repository, _find(repository, snapshot_id))
        except (CortexError, OSError):
            return None

    def delete_snapshot(self, snapshot_id: str) -> tuple[bool, str]:
        """Marks a snapshot as deleted, named as for `get_snapshot`; `cortex snapshot undelete` brings it back."""
        try:
            repository = Repository.open(self.location)
            repository.delete([_find(repository, snapshot_id).id])
        except RevisionError:
            return False, f"Snapshot {snapshot_id} not found"
        except (CortexError, OSError) as error:
            return False, f"Failed to delete snapshot: {error}"
        return True, f"Snapshot {snapshot_id} deleted successfully"

    def restore_snapshot(self, snapshot_id: str, dry_run: bool = False) -> tuple[bool, str, list[str]]:  # noqa: FBT001, FBT002 -- the old signature
        """Puts apt, pip and npm back, and returns (whether they are as they were, what to tell a person, commands).

        Everything is fetched before anything is changed, and a safety snapshot is made: `cortex snapshot undo` goes
        back to it. What stands against it is in the message, and then nothing was changed. The commands are those
        that would bring the machine back, at exactly the versions that the snapshot has; the restore itself does more
        than they do. With `dry_run` nothing is done but to find them; what none of them covers is named in the message.
        """
        try:
            repository = Repository.open(self.location)
            snapshot = _find(repository, snapshot_id)
            rehearsed = _rehearsed(repository, snapshot)
            if dry_run:
                return rehearsed
            worked, message = _restored(repository, snapshot)
            return worked, message, rehearsed[2]
        except RevisionError:
            return False, f"Snapshot {snapshot_id} not found", []
        except (CortexError, OSError) as error:
            return False, f"Restore failed. Error: {error}", []

    def _retire(self, repository: Repository, newest: Snapshot) -> str:
        """Deletes what is beyond the limit, and returns what to add to the message should that fail."""
        if self.retention_limit is None:
            return ""
        try:
            tagged = repository.upkeep.protected()
            made = [
                one.id
                for one in repository.snapshots()
                if (one.machine, one.cause.command) == (newest.machine, COMMAND) and one.id not in tagged
            ]
            repository.delete(made[max(self.retention_limit, 1) :])
        except (CortexError, OSError) as error:
            return f"; older ones were not deleted: {error}"
        return ""


def _metadata(repository: Repository, snapshot: Snapshot) -> SnapshotMetadata | None:
    try:
        return of(snapshot, repository.inventory(snapshot).readings)
    except CortexError:
        return None  # damaged, or collected meanwhile: the old tool did not show such a one either


def _find(repository: Repository, identity: str) -> Snapshot:
    """Returns the snapshot of exactly that id; raises RevisionError, CorruptError where that is not known."""
    if is_hex(identity, _ID):
        return repository.get(identity)
    listing = repository.listing()
    unread = [one for one in listing.damaged if not one.key.startswith(TAGS)]
    if unread:
        raise not_known(f"which snapshot has the old id {identity!r}", unread)
    found = [snapshot for snapshot in listing.snapshots if snapshot.fact(OLD_ID) == identity != ""]
    if len(found) != 1:
        raise RevisionError(f"{len(found)} snapshots have the old id {identity!r}")
    return found[0]


def _tracked(repository: Repository) -> list[str]:
    """Returns the environments of the latest snapshot, which stay recorded."""
    try:
        return [slot.environment for slot in repository.get(LATEST).slots if slot.environment]
    except CortexError:
        return []


def _now(snapshot: Snapshot) -> Inventory:
    """Returns the machine as it is, read for what the snapshot has that could be restored."""
    recorded = {slot.ecosystem for slot in snapshot.slots}
    environments = [slot.environment for slot in snapshot.slots if slot.environment]
    return collect(only=[name for name in registry.able(registry.RESTORER) if name in recorded], known=environments)


def _rehearsed(repository: Repository, snapshot: Snapshot) -> tuple[bool, str, list[str]]:
    now = _now(snapshot)
    found = repository.diff(now, snapshot)
    planned = plan(found.changes)
    unknown = [
        f"{one.ecosystem} {one.environment}".rstrip() + f": not compared: {one.reason}"
        for one in found.unknown
        if one.ecosystem in registry.able(registry.RESTORER)
    ]
    left = [*planned.left, *unknown]
    message = f"Dry-run complete. {len(planned.commands)} commands would be executed."
    if now.machine != snapshot.machine:
        message += " The snapshot is of another machine."
    if left:
        message += f" Not covered: {enumeration.reasons(left, _NAMED)}"
    return True, message, list(planned.commands)


def _restored(repository: Repository, snapshot: Snapshot) -> tuple[bool, str]:
    from cortexrepo.model.plan import Selection
    from cortexrepo.restore.run.here import journal_here, restoration_here

    journal = journal_here()
    journal.make()
    with journal.alone():
        journal.clear()
        restoration = restoration_here(repository, journal, account())
        planned = restoration.plan(snapshot, Selection())
        if planned.obstacles:
            reasons = [f"{one.package}: {one.reason}" if one.package else one.reason for one in planned.obstacles]
            return False, f"Restore refused, nothing was changed: {enumeration.reasons(reasons, _NAMED)}"
        outcome = restoration.carry_out(planned)
    if outcome.is_exact:
        return True, f"Successfully restored snapshot {snapshot.id}"
    different = [f"{one.package}: {one.reason}" for one in outcome.differences]
    left = [f"{one.ecosystem} {one.environment}".rstrip() + f": {one.reason}" for one in outcome.left]
    return False, f"Restored snapshot {snapshot.id} in part: {enumeration.reasons([*different, *left], _NAMED)}"
