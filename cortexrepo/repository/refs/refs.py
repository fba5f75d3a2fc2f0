"""Refs: one small immutable file for each snapshot, and the deletion marks beside them."""

from __future__ import annotations

import contextlib
from itertools import chain, islice
from typing import TYPE_CHECKING, TypeVar

from cortexrepo.codec import refs as codec
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout
from cortexrepo.repository.refs import order
from cortexrepo.repository.refs.look import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.progress import Progress
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot, Snapshot
    from cortexrepo.repository.refs.segments import Segments
    from cortexrepo.repository.refs.tables import Tables
    from cortexrepo.repository.refs.walk import Span
    from cortexrepo.store.base import Store

    Unreadable = CorruptError | FormatVersionError

Found = TypeVar("Found")

_HINT = "replace the file from a copy: `cortex snapshot verify --repair --from REPO`; or give another snapshot's id"


class Names(NamedTuple):
    """What listing the names found: `kept` and `deleted` newest first, and names in `refs/` that are no ref's.

    One that a collector has claimed is in none of them: it is gone, whatever is left of it. The order is found out as
    far as somebody looks. `damaged` are the segments that cannot be read.
    """

    kept: Sequence[RefName]
    deleted: Sequence[RefName]
    strangers: tuple[str, ...]
    damaged: tuple[Damage, ...] = ()

    def every(self) -> Iterator[RefName]:
        """Yields all names, kept or deleted."""
        return chain(self.kept, self.deleted)


class Refs:
    """The refs of one repository."""

    def __init__(self, store: Store, repository: str = "") -> None:
        """Takes the store, and the repository's id, by which names of snapshots that were made in it are known."""
        self.repository = repository
        self.location = store.location
        self._store = store
        self._segments: Segments | None = None
        self._tables: Tables | None = None
        self.unread: dict[Damage, None] = {}
        """The files that were passed over so far because they cannot be read, in this order."""

    def names(self) -> Names:
        """Returns all names, without a lock: each snapshot that is there throughout is among them."""
        return self.names_in(self.look())

    def names_in(self, look: Look) -> Names:
        """Returns all names that such a look found."""
        streams = order.streams(look.loose)
        if look.view is not None:
            streams += self.segments().streams(look.view)
        marked, gone = look.marked, look.gone
        found = order.Lazy(order.newest_first(streams))
        kept = order.Lazy(name for name in found if name.id not in gone) if gone else found
        # What is in `marked` and not claimed: a claim hides the mark of its name.
        deleted = (
            order.Lazy(name for name in found if name.id in marked and f"{name.id}{layout.CLAIMED}" not in marked)
            if marked
            else ()
        )
        return Names(kept, deleted, look.strangers, look.damaged)

    def look(self) -> Look:
        """Looks at all names once, without a lock, in the order in which nothing that is there throughout is missed."""
        marked = frozenset(self._store.names(layout.DELETED))
        loose, strangers = self.loose()
        # After the loose ones: a collector puts a segment before it removes what is in it.
        view = self.segments().view() if self._store.names(layout.SEGMENTS) else None
        gone = frozenset(name.removesuffix(layout.CLAIMED) for name in marked)
        return Look(marked, gone, loose, tuple(strangers), view)

    def walk(self, look: Look) -> Iterator[RefName | Span]:
        """Yields what such a look found that is kept, newest first; raises CorruptError for a damaged segment."""
        from cortexrepo.repository.refs.walk import walk  # only those who want them all

        return walk(look, self.segments() if look.view is not None else None)

    def kept(self, look: Look) -> Iterator[RefName]:
        """Yields the names of what such a look found that is kept, newest first; makes no more than are taken."""
        for part in self.walk(look):
            if isinstance(part, str):
                yield part
            else:
                yield from (part.segment.name(part.group, row) for row in range(part.stop - 1, part.start - 1, -1))

    def loose(self) -> tuple[list[RefName], list[str]]:
        """Returns the refs that have a file of their own, in no order, and what is in `refs/` besides."""
        found = self._store.names(layout.REFS)
        refs = [name for name in map(refname.parse, found) if name is not None]
        return refs, sorted(set(found).difference(refs)) if len(refs) != len(found) else []

    def segments(self) -> Segments:
        """Returns the segments."""
        if self._segments is None:
            from cortexrepo.repository.refs.segments import Segments  # a young repository has none

            self._segments = Segments(self._store)
        return self._segments

    def tables(self) -> Tables:
        """Returns the tables of slots."""
        if self._tables is None:
            from cortexrepo.repository.refs.tables import Tables  # few snapshots have so many slots

            self._tables = Tables(self._store, lambda name: self.is_gone(name.id) or not self.is_there(name))
        return self._tables

    def packed(self) -> int:
        """Returns how many refs are in segments, whatever their marks say."""
        heads = {} if (segments := self.rolled()) is None else segments.view().heads
        return sum(group.rows for head in heads.values() for group in head.groups)

    def has_any(self, snapshots: Collection[SnapshotId]) -> bool:
        """Returns whether a ref of one of these snapshots is there, whatever its marks say; raises CorruptError."""
        return next(self.named(snapshots), None) is not None

    def named(self, snapshots: Collection[SnapshotId]) -> Iterator[RefName]:
        """Yields the names of the refs of these snapshots, whatever their marks say; raises CorruptError."""
        wanted = frozenset(snapshots)
        yield from (name for name in self.loose()[0] if name.id in wanted)
        if not wanted or not self._store.names(layout.SEGMENTS):
            return
        segments = self.segments()
        for name, head in segments.view().heads.items():
            for group in head.groups:
                # No other segment than theirs is opened.
                if any(map(group.may_hold, wanted)):
                    segment = segments.open(name, group)
                    yield from segment.names_of(group, segment.rows_of(group, wanted))

    def every(self) -> Iterator[RefName]:
        """Yields the names of all refs, whatever their marks say, in no order; those in segments may come twice."""
        yield from self.loose()[0]
        if self._store.names(layout.SEGMENTS):
            segments = self.segments()
            for stream in segments.streams(segments.view()):
                yield from stream.names()

    def last_of(self, machine: str, count: int) -> list[RefName]:
        """Returns the last refs of a machine by sequence, the last one first, deleted ones among them."""
        loose = refname.last_of(machine, self._store.names(layout.REFS), count)
        # A collector leaves the last ones on their own; where they were deleted, what comes before them is packed, and
        # what was recorded of the past is before all of it.
        if (loose and loose[0].sequence != refname.IMPORTED) or not self._store.names(layout.SEGMENTS):
            return loose
        streams = self.segments().streams(self.segments().view())
        mine = [stream for stream in streams if stream.last.machine == machine]
        return list(islice(order.highest_first([*order.streams(loose), *mine]), count))

    def locked_look(self) -> Look:
        """Looks at all names under the shared lock: one consistent view even while a collector rearranges them."""
        with self._store.shared():
            return self.look()

    def read(self, name: RefName) -> Snapshot | None:
        """Returns the snapshot, or None when it was removed meanwhile.

        Raises:
            CorruptError: The file, or the table of its slots, is damaged, missing, or another snapshot's.
            FormatVersionError: A newer version wrote one of them.
        """
        found = self.header(name)
        return found if found is None or found.table() is None else self.tables().filled(name, found)

    def header(self, name: RefName) -> Snapshot | None:
        """Returns the snapshot as `read_raw` does."""
        found = self.read_raw(name)
        return None if found is None else found[0]

    def read_raw(self, name: RefName) -> tuple[Snapshot, bytes] | None:
        """Returns the snapshot, its slots `Elsewhere` where they are in a table, and its file's checksum.

        Else as `read`.
        """
        found = self.file(name)
        if found is None:
            return self._read_packed(name)
        if refname.of(found[0]) != name:
            raise CorruptError(
                f"{layout.ref_key(name)}: the file is damaged: its name does not match the snapshot in it, "
                f"{found[0].id[:12]}",
                hint=_HINT,
            )
        return found

    def file(self, name: str) -> tuple[Snapshot, bytes] | None:
        """Returns what a file in `refs/` holds, whatever its name, or None; else as `read_raw`."""
        key = f"{layout.REFS}/{name}"
        data = self._store.get(key, codec.LIMIT)
        try:
            return None if data is None else (codec.decode(data), codec.checksum_of(data))
        except (CorruptError, FormatVersionError) as error:
            raise type(error)(f"{key}: {error}", hint=error.hint or _HINT) from error

    def _read_packed(self, name: RefName) -> tuple[Snapshot, bytes] | None:
        segments = self.rolled()
        snapshot = None if segments is None else segments.snapshot(name)
        return None if snapshot is None else (snapshot, codec.checksum_of(codec.encode(snapshot)))

    def slots(self, names: Iterable[RefName]) -> Iterator[tuple[RefName, tuple[Slot, ...] | Unreadable]]:
        """Yields what each snapshot holds, or why it cannot be read; those that were removed are left out."""
        from cortexrepo.repository.refs import series  # only questions about many

        return series.slots(self.rolled(), self.header, names, self.tables)

    def snapshots(self, names: Iterable[RefName], *, linked: bool) -> Iterator[tuple[RefName, Snapshot | Unreadable]]:
        """As `slots`: the snapshots; without `linked`, those in segments lack `previous`, which takes time.

        One whose slots cannot be read is among them: `Elsewhere` says why.
        """
        from cortexrepo.repository.refs import series

        return series.snapshots(self.rolled(), self.header, names, self.tables, linked=linked)

    def rolled(self) -> Segments | None:
        """Returns the segments, or None where there are none."""
        return self.segments() if self._store.names(layout.SEGMENTS) else None

    def read_either(self, name: RefName) -> Snapshot | None:
        """Returns the snapshot of that name from its own file, or from a segment where the file is damaged.

        Raises as `read` does, where neither can be read.
        """
        try:
            return self.read(name)
        except (CorruptError, FormatVersionError):
            twin = self.read_twin(name)
            if twin is None:
                raise
            return twin

    def read_twin(self, name: RefName) -> Snapshot | None:
        """Returns the snapshot of that id from a sound ref under another name, or None.

        Only a damaged name, or a file that somebody put there, makes two names with one id.
        """
        names = self.names()
        for other in names.every():
            if other.id == name.id and other != name:
                with contextlib.suppress(CorruptError, FormatVersionError):
                    return self.read(other)
        return None

    # -- marks

    def is_gone(self, snapshot: SnapshotId) -> bool:
        """Returns whether a collector has removed the snapshot, or begun to: its deletion cannot be taken back.

        False where that is not known, because a file that may hold the snapshot cannot be read.
        """
        from cortexrepo.repository.refs import presence  # only who has tags

        return presence.is_gone(self, self._store, snapshot)

    def is_there(self, name: RefName) -> bool:
        """Returns whether there is a ref of that name, whatever its marks say."""
        segments = self.rolled()
        return bool(self._store.size(layout.ref_key(name)) or (segments is not None and segments.find(name)))

    def mark_deleted(self, snapshot: SnapshotId, clock: Callable[[], int]) -> bool:
        """Marks a snapshot as deleted; see `marks.put`."""
        from cortexrepo.repository.refs import marks  # only who deletes

        return marks.put(self._store, snapshot, clock)

    def mark_each(
        self, snapshots: Sequence[SnapshotId], clock: Callable[[], int], progress: Progress | None = None
    ) -> None:
        """Marks snapshots as deleted, one after the other. Raises StoreError that says how many were marked before."""
        from cortexrepo.repository.refs import marks

        marks.put_each(self._store, snapshots, clock, progress)

    def unmark_deleted(self, snapshot: SnapshotId) -> bool:
        """Takes the mark away; False when there is none, or a collector was first."""
        return self._store.remove(layout.mark_key(snapshot))
