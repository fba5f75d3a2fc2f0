"""Refs: one small immutable file for each snapshot, and the marks beside them (tags, deletions)."""

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
        parsed = [(name, refname.parse(name)) for name in found]
        ordered = refname.newest_first(known for _, known in parsed if known is not None and known.id not in claimed)
        return Names(
            tuple(name for name in ordered if name.id not in marked),
            tuple(name for name in ordered if name.id in marked),
            tuple(sorted(name for name, known in parsed if known is None)),
        )

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

    def tags(self) -> dict[str, SnapshotId]:
        """Returns every tag with its snapshot; a damaged tag is left out, `tag` names it."""
        found = {}
        for name in sorted(self._store.names(layout.TAGS)):
            try:
                mark = self.tag(name)
            except (CorruptError, FormatVersionError):
                continue
            if mark is not None:
                found[name] = mark
        return found

    def tag(self, name: str) -> SnapshotId | None:
        """Returns the snapshot that a tag names, or None when there is no such tag; raises CorruptError."""
        key = layout.tag_key(name)
        data = self._store.get(key, records.LIMIT)
        if data is None:
            return None
        try:
            mark = records.decode_mark(records.TAG, data)
        except (CorruptError, FormatVersionError) as error:
            message = f"{key}: {error}"
            raise type(error)(message, hint=error.hint) from error
        if mark.name != name:
            message = f"{key}: is the tag {mark.name!r:.80} under another name"
            raise CorruptError(message)
        return mark.snapshot

    def put_tag(self, name: str, snapshot: SnapshotId, now: int) -> bool:
        """Makes a tag; False when the name is taken."""
        return self._store.put_new(layout.tag_key(name), _tag(name, snapshot, now))

    def move_tag(self, name: str, snapshot: SnapshotId, now: int) -> None:
        """Makes a tag, or has it name another snapshot from one instant to the next."""
        self._store.put(layout.tag_key(name), _tag(name, snapshot, now))

    def remove_tag(self, name: str) -> bool:
        """Takes a tag away; False when there is none."""
        return self._store.remove(layout.tag_key(name))

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


def _tag(name: str, snapshot: SnapshotId, now: int) -> bytes:
    return records.encode_mark(records.TAG, records.Mark(name, snapshot, now))
