"""Upkeep: what keeps a repository small, whole and readable, and what stands in its way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.progress import untold
from cortexrepo.repository.moment import present
from cortexrepo.repository.refs import revisions
from cortexrepo.repository.upkeep import gc
from cortexrepo.repository.upkeep.ages import Ages
from cortexrepo.repository.upkeep.repair import Repairer
from cortexrepo.repository.upkeep.tidiness import Tidiness
from cortexrepo.repository.upkeep.verify import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.model.garbage import Garbage
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.problem import Report
    from cortexrepo.model.progress import Progress
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.refs.tags import Tags
    from cortexrepo.store.upkeep import Kept


class Upkeep:
    """What is done to a repository as a whole: `Repository.upkeep`."""

    def __init__(self, repository: str, store: Kept, refs: Refs, tags: Tags, clock: Callable[[], int]) -> None:
        """Takes the parts of an opened repository; `repository` is its id."""
        self._id = repository
        self._store = store
        self._refs = refs
        self._tags = tags
        self._clock = clock

    def verify(self, names: Sequence[str] = (), *, progress: Progress | None = None) -> Report:
        """Reads every byte of the repository, or of the snapshots that are named, and returns what is wrong.

        Changes nothing and takes no lock; what others change meanwhile is no problem. Raises RevisionError,
        StoreError.
        """
        verifier = Verifier(self._store, self._store.inspection(), self._refs, self._tags, progress or untold)
        if not names:
            return verifier.everything()
        now = self._clock()
        found = (revisions.resolve(name, self._refs, lambda: self._tags, now, deleted=False) for name in names)
        return verifier.snapshots(dict.fromkeys(found))

    def repair(
        self,
        *,
        sources: Sequence[Upkeep] = (),
        machine: Inventory | None = None,
        progress: Progress | None = None,
    ) -> Report:
        """Verifies, puts back what is damaged or missing where a good copy is, and verifies again.

        Nothing is removed: what is replaced is kept in `damaged/`. A copy counts only if its content has the id that
        is asked for, so that a source can bring in nothing else.

        Args:
            sources: Other repositories: a backup, or another machine's.
            machine: The machine now; where it is still as it was, it has the same manifests.
            progress: Is told what is done, how many of how many.

        Raises:
            LockTimeoutError: A collection is running.
            StoreError: The disk is read-only or failing.
        """
        with self._store.collecting():
            stores = [source._store for source in sources]  # noqa: SLF001 -- they are of this class
            repairer = Repairer(self._store, self._store.inspection(), self._id, stores, machine)
            return repairer.run(lambda: self.verify(progress=progress))

    def gc(
        self,
        *,
        keep_deleted_ms: int | None = None,
        dry_run: bool = False,
        tidiness: Tidiness | None = None,
        artifacts_limit: int | None = None,
        accept_loss: bool = False,
        progress: Progress | None = None,
    ) -> Garbage:
        """Removes what nothing needs any more, packs what is not new, and returns what that was, or would be.

        Snapshots that were deleted at least `keep_deleted_ms` ago (14 days by default) go, and then the objects
        that no snapshot names, deleted ones and those being made included. Waits for no writer, and no writer waits
        for it. A crash at any point loses nothing: the next run goes on.

        Args:
            keep_deleted_ms: How long deleted snapshots can be brought back, in milliseconds by the clock; 0 for those
                of any age. By default 14 days, of which a silence of this repository counts in part
                (`cortexrepo.repository.upkeep.ages`).
            dry_run: Change nothing.
            tidiness: How far to go in packing.
            artifacts_limit: As many bytes of artifacts may stay; what only the oldest snapshots need goes first.
            accept_loss: Collect also where a snapshot is known to be lost: what only lost ones need goes.
            progress: Is told what is done, how many of how many.

        Raises:
            RefusedError: Something cannot be read, or refs are lost; nothing was touched.
            LockTimeoutError: Another collection is running.
            StoreError: The disk is read-only or failing.
        """
        # Where every mark is old enough, no clock is needed.
        now = 0 if keep_deleted_ms == 0 else present(self._clock)
        ages = Ages(self._store, self._refs, now, keep_deleted_ms)
        how = (ages, tidiness or Tidiness(), progress or untold, artifacts_limit)
        collector = gc.Collector(self._id, self._store, self._refs, *how)
        return (collector.plan if dry_run else collector.run)(accept_loss=accept_loss)

    def protected(self) -> dict[SnapshotId, tuple[str, ...]]:
        """Returns the snapshots that nothing but a person's own word may delete, which are the tagged ones: their tags.

        Raises CorruptError or FormatVersionError for a damaged tag: nobody knows which snapshot that protects.
        """
        return self._tags.by_snapshot()

    def delete(self, snapshots: Sequence[SnapshotId], *, progress: Progress | None = None) -> tuple[SnapshotId, ...]:
        """Marks snapshots as deleted that were chosen by their ids, however many, and returns those that were there.

        One listing finds them all. What others have deleted or collected meanwhile is passed over. Each is marked at
        an instant of its own: killed, it has marked the first of them. Raises StoreError,
        which says how many were marked.
        """
        there = {name.id for name in self._refs.names().kept}
        found = [snapshot for snapshot in dict.fromkeys(snapshots) if snapshot in there]
        self._refs.mark_each(found, self._clock, progress)
        return tuple(found)
