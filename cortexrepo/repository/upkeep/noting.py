"""Notes about snapshots that a collector removes: without them nobody could tell a removal from a loss.

A note is durable before the first of its snapshots goes, and after the claims that let them go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import identity
from cortexrepo.codec import removed as codec
from cortexrepo.disk.failure import is_full
from cortexrepo.errors import CorruptError, FormatVersionError, StoreError
from cortexrepo.model import refname
from cortexrepo.model.ids import is_hex
from cortexrepo.model.removed import Removed, Vouched
from cortexrepo.repository import layout
from cortexrepo.repository.refs import removals

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.store.upkeep import Collecting, Kept

    Place = tuple[str, str]
    """A machine's id, and that of the repository in which its snapshots were made."""

_ID = 32


class Noting:
    """The notes of one collection."""

    def __init__(self, store: Kept, refs: Refs, repository: str) -> None:
        """Takes the store, the refs in it, and the repository's id."""
        self._store = store
        self._refs = refs
        self._repository = repository

    def of(self, going: Collection[SnapshotId]) -> tuple[Removed, ...]:
        """Returns the notes as they must be once snapshots are removed; changes nothing.

        Of a snapshot that cannot be read, or whose ref a collector that died has removed, only its number is noted.
        """
        numbers: dict[Place, set[int]] = {}
        vouched: dict[Place, set[Vouched]] = {}
        left = set(going)
        for name, snapshot in self._found(going):
            left.discard(name.id)
            place = self._place(name, snapshot)
            if place is not None:
                numbers.setdefault(place, set()).add(name.sequence)
                vouched.setdefault(place, set()).update(_vouched(place, snapshot))
        for place, sequence in self._numbered(left):
            numbers.setdefault(place, set()).add(sequence)
        return tuple(
            self._known(place).plus(removed - {refname.IMPORTED}, vouched.get(place, ()))
            for place, removed in numbers.items()
        )

    def damaged(self) -> tuple[Removed, ...]:
        """Returns the notes that take the place of damaged ones: they begin later, for all before is not known."""
        named = (name.partition("-") for name in self._store.names(layout.REMOVED))
        places = [(machine, own) for machine, _, own in named if is_hex(machine, _ID) and is_hex(own, _ID)]
        return tuple(self._known(place) for place in places if self._is_damaged(place))

    def _is_damaged(self, place: Place) -> bool:
        try:
            removals.find(self._store, *place)
        except CorruptError:
            return True
        return False

    def put(self, work: Collecting, notes: Iterable[Removed]) -> None:
        """Puts notes in the place of those that there are; durable when it returns. Raises StoreError."""
        for removed in notes:
            self._put(work, removed)

    def take_back(self, work: Collecting, staying: Collection[SnapshotId]) -> None:
        """Notes that snapshots stay that a collector which died had noted as removed; as `note`."""
        places: dict[Place, set[int]] = {}
        for name, snapshot in self._found(staying):
            place = self._place(name, snapshot)
            if place is not None and self._known(place).covers(name.sequence):
                places.setdefault(place, set()).add(name.sequence)
        for place, numbers in places.items():
            self._put(work, self._known(place).minus(numbers))

    def _numbered(self, snapshots: Collection[SnapshotId]) -> Iterator[tuple[Place, int]]:
        """Yields the numbers of snapshots of which nothing is left but the ids."""
        if not snapshots:
            return
        places = {(name.machine, self._repository) for name in self._refs.every()}
        notes = (name.partition("-") for name in self._store.names(layout.REMOVED))
        for place in (*places, *((machine, origin) for machine, _, origin in notes if is_hex(origin, len(machine)))):
            for snapshot in snapshots:
                parts = refname.parts_of(identity.key(place[1], place[0]), snapshot)
                if parts is not None:
                    yield place, parts[0]

    def _found(self, snapshots: Collection[SnapshotId]) -> Iterator[tuple[RefName, Snapshot | None]]:
        for name in self._refs.named(snapshots):
            try:
                yield name, self._refs.header(name)
            except (CorruptError, FormatVersionError):
                yield name, None

    def _place(self, name: RefName, snapshot: Snapshot | None) -> Place | None:
        if snapshot is not None:
            return snapshot.machine, snapshot.origin
        own = identity.make(self._repository, name.machine, name.sequence, name.created_at)
        return (name.machine, self._repository) if own == name.id else None

    def _known(self, place: Place) -> Removed:
        try:
            return removals.find(self._store, *place) or Removed(*place)
        except CorruptError:
            # What it said is lost: all that is older is not known. One of a newer version is never replaced.
            last = self._refs.last_of(place[0], 1)
            return Removed(*place, since=last[0].sequence if last else 0)

    def _put(self, work: Collecting, removed: Removed) -> None:
        name = f"{removed.machine}-{removed.origin}"
        key = layout.removed_key(name)
        self._keep_damaged(name)
        try:
            work.replace(key, _fitting(removed))
        except StoreError as error:
            if not is_full(error):
                raise
            work.replace(key, codec.encode(removed.least()))

    def _keep_damaged(self, name: str) -> None:
        """Gives a damaged note a second name before it is replaced: it is all that shows that there was another one."""
        try:
            removals.read(self._store, name)
        except CorruptError:
            self._store.inspection().keep_aside(layout.removed_key(name), layout.DAMAGED)


def _vouched(place: Place, snapshot: Snapshot | None) -> Iterator[Vouched]:
    previous = None if snapshot is None else snapshot.previous
    parts = None if previous is None else refname.parts_of(identity.key(place[1], place[0]), previous.id)
    # What was recorded of the past is in no chain, and no note says that it went.
    if previous is not None and parts is not None and parts[0] != refname.IMPORTED:
        yield Vouched(*parts, previous.checksum[: codec.DIGEST])


def _fitting(removed: Removed) -> bytes:
    while True:
        try:
            return codec.encode(removed)
        except ValueError:
            removed = removed.shorter()
