"""The repository: snapshots of machines, and questions about them."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from cortexrepo.clock import now_ms
from cortexrepo.errors import RevisionError
from cortexrepo.model.snapshot import Cause, Snapshot
from cortexrepo.repository import known, memory, place
from cortexrepo.repository.refs.refs import Refs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.codec import records
    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.model.diff import Diff
    from cortexrepo.model.ids import ObjectId, SnapshotId
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.package import Manifest
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.artifacts.artifacts import Artifacts
    from cortexrepo.repository.contents import Contents
    from cortexrepo.repository.memory import Memory
    from cortexrepo.repository.objects.objects import Objects
    from cortexrepo.repository.past import Past
    from cortexrepo.repository.refs.listing import Listing
    from cortexrepo.repository.refs.tags import Tags
    from cortexrepo.repository.upkeep.upkeep import Upkeep
    from cortexrepo.repository.writing import Writer
    from cortexrepo.rights.person import Person
    from cortexrepo.store.upkeep import Kept

    Clock = Callable[[], int]
    """Milliseconds since 1970, UTC."""


class Repository:
    """Snapshots under one directory.

    Holds no open file and no lock between calls. Any number of processes and threads may use the same directory at
    once: creating, reading and deleting wait for nobody. `unread` has the files that could not be read so far. `lender`
    is the user whose repository root may read and not change; None for a repository of one's own, or of root's.
    """

    def __init__(
        self, store: Kept, config: records.Config, clock: Clock = now_ms, lender: Person | None = None
    ) -> None:
        """Takes an opened place; users call `open` or `init`."""
        self.location = store.location
        self.lender = lender
        self.id = config.repository
        self._store = store
        self._clock = clock
        self._refs = Refs(store, config.repository)
        self.unread = self._refs.unread

    @classmethod
    def open(
        cls, location: str | os.PathLike[str], *, create: bool = False, files: FileSystem | None = None
    ) -> Repository:
        """Returns the repository at `location`.

        Args:
            location: A directory.
            create: Make it (mode 0700) when there is none.
            files: Another file system than the disk, for tests.

        Where a user could replace it and root opens it, all that would change something raises OwnerError. Raises
        NoRepositoryError without `create`, and as `place.find` and `place.lender` do.
        """
        store, config, lender = place.opened(os.fspath(location), files, os.geteuid(), create=create)
        return cls(store, config, lender=lender)

    @classmethod
    def init(cls, location: str | os.PathLike[str]) -> Repository:
        """Makes a repository, or returns the one that is there; raises as `open` does."""
        return cls.open(location, create=True)

    def create(
        self,
        inventory: Inventory,
        *,
        message: str = "",
        tags: Sequence[str] = (),
        cause: Cause = Cause(),  # noqa: B008 -- an immutable value
    ) -> Snapshot:
        """Stores an inventory as a new snapshot and returns it.

        When it returns, the snapshot and all it names are on disk and would survive a power cut. It becomes visible
        at one instant, complete; whatever happens before that leaves the repository as it was. No lock is taken.

        Raises:
            RequestError: The message is too long or not valid text.
            TagError: A tag is malformed or taken; nothing was stored, unless the text says that the snapshot was.
            StoreError: The disk is full, read-only or failing.
        """
        from cortexrepo.repository.writing import check  # only one command writes

        check(inventory.machine, message)
        if tags:
            self._tags.check(tags)
        snapshot = self._writer.create(inventory, message, cause)
        if tags:
            self._tags.put_on_new(tags, snapshot.id, snapshot.created_at)
        return snapshot

    def record(
        self,
        inventory: Inventory,
        created_at: int,
        *,
        message: str = "",
        cause: Cause = Cause(),  # noqa: B008 -- an immutable value
    ) -> Snapshot | None:
        """Stores what a machine held at a moment in the past, from what somebody else kept of it.

        It is ordered by that moment, before everything that was recorded here at its time. Its id follows from machine
        and moment: storing the same again does nothing and returns None, also where it was deleted meanwhile and can
        still be brought back. Durable and visible as `create` says, and raises as that does.

        Args:
            inventory: What was there; its facts say where that is known from.
            created_at: When, in milliseconds since 1970.
            message: What a person wrote.
            cause: Who or what made it so.
        """
        return self._writer.record(inventory, created_at, message, cause)

    def delete(self, names: Sequence[str]) -> tuple[SnapshotId, ...]:
        """Marks snapshots as deleted, once all are resolved; returns their ids. Raises RevisionError, StoreError."""
        found = tuple(dict.fromkeys(self._resolve(name).id for name in names))
        self._refs.mark_each(found, self._clock)
        return found

    def undelete(self, names: Sequence[str]) -> tuple[SnapshotId, ...]:
        """Takes the deletion marks of these snapshots away and returns their ids.

        They are there then, and no collection can remove them. Raises RevisionError, LockTimeoutError, StoreError.
        """
        found = dict.fromkeys(self._resolve(name, deleted=True).id for name in names)
        self._refs.locked_look()  # Where the lock cannot be had nothing is changed.
        for snapshot in found:
            self._refs.unmark_deleted(snapshot)
        # Only a look under the lock says whether it was in time: a collector may have claimed an earlier mark.
        there = {name.id for name in self._refs.names_in(self._refs.locked_look()).kept}
        lost = [snapshot[:12] for snapshot in found if snapshot not in there]
        if lost:
            raise RevisionError(
                f"cannot bring back {', '.join(lost)}: `gc` removed it, or another process deleted it again",
                hint="keep deleted snapshots for longer: `cortex snapshot gc --expire-deleted 30d`",
            )
        return tuple(found)

    def tag(self, name: str, text: str, *, force: bool = False) -> Snapshot:
        """Gives a snapshot a name; `force` moves one that is taken. Raises TagError, RevisionError, StoreError."""
        snapshot = self.get(text)
        (self._tags.move if force else self._tags.put)(name, snapshot.id, self._clock())
        return snapshot

    def untag(self, name: str) -> None:
        """Takes a tag away; raises TagError when there is none."""
        self._tags.remove(name)

    def tags(self) -> dict[str, SnapshotId]:
        """Returns every tag with its snapshot's id, except those whose snapshot was collected."""
        return self._tags.counting()

    def get(self, name: str) -> Snapshot:
        """Returns the snapshot that a revision names; raises RevisionError, CorruptError, FormatVersionError."""
        snapshot = self._refs.read_either(self._resolve(name))
        if snapshot is None:
            raise RevisionError(
                f"snapshot {name!r} was removed by another process", hint="`cortex snapshot list` shows all snapshots"
            )
        return snapshot

    def identify(self, name: str) -> SnapshotId:
        """Returns the id of the snapshot that a revision names, without reading it; raises RevisionError."""
        return self._resolve(name).id

    def _resolve(self, name: str, *, deleted: bool = False) -> RefName:
        from cortexrepo.repository.refs import revisions  # neither `create` nor `list` is given one

        return revisions.resolve(name, self._refs, lambda: self._tags, self._clock(), deleted=deleted)

    def snapshots(self) -> tuple[Snapshot, ...]:
        """Returns all snapshots that can be read, newest first."""
        return self.listing().snapshots

    def listing(
        self,
        *,
        deleted: bool = False,
        since_ms: int | None = None,
        until_ms: int | None = None,
        tag: str | None = None,
        text: str | None = None,
        limit: int | None = None,
        linked: bool = True,
    ) -> Listing:
        """Returns the snapshots that meet every condition, newest first; damaged refs are named, never in the way.

        The shared lock is held only while names are read. Raises LockTimeoutError, StoreError.

        Args:
            deleted: Those that are marked as deleted, instead of the others.
            since_ms: Not created before this moment.
            until_ms: Not created after it.
            tag: Only the one that has this tag.
            text: Only those with this in message or tag, in any case; one rebuilt from logs has its command as message.
            limit: At most so many.
            linked: With `previous`, which takes time to reckon for old ones; else it may be None.
        """
        from cortexrepo.repository.refs import listing  # only one command lists

        wanted = listing.Wanted(since_ms, until_ms, tag, text, limit)
        return listing.snapshots(self._refs, self._tags, self._store, wanted, deleted=deleted, linked=linked)

    def manifest(self, identity: ObjectId, ecosystem: str | None = None) -> Manifest:
        """Returns the manifest of that id, of that ecosystem; raises CorruptError or FormatVersionError naming it."""
        return self._objects.load(identity, ecosystem)

    def inventory(self, snapshot: Snapshot) -> Inventory:
        """Returns what a snapshot holds; raises CorruptError or FormatVersionError naming the object."""
        return self._contents.inventory(snapshot)

    def places(self, side: Snapshot | Inventory) -> set[str]:
        """Returns the single places at which a side has looked, each a path that can be looked at again."""
        return self._contents.places(side)

    def recall(self, question: bytes) -> Memory | None:
        """Returns what is remembered of exactly this question, or None, also in a lent repository; never raises."""
        return None if self.lender is not None else memory.recall(self._store, question)

    def remember(self, found: Memory) -> None:
        """Remembers an answer, in place of the one before; a mere cache, so that it may be lost; never raises."""
        memory.remember(self._store, found)

    def diff(self, before: str | Snapshot | Inventory, after: str | Snapshot | Inventory) -> Diff:
        """Returns what changed from one to the other, revisions resolved; raises as `get` and `inventory` do."""
        first, second = (self.get(side) if isinstance(side, str) else side for side in (before, after))
        return self._contents.diff(first, second)

    @property
    def environments(self) -> known.Keeper:
        """What is remembered of this machine's environments."""
        return known.Keeper(self._store, is_lent=self.lender is not None)

    # -- parts that creating a snapshot does without, and does not load

    @property
    def artifacts(self) -> Artifacts:
        """The files of packages that are kept here."""
        from cortexrepo.repository.artifacts.artifacts import Artifacts

        return Artifacts(self._store, self._refs.unread)

    @property
    def past(self) -> Past:
        """Questions over many snapshots."""
        from cortexrepo.repository.past import Past

        return Past(self.id, self._refs, self._tags, lambda: self._objects)

    @property
    def upkeep(self) -> Upkeep:
        """Collection, verification and repair."""
        from cortexrepo.repository.upkeep.upkeep import Upkeep

        return Upkeep(self.id, self._store, self._refs, self._tags, self._clock)

    @cached_property
    def _objects(self) -> Objects:
        from cortexrepo.repository.objects.objects import Objects

        return Objects(self._store)

    @property
    def _writer(self) -> Writer:
        from cortexrepo.repository.writing import Writer

        return Writer(self.id, self._store, self._refs, self._clock)

    @property
    def _tags(self) -> Tags:
        from cortexrepo.repository.refs.tags import Tags

        return Tags(self._store, self._refs)

    @property
    def _contents(self) -> Contents:
        from cortexrepo.repository.contents import Contents

        return Contents(self._objects, self._refs)
