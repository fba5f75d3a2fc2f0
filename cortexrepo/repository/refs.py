"""Refs: one small immutable file for each snapshot, and the deletion marks beside them."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import records
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId, is_hex
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.store.base import Store

_ID = 32
_HINT = "other snapshots can still be read; put this file back from a copy, if there is one"


class Names(NamedTuple):
    """What listing the names found: `kept` and `deleted` newest first, and names in `refs/` that are no ref's.

    One that a collector has claimed is in none of them: it is gone, whatever is left of it.
    """

    kept: tuple[RefName, ...]
    deleted: tuple[RefName, ...]
    strangers: tuple[str, ...]


class Refs:
    """The refs of one repository."""

    def __init__(self, store: Store, repository: str) -> None:
        """Takes the store and the repository's id, which every ref must carry."""
        self._store = store
        self._repository = repository

    def names(self) -> Names:
        """Returns all names, without a lock: each snapshot that is there throughout is among them."""
        marked = set(self._store.names(layout.DELETED))
        claimed = {name.removesuffix(layout.CLAIMED) for name in marked if name.endswith(layout.CLAIMED)}
        found = self._store.names(layout.REFS)
        refs = [name for name in map(refname.parse, found) if name is not None]
        strangers = sorted(set(found).difference(refs)) if len(refs) != len(found) else ()
        ordered = refname.newest_first(name for name in refs if not claimed or name.id not in claimed)
        kept = [name for name in ordered if not marked or name.id not in marked]
        deleted = [name for name in ordered if name.id in marked] if len(kept) != len(ordered) else ()
        return Names(tuple(kept), tuple(deleted), tuple(strangers))

    def last_of(self, machine: str, count: int) -> list[RefName]:
        """Returns the last refs of a machine by sequence, the last one first, deleted ones among them."""
        return refname.last_of(machine, self._store.names(layout.REFS), count)

    def locked_names(self) -> Names:
        """Returns all names, under the shared lock: one consistent view even while a collector rearranges them."""
        with self._store.shared():
            return self.names()

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
        key = layout.ref_key(name)
        data = self._store.get(key, records.LIMIT)
        if data is None:
            return None
        try:
            snapshot = records.decode_ref(data)
        except (CorruptError, FormatVersionError) as error:
            message = f"{key}: {error}"
            raise type(error)(message, hint=error.hint or _HINT) from error
        if refname.of(snapshot) != name or snapshot.repository != self._repository:
            message = f"{key}: holds another snapshot ({snapshot.id[:12]}) or one of another repository"
            raise CorruptError(message, hint=_HINT)
        return snapshot, records.ref_checksum(data)

    def read_twin(self, name: RefName) -> Snapshot | None:
        """Returns the snapshot of that id from a sound ref under another name, or None.

        Only a damaged name, or a file that somebody put there, makes two names with one id.
        """
        names = self.names()
        for other in (*names.kept, *names.deleted):
            if other.id == name.id and other != name:
                with contextlib.suppress(CorruptError, FormatVersionError):
                    return self.read(other)
        return None

    # -- marks

    def is_gone(self, snapshot: SnapshotId) -> bool:
        """Returns whether a collector has removed the snapshot, or begun to: its deletion cannot be taken back."""
        names = self.names()
        return all(name.id != snapshot for name in (*names.kept, *names.deleted))

    def mark_deleted(self, snapshot: SnapshotId, now: int) -> bool:
        """Marks a snapshot as deleted; False when it is marked already."""
        data = records.encode_mark(records.MARK, records.Mark(snapshot, snapshot, now))
        return self._store.put_mark(layout.mark_key(snapshot), data)

    def unmark_deleted(self, snapshot: SnapshotId) -> bool:
        """Takes the mark away; False when there is none, or a collector was first."""
        return self._store.remove(layout.mark_key(snapshot))


def matching(prefix: str, names: tuple[RefName, ...]) -> list[RefName]:
    """Returns the names whose id begins with `prefix`, one for each id."""
    if is_hex(prefix, _ID):
        return [name for name in names if name.id == prefix][:1]
    found: dict[str, RefName] = {}
    for name in names:
        if name.id.startswith(prefix):
            found.setdefault(name.id, name)
    return list(found.values())
