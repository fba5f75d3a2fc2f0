"""Garbage collection: what nothing needs any more goes, and what anything might need stays.

The protocol is the one in docs/protocol.md, part 7, and in tests/faults/protocol: no step may be moved
without checking the model again. It waits for no writer, and no writer waits for it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from cortexrepo.codec import refs as codec
from cortexrepo.errors import CorruptError, FormatVersionError, RefusedError
from cortexrepo.model import refname
from cortexrepo.model.garbage import Garbage
from cortexrepo.model.snapshot import objects_of
from cortexrepo.repository import layout
from cortexrepo.repository.objects import objects
from cortexrepo.repository.refs.tags import Tags
from cortexrepo.repository.upkeep.expiry import Expiry
from cortexrepo.repository.upkeep.losses import check_links, check_segments, leading_out
from cortexrepo.repository.upkeep.noting import Noting
from cortexrepo.repository.upkeep.packing import Needs, Packing
from cortexrepo.repository.upkeep.refusal import check_notes, check_tags, unreadable
from cortexrepo.repository.upkeep.rolling import Rolling
from cortexrepo.repository.upkeep.tabled import Tabled, held_by
from cortexrepo.store.keys import PINS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.codec.packed.rows import Head
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.progress import Progress
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.artifacts.sweep import ArtifactSweep, Swept
    from cortexrepo.repository.refs.presence import Place
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.upkeep.ages import Ages
    from cortexrepo.repository.upkeep.tidiness import Tidiness
    from cortexrepo.store.upkeep import Collecting, Kept

_FIRST_OBJECTS, _OBJECTS_AT_ONCE = 16, 256
"""So many objects are in quarantine at once: at first as many as fit into a block of its directory, for on a full disk
there may be no other; they free the room that more of them take."""


class Collector:
    """One garbage collection of one repository."""

    def __init__(
        self,
        repository: str,
        store: Kept,
        refs: Refs,
        ages: Ages,
        tidiness: Tidiness,
        progress: Progress,
        artifacts_limit: int | None = None,
    ) -> None:
        """Takes what to collect, and how.

        Args:
            repository: The repository's id.
            store: The store.
            refs: The refs in it.
            ages: Says which deletions are old enough.
            tidiness: How far to go in packing.
            progress: Whom to tell how far it has come.
            artifacts_limit: As many bytes of artifacts may stay; None for all that are needed.
        """
        self._store = store
        self._refs = refs
        self._tags = Tags(store, refs)
        self._expiry = Expiry(store, refs, Noting(store, refs, repository), ages, progress)
        self._rolling = Rolling(store, refs, tidiness, progress)
        self._packing = Packing(store, refs, tidiness, progress)
        self._ages = ages
        self._progress = progress
        self._artifacts_limit = artifacts_limit
        self._needed, self._pinned = set[bytes](), set[bytes]()
        self._read: set[str] = set()
        self._named: dict[str, frozenset[bytes]] = {}
        self._links: dict[SnapshotId, Place] = {}
        self._heads: dict[str, Head] = {}
        self._same: dict[frozenset[bytes], frozenset[bytes]] = {}
        self._tabled = Tabled(refs, store.location)

    def plan(self, *, accept_loss: bool = False) -> Garbage:
        """Returns what `run` would remove now; changes nothing. Raises as `run`."""
        check_segments(self._store, self._refs)
        going = self._expiry.going()
        self._check(going, accept_loss=accept_loss)
        self._mark(going)
        garbage = [key for key in self._objects() if _digest(key) not in self._needed]
        size = sum(self._store.size(key) for key in (*self._expiry.refs_of(going), *garbage))
        packed = sum(self._packing.garbage(self._needed).values())
        swept = self._artifacts().plan(self._artifacts_limit, going)
        found = Garbage(tuple(going), len(garbage) + packed, size + swept.size, 0)
        return self._with(found, swept)

    def run(self, *, accept_loss: bool = False) -> Garbage:
        """Collects, with `accept_loss` also where a snapshot is known to be lost, and returns what was removed.

        A crash at any point loses nothing: what was begun is taken up by the next run.

        Raises:
            RefusedError: A ref, pin, segment or tag cannot be read, a newer version wrote a note about removed
                snapshots, a snapshot is lost, or all refs are gone while objects are there: nothing was touched.
            LockTimeoutError: Another collector is at work, or listers never let go.
            StoreError: The disk fails.
        """
        with self._store.collecting() as work:
            check_segments(self._store, self._refs)
            self._check(self._expiry.going(), accept_loss=accept_loss)
            # Who links to a ref takes it for durable when its writer's name is gone.
            work.settle(layout.REFS)
            leftovers = work.restore_leftovers() + work.drop_abandoned()
            expired, freed = self._expiry.expire(work)
            going = dict.fromkeys(expired)
            self._tabled.claimed = frozenset(going)
            in_segments = bool(going) and self._refs.has_any(going)
            # What these need stays: they are not gone before they are out of their segments, for a power cut may undo
            # the claim, and a collector that keeps deleted snapshots for longer takes back that of one that died.
            self._mark({})
            # Else a removed ref, or a segment, might come back after a power cut, without its objects.
            work.settle(layout.REFS)
            work.settle(layout.SEGMENTS)
            count, size = self._sweep(work)
            rolled, saved = self._rolling.run(work, going)
            if in_segments:
                self._mark({})
                more, freed_too = self._sweep(work)
                count, size = count + more, size + freed_too
            packed = self._packing.run(work, Needs(self._needed, self._recent()))
            # Last: no ref of theirs can come back any more, and the manifests that say what is needed are in place.
            swept = self._artifacts().run(self._artifacts_limit)
            self._expiry.forget(work, expired)
            work.drop_empty(layout.OBJECTS)
            work.renew()
            work.finish()
        size += freed + saved + packed.saved + swept.size
        found = Garbage(expired, count + packed.dropped, size, leftovers, rolled, packed.files)
        return self._with(found, swept)

    def _with(self, found: Garbage, swept: Swept) -> Garbage:
        return found._replace(
            artifacts=swept.files,
            artifacts_over=swept.over,
            artifacts_unknown=swept.unknown,
            damaged=tuple(dict.fromkeys((*self._expiry.damaged, *self._packing.damaged, *swept.damaged))),
            doubted=tuple(self._ages.doubted),
            refused=self._ages.refused,
            waiting=self._expiry.waiting,
            holder=self._expiry.holder,
        )

    # -- what is needed

    def _check(self, going: dict[SnapshotId, None], *, accept_loss: bool) -> None:
        """Refuses where a file that names snapshots or objects cannot be read. Nothing has been touched yet."""
        check_tags(self._store, self._tags)
        self._expiry.damaged.update(check_notes(self._store))
        self._roots(going)
        self._expiry.accepts_loss = accept_loss
        if not accept_loss:
            check_links(self._store, self._refs, self._links, self._named, self._heads)
        if (
            next(self._refs.every(), None) is None
            and not self._store.names(layout.REFS)
            and not self._expiry.has_begun()
            and self._has_objects()
        ):
            raise RefusedError(
                f"{self._store.location}: nothing was removed: the repository has objects, and no snapshot",
                hint="copy refs/ back from a backup; if nothing is needed any more, remove the whole repository",
            )

    def _has_objects(self) -> bool:
        return next(self._objects(), None) is not None or bool(self._store.names(layout.PACKS))

    def _mark(self, going: dict[SnapshotId, None]) -> None:
        self._needed.clear()
        self._pinned.clear()
        self._read.clear()
        self._roots(going)

    def _roots(self, going: dict[SnapshotId, None]) -> None:
        """Adds what all pins and then all refs need; in this order, for a pin becomes a ref and never the reverse."""
        for name in self._store.names(PINS):
            key = f"{PINS}/{name}"
            self._pinned |= self._root(key) | self._tabled.needed(key)
        self._needed |= self._pinned
        names = [name for name in self._store.names(layout.REFS) if _snapshot_of(name) not in going]
        for number, name in enumerate(names):
            if name not in self._read:
                # A ref is never edited: what it names is read once.
                if name not in self._named:
                    found = self._root(f"{layout.REFS}/{name}")
                    self._named[name] = self._same.setdefault(found, found)
                    self._progress("reading snapshots", number, len(names))
                self._needed |= self._named[name] | self._tabled.needed(f"{layout.REFS}/{name}")
                self._read.add(name)
        # After the loose ones, as every reader: only a collector moves a ref, and there is no other one now.
        self._segments(going)

    def _segments(self, going: dict[SnapshotId, None]) -> None:
        segments = self._refs.segments()
        view = segments.view()
        self._heads = view.heads
        for name, error in view.damaged.items():
            raise unreadable(self._store.location, layout.segment_key(name), error) from error
        for name in view.heads:
            if name not in self._read:
                try:
                    named, tables = (segment := segments.open(name)).objects(going.keys())
                    self._links.update(leading_out(segment))
                except (CorruptError, FormatVersionError) as error:
                    raise unreadable(self._store.location, layout.segment_key(name), error) from error
                self._needed.update(map(bytes.fromhex, named), self._tabled.needed_in(segment, tables))
                self._read.add(name)

    def _recent(self) -> set[bytes]:
        """Returns the objects that are likely to be asked for soon, or are about to be published.

        Of each slot of a machine that is the newest: what the next snapshot most likely has too.
        """
        found = set(self._pinned)
        slots: set[tuple[str, str, str]] = set()
        for name in sorted(self._rolling.recent(), reverse=True):
            snapshot = self._refs.read(name)
            for key, held in () if snapshot is None else held_by(snapshot):
                if held is not None and key not in slots:
                    found.add(bytes.fromhex(held))
                    slots.add(key)
        return found

    def _root(self, key: str) -> frozenset[bytes]:
        try:
            data = self._store.get(key, codec.LIMIT)
            # Published or removed between the listing and the reading: it was a ref before, or is none any more.
            snapshot = None if data is None else _snapshot(key, data)
        except (CorruptError, FormatVersionError) as error:
            raise unreadable(self._store.location, key, error) from error
        if snapshot is None:
            return frozenset()
        if snapshot.previous is not None and snapshot.sequence != refname.IMPORTED:
            self._links[snapshot.previous.id] = snapshot.machine, snapshot.origin
        self._tabled.note(key, snapshot)
        return frozenset(map(bytes.fromhex, objects_of(codec.inline(snapshot), snapshot.roots)))

    def _objects(self) -> Iterator[str]:
        return (key for key, identity in objects.stored(self._store) if identity is not None)

    def _artifacts(self) -> ArtifactSweep:
        from cortexrepo.repository.artifacts.sweep import ArtifactSweep  # few repositories keep any

        return ArtifactSweep(self._store, self._refs, self._tags, objects.Objects(self._store), self._progress)

    # -- objects that go

    def _sweep(self, work: Collecting) -> tuple[int, int]:
        """Removes the objects that nothing needs and returns how many and how many bytes."""
        garbage = [key for key in self._objects() if _digest(key) not in self._needed]
        count = size = 0
        for start, some in _portions(garbage):
            keys = [key for key in some if _digest(key) not in self._needed]
            sizes = {key: self._store.size(key) for key in keys}
            work.set_aside(keys, objects.is_intact)
            # Who pinned an object before it was set aside is found now; who comes later finds it missing, and puts it.
            self._roots({})
            back = [key for key in keys if _digest(key) in self._needed]
            work.put_back(back)
            count += work.discard_aside()
            size += sum(sizes.values()) - sum(sizes[key] for key in back)
            self._progress("removing objects", start, len(garbage))
        return count, size


def _portions(keys: Sequence[str]) -> Iterator[tuple[int, Sequence[str]]]:
    """Yields where each portion begins, and the keys in it."""
    first = min(_FIRST_OBJECTS, _OBJECTS_AT_ONCE)
    ends = (*range(first, len(keys), _OBJECTS_AT_ONCE), len(keys))
    return ((start, keys[start:end]) for start, end in pairwise((0, *ends)) if start < end)


def _digest(key: str) -> bytes:
    return bytes.fromhex(layout.object_of(key))


def _snapshot_of(name: str) -> SnapshotId | None:
    return None if (parsed := refname.parse(name)) is None else parsed.id


def _snapshot(key: str, data: bytes) -> Snapshot:
    """Returns the snapshot in a pin or a ref; CorruptError too where a ref has the name of another one."""
    snapshot = codec.decode(data)
    if key.startswith(f"{layout.REFS}/") and layout.ref_key(refname.of(snapshot)) != key:
        raise CorruptError("the file is damaged: its name does not match the snapshot in the file")
    return snapshot
