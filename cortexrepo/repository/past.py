"""Questions over many snapshots of a repository, answered without reading each of them whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from cortexrepo.model.ids import ObjectId, SnapshotId
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.objects.objects import Objects
    from cortexrepo.repository.refs.history import History, Stays
    from cortexrepo.repository.refs.overview import Overview
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.refs.standing import Standing
    from cortexrepo.repository.refs.tags import Tags


class Past:
    """What a repository's snapshots hold, all of them: `Repository.past`."""

    def __init__(self, repository: str, refs: Refs, tags: Tags, objects: Callable[[], Objects]) -> None:
        """Takes the parts of an opened repository, of which most questions need no object; `repository` is its id."""
        self._id = repository
        self._refs = refs
        self._tags = tags
        self._objects = objects

    def history(self) -> History:
        """Returns what every snapshot holds, newest first, without reading one whole; damaged refs are named.

        Raises StoreError.
        """
        from cortexrepo.repository.refs import history

        return history.read(self._refs)

    def stays(self) -> Stays:
        """Returns from when to when each machine held the same, the oldest first; else as `history`, and faster."""
        from cortexrepo.repository.refs import history

        return history.stays(self._refs)

    def outlines(self, names: Iterable[RefName]) -> Iterator[tuple[RefName, Snapshot]]:
        """Yields the snapshots of these names that can still be read, in this order; `previous` may be None."""
        for name, found in self._refs.snapshots(names, linked=False):
            if isinstance(found, Snapshot):
                yield name, found

    def read(self, name: RefName) -> Snapshot | None:
        """Returns the snapshot of that name, or None when it was collected; raises CorruptError, FormatVersionError."""
        return self._refs.read(name)

    def has_deleted(self) -> bool:
        """Returns whether there are snapshots that are marked as deleted; raises StoreError."""
        return bool(self._refs.names().deleted)

    def machines(self) -> frozenset[str]:
        """Returns the machines of all snapshots, deleted ones among them; raises StoreError."""
        look = self._refs.look()
        heads = () if look.view is None else look.view.heads.values()
        packed = {group.machine for head in heads for group in head.groups}
        return frozenset(packed.union(name.machine for name in look.loose))

    def latest(self, machine: str) -> RefName | None:
        """Returns the latest snapshot of a machine, or None; raises StoreError.

        Ask only where the latest snapshot of all machines is certain.
        """
        return next((name for name in self._refs.names().kept if name.machine == machine), None)

    def standing(self, tags: Mapping[str, SnapshotId]) -> Standing:
        """Returns which of these tags name a snapshot that is not there, and of which that is not known."""
        return self._tags.standing(tags)

    def check_complete(self, question: str) -> None:
        """Raises CorruptError, FormatVersionError where a file that may hold a snapshot cannot be read.

        `question` is what is then not known, as the subject of a sentence: "which states are recorded".
        """
        from cortexrepo.repository.refs.sifting import sift
        from cortexrepo.repository.refs.unread import not_known

        unread = sift(self._refs.look(), self._refs).unread
        if unread:
            raise not_known(question, unread)

    def overview(self) -> Overview:
        """Returns all snapshots for a list that is very long; raises LockTimeoutError, StoreError."""
        from cortexrepo.repository.refs.look import asked
        from cortexrepo.repository.refs.overview import Overview

        return asked(self._refs.segments, lambda: Overview(self._refs, self._tags, self._id))

    def packed(self) -> int:
        """Returns how many snapshots have been rolled up, deleted ones among them; raises StoreError."""
        return self._refs.packed()

    def content(self, identity: ObjectId) -> bytes:
        """Returns the canonical bytes of a manifest, to search in; raises as `manifest` does."""
        return self._objects().content(identity)
