"""Refs: one small immutable file for each snapshot, and the deletion marks beside them."""

from __future__ import annotations

import contextlib
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from cortexrepo.codec import records
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.repository import layout
from cortexrepo.repository.refs import order
from cortexrepo.repository.refs.look import Look

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Sequence

    from cortexrepo.codec.packed.rows import Group, Segment
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot, Snapshot
    from cortexrepo.repository.refs.segments import Place, Segments
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

    def __init__(self, store: Store, repository: str) -> None:
        """Takes the store and the repository's id, which every ref must carry."""
        self._store = store
        self._repository = repository
        self._segments: Segments | None = None
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

            self._segments = Segments(self._store, self._repository)
        return self._segments

    def packed(self) -> int:
        """Returns how many refs are in segments, whatever their marks say."""
        if not self._store.names(layout.SEGMENTS):
            return 0
        return sum(group.rows for head in self.segments().view().heads.values() for group in head.groups)

    def has_any(self, snapshots: Container[SnapshotId]) -> bool:
        """Returns whether a ref of one of these snapshots is there, whatever its marks say."""
        return any(name.id in snapshots for name in self.every())

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
        mine = [stream for stream in streams if stream.last.machine == machine[:8]]
        return list(islice(order.newest_first([*order.streams(loose), *mine]), count))

    def locked_look(self) -> Look:
        """Looks at all names under the shared lock: one consistent view even while a collector rearranges them."""
        with self._store.shared():
            return self.look()

    def read(self, name: RefName) -> Snapshot | None:
        """Returns the snapshot, or None when it was removed meanwhile.

        Raises:
            CorruptError: The file is damaged, or is another snapshot's or another repository's.
            FormatVersionError: A newer version wrote it.
        """
        found = self.read_raw(name)
        return None if found is None else found[0]

    def read_raw(self, name: RefName) -> tuple[Snapshot, bytes] | None:
        """Returns the snapshot and its file's checksum; else as `read`."""
        found = self.file(name)
        if found is None:
            return self._read_packed(name)
        snapshot = found[0]
        if refname.of(snapshot) != name or snapshot.repository != self._repository:
            raise CorruptError(
                f"{layout.ref_key(name)}: the file is damaged: it holds snapshot {snapshot.id[:12]}, "
                "or belongs to another repository",
                hint=_HINT,
            )
        return found

    def file(self, name: str) -> tuple[Snapshot, bytes] | None:
        """Returns what a file in `refs/` holds, whatever its name and repository, and its checksum; raises as `read`.

        None where there is no such file.
        """
        key = f"{layout.REFS}/{name}"
        data = self._store.get(key, records.LIMIT)
        try:
            return None if data is None else (records.decode_ref(data), records.ref_checksum(data))
        except (CorruptError, FormatVersionError) as error:
            raise type(error)(f"{key}: {error}", hint=error.hint or _HINT) from error

    def _read_packed(self, name: RefName) -> tuple[Snapshot, bytes] | None:
        if not self._store.names(layout.SEGMENTS):
            return None
        snapshot = self.segments().snapshot(name)
        return None if snapshot is None else (snapshot, records.ref_checksum(records.encode_ref(snapshot)))

    def slots(self, names: Iterable[RefName]) -> Iterator[tuple[RefName, tuple[Slot, ...] | Unreadable]]:
        """Yields what each of these snapshots holds, or why it cannot be read; those that were removed are left out.

        Fast where they are in segments and come newest first.
        """
        return self._each(names, lambda segment, _, row: segment.slots(row), lambda snapshot: snapshot.slots)

    def snapshots(self, names: Iterable[RefName], *, linked: bool) -> Iterator[tuple[RefName, Snapshot | Unreadable]]:
        """As `slots`: the snapshots; without `linked`, those in segments lack `previous`, which takes time."""
        return self._each(
            names,
            lambda segment, *place: segment.snapshot(*place) if linked else segment.outline(*place),
            lambda snapshot: snapshot,
        )

    def _each(
        self,
        names: Iterable[RefName],
        from_row: Callable[[Segment, Group, int], Found],
        from_snapshot: Callable[[Snapshot], Found],
    ) -> Iterator[tuple[RefName, Found | Unreadable]]:
        segments = self.segments() if self._store.names(layout.SEGMENTS) else None
        view = None if segments is None else segments.view()
        place: Place | None = None
        for name in names:
            try:
                # Newest first, each is found beside the one before.
                before = None if place is None else place.before()
                if before is None or before.name() != name:
                    before = None if segments is None else segments.find(name, view)
                place = before
                if place is not None:
                    yield name, from_row(*place)
                elif (snapshot := self.read(name)) is not None:
                    yield name, from_snapshot(snapshot)
            except (CorruptError, FormatVersionError) as error:
                yield name, error

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
        if self._store.size(layout.claim_key(snapshot)):
            return True
        name = refname.named(snapshot)
        if name is not None and self.is_there(name):
            return False
        names = self.names()
        if names.damaged or any(self._may_hold(stranger, snapshot) for stranger in names.strangers):
            return False
        return all(name.id != snapshot for name in names.every())

    def _may_hold(self, stranger: str, snapshot: SnapshotId) -> bool:
        """Returns whether a file in `refs/` whose name is no ref's holds a snapshot, or cannot be read."""
        try:
            found = self.file(stranger)
        except (CorruptError, FormatVersionError):
            return True
        return found is not None and found[0].id == snapshot

    def is_there(self, name: RefName) -> bool:
        """Returns whether there is a ref of that name, whatever its marks say."""
        if self._store.size(layout.ref_key(name)):
            return True
        return bool(self._store.names(layout.SEGMENTS)) and self.segments().find(name) is not None

    def mark_deleted(self, snapshot: SnapshotId, clock: Callable[[], int]) -> bool:
        """Marks a snapshot as deleted; see `marks.put`."""
        from cortexrepo.repository.refs import marks  # only who deletes

        return marks.put(self._store, snapshot, clock)

    def unmark_deleted(self, snapshot: SnapshotId) -> bool:
        """Takes the mark away; False when there is none, or a collector was first."""
        return self._store.remove(layout.mark_key(snapshot))
