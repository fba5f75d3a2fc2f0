"""Rolling up: refs that nobody is likely to ask for soon go from files of their own into segments.

A segment is on disk, and has been read back, before the first file that it replaces is removed: at every instant each
ref is in at least one place. Readers list files first and segments second, so that they see it in at least one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import refs as codec
from cortexrepo.codec.packed import segments
from cortexrepo.codec.packed.segments import Ref
from cortexrepo.disk.failure import is_full
from cortexrepo.errors import CorruptError, StoreError
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.progress import Progress
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot, Snapshot
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.upkeep.tidiness import Tidiness
    from cortexrepo.store.upkeep import Collecting, Kept

_BYTES = segments.BODY_LIMIT // 2
"""Refs of so many bytes together make a segment full: a body takes less than the refs in it."""


class Rolling:
    """The rolling up of one collection."""

    def __init__(self, store: Kept, refs: Refs, tidiness: Tidiness, progress: Progress) -> None:
        """Takes what to roll up, how much to leave as it is, and whom to tell how far it has come."""
        self._store = store
        self._refs = refs
        self._segments = refs.segments()
        self._tidiness = tidiness
        self._progress = progress
        self._slots: dict[tuple[Slot, ...], tuple[Slot, ...]] = {}

    def recent(self) -> list[RefName]:
        """Returns the refs that keep files of their own: the last ones of each machine."""
        machines: dict[str, list[RefName]] = {}
        for name in sorted(self._refs.loose()[0], reverse=True):
            machines.setdefault(name.machine, []).append(name)
        return [name for names in machines.values() for name in names[: self._tidiness.recent]]

    def run(self, work: Collecting, going: Container[SnapshotId]) -> tuple[int, int]:
        """Rolls up, and takes snapshots that are going out of segments.

        Where there is no room only the latter is done, as it has to be.

        Returns how many refs lost their files, and how many bytes that saved.
        """
        heads = self._segments.view().heads
        touched = [name for name in heads if any(one.id in going for one in self._in(name))]
        loose = self._loose(going)
        small = self._small(len(loose), [name for name in heads if name not in touched]) if loose else []
        try:
            return self._roll(work, loose, [*touched, *small], going)
        except StoreError as error:
            if not loose or not is_full(error):
                raise
            # Nothing was removed yet, and the next run takes it up.
            return self._roll(work, [], touched, going)

    def _loose(self, going: Container[SnapshotId]) -> list[RefName]:
        """Returns the refs that are to lose their files; none where they are too few."""
        recent = set(self.recent())
        loose = sorted(name for name in self._refs.loose()[0] if name not in recent and name.id not in going)
        return loose if len(loose) >= self._tidiness.least else []

    def _roll(
        self, work: Collecting, loose: Sequence[RefName], old: Sequence[str], going: Container[SnapshotId]
    ) -> tuple[int, int]:
        if not loose and not old:
            return 0, 0
        names = {*loose, *(one for name in old for one in self._in(name) if one.id not in going)}
        new = dict(self._put(work, refs) for refs in _chunks(filter(None, map(self._ref, self._sorted(names)))))
        files = [layout.ref_key(name) for name in loose]
        segments_ = [layout.segment_key(name) for name in old if name not in new]
        saved = sum(map(self._store.size, (*files, *segments_))) - sum(new.values())
        work.remove(files)
        work.settle(layout.REFS)
        work.remove(segments_)
        work.settle(layout.SEGMENTS)
        return len(files), saved

    def _small(self, count: int, names: Sequence[str]) -> list[str]:
        """Returns the segments to be merged with so many new refs: each that is left is twice what is before it.

        So there are few of them, and no ref is written again more often than the logarithm of their number.
        """
        chosen = []
        sizes = sorted((self._size(name), name) for name in names)
        for size, name in sizes:
            if size > 2 * count or size + count > segments.ROWS_LIMIT:
                break
            chosen.append(name)
            count += size
        return chosen

    def _size(self, name: str) -> int:
        return sum(group.rows for group in self._segments.view().heads[name].groups)

    def _in(self, name: str) -> Iterator[RefName]:
        segment = self._segments.open(name)
        for group in segment.head.groups:
            yield from segment.names(group)

    @staticmethod
    def _sorted(names: Iterable[RefName]) -> list[RefName]:
        return sorted(names)

    def _ref(self, name: RefName) -> Ref | None:
        """Returns a ref, from its own file or a segment; None where it is gone.

        There is one encoding of each snapshot, so that a file can be made again from what is decoded.
        """
        data = self._store.get(layout.ref_key(name), codec.LIMIT)
        if data is None:
            place = self._segments.find(name)
            return None if place is None else Ref(place.snapshot(), place.checksum())
        snapshot = codec.decode(data)
        # Most hold what others hold; a few megabytes instead of hundreds.
        slots = self._slots.setdefault(snapshot.slots, snapshot.slots)
        return Ref(snapshot._replace(slots=slots), codec.checksum_of(data))

    def _put(self, work: Collecting, refs: Sequence[Ref]) -> tuple[str, int]:
        """Stores a segment, reads it back, and returns its name and size."""
        encoded = segments.encode(refs)
        key = layout.segment_key(encoded.name)
        # In a copy the name `segments/` itself may not be on disk yet. It is never made here: it would hide a loss.
        work.settle("")
        self._store.put_mark(key, encoded.data)
        data = self._store.get(key, segments.FILE_LIMIT)
        back = segments.decode(data or b"", encoded.name)
        rows = ((group, row) for group in back.head.groups for row in range(group.start, group.start + group.rows))
        if {back.checksum(*row) for row in rows} != {ref.checksum for ref in refs}:
            raise CorruptError(
                f"{key}: the disk returned other bytes than were written",
                hint="nothing was removed; check the disk: `dmesg` shows its errors",
            )
        self._progress("packing snapshots", len(refs), 0)
        return encoded.name, len(encoded.data)


def _chunks(refs: Iterable[Ref]) -> Iterator[list[Ref]]:
    """Yields as many refs at a time as a segment takes; what comes later is not read before."""
    chunk: list[Ref] = []
    size = 0
    for ref in refs:
        length = _size(ref.snapshot)
        if chunk and (len(chunk) == segments.ROWS_LIMIT or size + length > _BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(ref)
        size += length
    if chunk:
        yield chunk


def _size(snapshot: Snapshot) -> int:
    """Returns how many bytes of a body a ref takes at most."""
    slots = snapshot.slots
    later = [slot.later.status + slot.later.error for slot in slots if slot.later is not None]
    texts = (snapshot.message, *snapshot.cause, *(slot.error + slot.environment for slot in slots), *later)
    own = (pair for slot in slots for pair in (*slot.facts, *slot.extensions))
    pairs = (*snapshot.facts, *snapshot.roots, *snapshot.extensions, *own)
    return 4 * (sum(map(len, texts)) + sum(len(key) + len(value) for key, value in pairs)) + 64 * (3 + len(slots))
