"""Deleted snapshots that go for good: their marks are claimed, then their refs are removed.

Claiming is a rename of the mark, which `undelete` unlinks: the file system lets exactly one of the two succeed
(docs/decisions/0006). A mark is read again once it is claimed, for it may be another one than was looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cortexrepo.disk.failure import is_full
from cortexrepo.errors import CorruptError, FormatVersionError, LockTimeoutError, StoreError
from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId, is_hex
from cortexrepo.repository import layout
from cortexrepo.repository.refs import marks
from cortexrepo.repository.refs.unread import damage

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from cortexrepo.codec import records
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.progress import Progress
    from cortexrepo.model.removed import Removed
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.upkeep.ages import Ages
    from cortexrepo.repository.upkeep.noting import Noting
    from cortexrepo.store.upkeep import Collecting, Kept

Item = TypeVar("Item")

_AT_ONCE = 16
"""So many names change while listers wait: a few milliseconds, also on a disk that is busy with somebody's fsync."""
_ID = 32


class Expiry:
    """The deletions of one repository that are old enough to go."""

    def __init__(self, store: Kept, refs: Refs, noting: Noting, ages: Ages, progress: Progress) -> None:
        """Takes the parts.

        Args:
            store: The store.
            refs: The refs in it.
            noting: Notes what goes.
            ages: Says which marks are old enough.
            progress: Whom to tell how far it has come.
        """
        self._store = store
        self._refs = refs
        self._noting = noting
        self._ages = ages
        self._progress = progress
        self._read: dict[SnapshotId, records.Mark] = {}
        self.waiting = False
        """Whether a process would not let go of the lock, so that names which were to change did not."""
        self.holder = ""
        """Who that is, as the subject of a sentence."""
        self.damaged: dict[Damage, None] = {}
        """The marks that cannot be read, and whose snapshots stay for that; who checks the notes adds damaged ones."""
        self.accepts_loss = False

    def going(self) -> dict[SnapshotId, None]:
        """Returns the snapshots that would go now; changes nothing."""
        marked = (one for one in self._marked("") if self._is_due(layout.mark_key(one)))
        return dict.fromkeys((*marked, *(one for one in self._marked(layout.CLAIMED) if self._is_begun(one))))

    def has_begun(self) -> bool:
        """Returns whether a run that died left claims."""
        return any(self._marked(layout.CLAIMED))

    def expire(self, work: Collecting) -> tuple[tuple[SnapshotId, ...], int]:
        """Claims the marks that are due and removes the refs of all that are claimed, by a run that died too.

        Those in segments are left to whoever rolls up. Where losses are accepted damaged notes make room for new ones,
        so that nothing asks for them again. Returns the ids, and how many bytes the refs had; none where a process
        would not let go of the lock.
        """
        claimed: list[SnapshotId] = []
        try:
            claimed += self._begun(work)
            due = [one for one in self._marked("") if self._is_due(layout.mark_key(one))]
            for number, some in enumerate(_some(due)):
                with work.renaming():
                    claimed += [one for one in some if self._claim(work, one)]
                self._progress("expiring snapshots", number * _AT_ONCE, len(due))
            size = self._remove(work, claimed)
            if self.accepts_loss:
                self._put(work, self._noting.damaged())
            return tuple(claimed), size
        except LockTimeoutError as error:
            # Whoever lists names may be stopped for good. All else goes on; the claims count as a dead run's, and the
            # next run takes them up.
            self.waiting, self.holder = True, error.holder
            return (), 0
        finally:
            # Not before: on a full disk this would take the room that frees more.
            self._ages.note(self._read.values())

    def _remove(self, work: Collecting, claimed: Sequence[SnapshotId]) -> int:
        """Removes the refs of what is claimed, and returns how many bytes they had."""
        if not claimed:
            return 0
        # A note that outlives its claims would tell of snapshots as removed that are there.
        work.settle(layout.DELETED)
        notes = self._noting.of(claimed)
        is_noted = self._put(work, notes)
        refs = self.refs_of(frozenset(claimed))
        size = sum(map(self._store.size, refs))
        for some_refs in _some(refs):
            with work.renaming():
                work.remove(some_refs)
        if not is_noted:
            # The refs have made room. Until now the claims say what the notes will say.
            self._noting.put(work, notes)
        return size

    def _put(self, work: Collecting, notes: Iterable[Removed]) -> bool:
        """Notes what goes; returns False where the disk is full."""
        try:
            self._noting.put(work, notes)
        except StoreError as error:
            if not is_full(error):
                raise
            return False
        return True

    def forget(self, work: Collecting, snapshots: Sequence[SnapshotId]) -> None:
        """Removes the claims, now that nothing is left of their snapshots: earlier, a crash would undo it."""
        work.remove(layout.claim_key(snapshot) for snapshot in snapshots)
        work.settle(layout.DELETED)

    def refs_of(self, snapshots: Container[SnapshotId]) -> list[str]:
        """Returns the keys of those refs of these snapshots that have a file of their own."""
        named = ((name, refname.parse(name)) for name in self._store.names(layout.REFS))
        return [f"{layout.REFS}/{name}" for name, parsed in named if parsed is not None and parsed.id in snapshots]

    def _marked(self, ending: str) -> Iterator[SnapshotId]:
        for name in self._store.names(layout.DELETED):
            own = name.removesuffix(ending)
            if name == own + ending and is_hex(own, _ID):
                yield SnapshotId(own)

    def _is_due(self, key: str) -> bool:
        """Returns whether a mark is old enough. One that cannot be read keeps its snapshot."""
        try:
            mark = marks.read(self._store, key.rpartition("/")[2])
        except (CorruptError, FormatVersionError) as error:
            self.damaged[damage(key, error)] = None
            return False
        if mark is None:
            return False
        self._read[mark.snapshot] = mark
        return self._ages.is_old(mark)

    def _is_begun(self, snapshot: SnapshotId) -> bool:
        """Returns whether a claim counts: it is due, or its ref is gone already and there is no way back."""
        return self._is_due(layout.claim_key(snapshot)) or not self._refs.has_any({snapshot})

    def _begun(self, work: Collecting) -> list[SnapshotId]:
        """Returns what a run that died has claimed; claims that it should not have made are taken back."""
        claims = list(self._marked(layout.CLAIMED))
        begun = dict.fromkeys(one for one in claims if self._is_begun(one))
        back = [one for one in claims if one not in begun]
        self._noting.take_back(work, back)
        for some in _some(back):
            with work.renaming():
                for one in some:
                    work.rename(layout.claim_key(one), one)
        return list(begun)

    def _claim(self, work: Collecting, snapshot: SnapshotId) -> bool:
        """Claims a mark: whoever comes first, this or `undelete`, decides, and the other learns of it."""
        claim = layout.claim_key(snapshot)
        if not work.rename(layout.mark_key(snapshot), f"{snapshot}{layout.CLAIMED}"):
            return False
        if self._is_due(claim):
            return True
        # It was undeleted, and deleted again: that deletion is young.
        work.rename(claim, snapshot)
        return False


def _some(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))
