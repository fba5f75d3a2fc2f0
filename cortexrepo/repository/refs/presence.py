"""Whether a snapshot is there: a question to which a file that cannot be read gives no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cortexrepo.codec import identity
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.model.ids import is_hex
from cortexrepo.repository import layout

Place = tuple[str, str]
"""A machine's id, and that of the repository in which its snapshots were made."""

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.refs.look import Look
    from cortexrepo.store.base import Store

    class Looked(Protocol):
        """What is asked of `Refs`."""

        def has_any(self, snapshots: Collection[SnapshotId]) -> bool:
            """See `Refs.has_any`."""
            ...

        def look(self) -> Look:
            """See `Refs.look`."""
            ...

        def file(self, name: str) -> tuple[Snapshot, bytes] | None:
            """See `Refs.file`."""
            ...


_DIGITS = 32


def is_there(refs: Looked, store: Store, snapshot: SnapshotId) -> bool | None:
    """Returns whether the snapshot is there; None where a file that may hold it cannot be read."""
    if f"{snapshot}{layout.CLAIMED}" in store.names(layout.DELETED):
        return False
    try:
        if refs.has_any((snapshot,)):
            return True
    except (CorruptError, FormatVersionError):
        return None
    look = refs.look()
    unknown = look.damaged or any(_may_hold(refs, stranger, snapshot) for stranger in look.strangers)
    return None if unknown else False


def is_gone(refs: Looked, store: Store, snapshot: SnapshotId) -> bool:
    """See `Refs.is_gone`."""
    return is_there(refs, store, snapshot) is False


def was_collected(refs: Looked, store: Store, snapshot: SnapshotId) -> bool:
    """Returns whether a collector has removed the snapshot, or begun to: a claim or a note says so.

    False for one that is not there and of which nothing says that: its file may be lost.
    """
    # In this order: a collector notes what it removes before it does.
    return is_gone(refs, store, snapshot) and _is_explained(store, snapshot) is True


def is_missing(refs: Looked, store: Store, snapshot: SnapshotId) -> bool:
    """Returns whether the snapshot is not there, and neither a claim nor a note says that a collector removed it."""
    return is_gone(refs, store, snapshot) and _is_explained(store, snapshot) is not True


def lost(refs: Looked, store: Store, places: Collection[Place], snapshot: SnapshotId) -> RefName | None:
    """Returns the name that the ref of a snapshot had which is missing, and which no collector can have removed.

    None for any other one, for one of the past, about which there are no notes, and for one of no place that is known.

    Args:
        refs: The refs.
        store: The store.
        places: Machines, each with the repository in which its snapshots were made, besides those of the notes.
        snapshot: Which one.
    """
    if is_gone(refs, store, snapshot) and _is_explained(store, snapshot) is False:
        for machine, origin in dict.fromkeys((*places, *_noted(store))):
            parts = refname.parts_of(identity.key(origin, machine), snapshot)
            if parts is not None and parts[0] != refname.IMPORTED:
                return refname.make(*parts, machine, snapshot)
    return None


def missing_at_a_look(refs: Looked, look: Look, store: Store, snapshots: Collection[SnapshotId]) -> list[SnapshotId]:
    """Returns which of these snapshots are missing, as far as names and heads of segments show."""
    doubted = _absent(look, snapshots)
    # Who made one after that look, and tagged it, is seen by another one.
    doubted = _absent(refs.look(), doubted) if doubted else doubted
    return [snapshot for snapshot in doubted if is_missing(refs, store, snapshot)]


def _absent(look: Look, snapshots: Collection[SnapshotId]) -> list[SnapshotId]:
    loose = {name.id for name in look.loose}
    groups = [group for head in ({} if look.view is None else look.view.heads).values() for group in head.groups]
    return [one for one in snapshots if one not in loose and not any(group.may_hold(one) for group in groups)]


def _is_explained(store: Store, snapshot: SnapshotId) -> bool | None:
    """Returns whether a claim or a note says that a snapshot was removed; None where a note is damaged or says less."""
    if f"{snapshot}{layout.CLAIMED}" in store.names(layout.DELETED):
        return True
    from cortexrepo.repository.refs import removals  # few ever need it

    for machine, origin in _noted(store):
        parts = refname.parts_of(identity.key(origin, machine), snapshot)
        if parts is not None:
            try:
                note = removals.find(store, machine, origin)
            except (CorruptError, FormatVersionError):
                return None
            if note is not None:
                return True if note.covers(parts[0]) else None if parts[0] < note.since else False
    return False


def _noted(store: Store) -> Iterator[tuple[str, str]]:
    for name in sorted(store.names(layout.REMOVED)):
        machine, _, origin = name.partition("-")
        if is_hex(machine, _DIGITS) and is_hex(origin, _DIGITS):
            yield machine, origin


def _may_hold(refs: Looked, stranger: str, snapshot: SnapshotId) -> bool:
    """Returns whether a file in `refs/` whose name is no ref's holds a snapshot, or cannot be read."""
    try:
        found = refs.file(stranger)
    except (CorruptError, FormatVersionError):
        return True
    return found is not None and found[0].id == snapshot
