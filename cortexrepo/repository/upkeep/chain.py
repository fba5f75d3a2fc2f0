"""The chain: each snapshot names the one before it of its machine, with that one's checksum, and here somebody looks.

What it shows and what it cannot show is in docs/reliability.md, "Threat model".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import identity
from cortexrepo.codec.removed import DIGEST
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.model.ids import is_hex
from cortexrepo.model.problem import (
    DAMAGED_REMOVED,
    LOST_REF,
    REORDERED_REF,
    REPLAYED_REF,
    REWRITTEN_REF,
    STRAY,
    Problem,
)
from cortexrepo.model.removed import Removed
from cortexrepo.repository import layout
from cortexrepo.repository.refs import removals
from cortexrepo.repository.refs.unread import problem

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.store.base import Store

_DIGITS = 32
Place = tuple[str, str]
"""A machine's id, and that of the repository in which its snapshots were made."""


class _Link(NamedTuple):
    """A link whose end was not met yet: from which snapshot, to which, and the checksum's beginning."""

    place: Place
    source: SnapshotId
    target: SnapshotId
    digest: bytes


class Chain:
    """The chains of all machines, as far as they were met. What is wrong is in `problems`.

    Attributes:
        problems: What `finish` found.
        unchecked: How many links lead to where nothing is known: notes or files there cannot be read, or are lost.
    """

    def __init__(self, store: Store, refs: Refs) -> None:
        """Takes the store, and the refs in it."""
        self.problems: list[Problem] = []
        self.unchecked = 0
        self._store = store
        self._refs = refs
        self._met: dict[Place, dict[SnapshotId, bytes]] = {}
        self._open: list[_Link] = []
        self._unread: set[SnapshotId] = set()

    def add(self, snapshot: Snapshot, checksum: bytes) -> None:
        """Takes a snapshot that was read, and its ref's checksum."""
        if snapshot.sequence == refname.IMPORTED:
            return
        place = snapshot.machine, snapshot.origin
        met = self._met.setdefault(place, {})
        met[snapshot.id] = checksum[:DIGEST]
        previous = snapshot.previous
        parts = None if previous is None else _parts(place, previous.id)
        if previous is None or (parts is not None and parts[0] == refname.IMPORTED):
            return
        link = _Link(place, snapshot.id, previous.id, previous.checksum[:DIGEST])
        if previous.id in met:
            self._compare(link, met[previous.id])
        else:
            self._open.append(link)
        if parts is not None and refname.HIGHEST > parts[0] >= snapshot.sequence:
            self._problem(REORDERED_REF, place, snapshot.id, "the link leads to a snapshot with a higher number")

    def pass_over(self, name: RefName) -> None:
        """Takes a ref that cannot be read: nothing is known of it."""
        self._unread.add(name.id)

    def finish(self, *, is_complete: bool) -> None:
        """Compares what was left open with what is there now and with what collectors noted.

        Args:
            is_complete: All segments were read; else any missing snapshot may be in one that was not.
        """
        left = [link for link in self._open if not self._is_met(link)]
        names = {name.id: name for name in self._refs.names().every()} if left or self._has_notes() else {}
        # After the names: a collector notes what it removes before it does.
        notes = self._notes()
        for link in left:
            self._judge(link, names, notes, is_complete=is_complete)
        for place, note in notes.items():
            if note is not None:
                self._vouched(place, note, names, is_complete=is_complete)
                self._replayed(place, note, names)

    # -- links

    def _is_met(self, link: _Link) -> bool:
        for met in self._met.values():
            if link.target in met:
                self._compare(link, met[link.target])
                return True
        return False

    def _compare(self, link: _Link, digest: bytes) -> None:
        if digest != link.digest:
            ref = f"the ref{self._or_before(link)}"
            reason = f"{ref} was changed after snapshot {link.source[:12]} was made, which states its checksum"
            self._problem(REWRITTEN_REF, link.place, link.target, reason)

    def _or_before(self, link: _Link) -> str:
        """Returns which other refs may be the one that was changed, as part of a sentence.

        A segment states few checksums: where one of its rows was changed, those of all rows behind it are others too,
        up to one that is stated.
        """
        parts = _parts(link.place, link.target)
        name = None if parts is None else refname.make(*parts, link.place[0], link.target)
        segments = self._refs.rolled()
        if name is None or segments is None or self._store.size(layout.ref_key(name)):
            return ""
        place = segments.find(name)
        first = None
        while place is not None and place.row not in place.segment.anchors and (place := place.before()) is not None:
            first = place
        return "" if first is None else f", or one from snapshot {first.name().id[:12]} on in its segment,"

    def _judge(
        self, link: _Link, names: dict[SnapshotId, RefName], notes: dict[Place, Removed | None], *, is_complete: bool
    ) -> None:
        if link.target in names or link.source not in names or link.target in self._unread:
            return  # made or collected meanwhile, or there and named as damaged
        for place in (link.place, *(place for place in notes if place[0] == link.place[0])):
            parts = _parts(place, link.target)
            note = notes.get(place, Removed(*place))
            if parts is not None and (note is None or parts[0] < note.since):
                self.unchecked += 1
                return
            if parts is not None and note is not None and note.covers(parts[0]):
                return
        if is_complete:
            reason = f"the snapshot is missing, and no collection removed it; snapshot {link.source[:12]} follows it"
            self._problem(LOST_REF, link.place, link.target, reason)
        else:
            self.unchecked += 1

    # -- notes

    def _has_notes(self) -> bool:
        return bool(self._store.names(layout.REMOVED))

    def _notes(self) -> dict[Place, Removed | None]:
        """Returns every note, None for one that cannot be read."""
        found: dict[Place, Removed | None] = {}
        for name in sorted(self._store.names(layout.REMOVED)):
            machine, _, origin = name.partition("-")
            if not is_hex(machine, _DIGITS) or not is_hex(origin, _DIGITS):
                self.problems.append(Problem(STRAY, layout.removed_key(name), "the name is not the name of a note"))
                continue
            try:
                found[machine, origin] = removals.read(self._store, name)
            except (CorruptError, FormatVersionError) as error:
                found[machine, origin] = None
                self.problems.append(problem(DAMAGED_REMOVED, layout.removed_key(name), error))
        return found

    def _vouched(self, place: Place, note: Removed, names: dict[SnapshotId, RefName], *, is_complete: bool) -> None:
        for sequence, created_at, digest in note.vouched:
            if sequence < note.since:
                self.unchecked += 1
                continue
            own = refname.identity(identity.key(place[1], place[0]), sequence, created_at)
            met = self._met.get(place, {}).get(own)
            if met is not None and met != digest:
                reason = "the ref was changed after a collection noted its checksum"
                self._problem(REWRITTEN_REF, place, own, reason)
            elif met is None and own not in names and own not in self._unread:
                if not is_complete:
                    self.unchecked += 1
                    continue
                reason = "the snapshot is missing, and no collection removed it; a collection noted it as there"
                self._problem(LOST_REF, place, own, reason)

    def _replayed(self, place: Place, note: Removed, names: dict[SnapshotId, RefName]) -> None:
        for own in self._met.get(place, {}):
            parts = _parts(place, own)
            # Between note and removal a claim is there.
            if (
                parts is not None
                and note.covers(parts[0])
                and own in names
                and not self._store.size(layout.claim_key(own))
                and any(True for _ in self._refs.named((own,)))
            ):
                self._problem(REPLAYED_REF, place, own, "a collection removed this snapshot, and its ref is back")

    def _problem(self, kind: str, place: Place, snapshot: SnapshotId, reason: str) -> None:
        parts = _parts(place, snapshot)
        name = f"...-{snapshot}" if parts is None else str(refname.make(*parts, place[0], snapshot))
        found = Problem(kind, f"{layout.REFS}/{name}", reason, (snapshot,))
        if found not in self.problems:
            self.problems.append(found)


def _parts(place: Place, snapshot: SnapshotId) -> tuple[int, int] | None:
    return refname.parts_of(identity.key(place[1], place[0]), snapshot)
