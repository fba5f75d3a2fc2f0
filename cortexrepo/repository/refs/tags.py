"""Tags: names that people give to snapshots. Each is a file of its own, replaced at one instant when it is moved."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.codec import records
from cortexrepo.errors import CorruptError, FormatVersionError, StoreError, TagError
from cortexrepo.model import revision
from cortexrepo.repository import layout
from cortexrepo.store.keys import name_is_safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.repository.refs.look import Look
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.refs.standing import Standing
    from cortexrepo.store.base import Store


class Tags:
    """The tags of one repository."""

    def __init__(self, store: Store, refs: Refs) -> None:
        """Takes the store and the refs, which say whether a tag's snapshot is still there."""
        self._store = store
        self._refs = refs
        self.damaged: tuple[Damage, ...] = ()
        """The tags that `all` left out."""

    def find(self, name: str) -> SnapshotId | None:
        """Returns the snapshot that a tag names, or None when there is no such tag; raises CorruptError."""
        mark = self._read(name)
        return None if mark is None else mark.snapshot

    def _read(self, name: str) -> records.Mark | None:
        key = layout.tag_key(name)
        if not name_is_safe(name):
            from cortexrepo.repository.refs import strangetags  # few ever need it

            raise strangetags.error(self._store, name)
        data = self._store.get(key, records.LIMIT)
        if data is None:
            return None
        try:
            mark = records.decode_mark(records.TAG, data)
        except (CorruptError, FormatVersionError) as error:
            raise type(error)(f"{key}: {error}", hint=error.hint or self._way(name)) from error
        if mark.name != name:
            raise CorruptError(f"{key}: the file is damaged: it holds the tag {mark.name!r:.80}", hint=self._way(name))
        return mark

    def _way(self, name: str) -> str:
        if revision.check_tag(name):
            from cortexrepo.repository.refs import strangetags  # few ever need it

            return strangetags.way_out(self._store, name)
        return f"set the tag again: {_forced(name)}"

    def strangers(self) -> tuple[Damage, ...]:
        """Returns the files in `tags/` that cannot be read and have the name of no tag: each may be any tag."""
        found = (self._damage(name) for name in sorted(self._store.names(layout.TAGS)) if revision.check_tag(name))
        return tuple(filter(None, found))

    def _damage(self, name: str) -> Damage | None:
        try:
            self.find(name)
        except (CorruptError, FormatVersionError) as error:
            return _damaged(name, error)
        return None

    def check_known(self, subject: str, way: str = "") -> None:
        """Raises CorruptError, FormatVersionError where `subject`, whether there is some tag, is not known."""
        unread = self.strangers()
        if unread:
            from cortexrepo.repository.refs.unread import not_known  # few ever need it

            raise not_known(subject, unread, way)

    def all(self) -> dict[str, SnapshotId]:
        """Returns every tag with its snapshot; one that cannot be read is left out, and is in `damaged` then."""
        found, damaged = {}, []
        for name in sorted(self._store.names(layout.TAGS)):
            try:
                snapshot = self.find(name)
            except (CorruptError, FormatVersionError) as error:
                damaged.append(_damaged(name, error))
                continue
            if snapshot is not None:
                found[name] = snapshot
        self.damaged = tuple(damaged)
        self._refs.unread.update(dict.fromkeys(damaged))
        return found

    def by_snapshot(self) -> dict[SnapshotId, tuple[str, ...]]:
        """Returns every tagged snapshot with its tags; raises as `find` does for a file that is no tag."""
        found: dict[SnapshotId, tuple[str, ...]] = {}
        for name in sorted(self._store.names(layout.TAGS)):
            snapshot = self.find(name)
            if snapshot is not None:
                found[snapshot] = (*found.get(snapshot, ()), name)
        return found

    def check(self, names: Sequence[str]) -> None:
        """Raises TagError for a name that is malformed or taken."""
        for name in names:
            check_name(name)
            if not self._is_free(name):
                raise _taken(name)
            self._check_strangers(name)

    def put(self, name: str, snapshot: SnapshotId, now: int) -> None:
        """Makes a tag; raises TagError when another snapshot has it. One whose snapshot was collected is free."""
        check_name(name)
        self._check_strangers(name)
        if self._store.put_new(layout.tag_key(name), _encoded(name, snapshot, now)):
            return
        if self._is_free(name):
            self.move(name, snapshot, now)
        elif self.find(name) != snapshot:
            raise _taken(name, snapshot[:12])

    def put_on_new(self, names: Sequence[str], snapshot: SnapshotId, now: int) -> None:
        """Tags a snapshot that was just stored: whatever fails, the error says that the snapshot is there."""
        made = f"snapshot {snapshot[:12]} was made, but"
        for name in dict.fromkeys(names):
            try:
                self.put(name, snapshot, now)
            except StoreError as error:
                raise type(error)(f"{made} not its tag {name!r}: {error}", hint=error.hint) from error
            except TagError as error:
                raise TagError(
                    f"{made} another process gave the tag {name!r} to another snapshot",
                    hint=f"`cortex snapshot tag --force {name} {snapshot[:12]}` moves the tag to the new snapshot",
                ) from error

    def move(self, name: str, snapshot: SnapshotId, now: int) -> None:
        """Makes a tag, or has it name another snapshot from one instant to the next.

        What a later version added to the tag stays; a damaged tag is replaced. Raises FormatVersionError for a tag that
        a newer version wrote.
        """
        check_name(name)
        extensions: tuple[tuple[str, bytes], ...] = ()
        with contextlib.suppress(CorruptError):
            old = self._read(name)
            extensions = () if old is None else old.extensions
        self._store.put(layout.tag_key(name), _encoded(name, snapshot, now, extensions))

    def remove(self, name: str) -> None:
        """Takes a tag away; raises TagError when there is none."""
        # Also one of a name that no tag may have now: somebody put it there.
        if not name_is_safe(name) or not self._store.remove(layout.tag_key(name)):
            raise TagError(f"no tag {name!r:.80}", hint="`cortex snapshot tag` lists the tags")

    def _check_strangers(self, name: str) -> None:
        self.check_known(f"whether the tag {name!r} is free", f"or set the tag all the same: {_forced(name)}")

    def _is_free(self, name: str) -> bool:
        owner = self.find(name)
        return owner is None or self._was_collected(owner)

    def counting(self) -> dict[str, SnapshotId]:
        """Returns every tag with its snapshot, except those whose snapshot was collected; else as `all`."""
        return {name: owner for name, owner in self.all().items() if not self._was_collected(owner)}

    def standing(self, found: Mapping[str, SnapshotId]) -> Standing:
        """Returns how the snapshots of these tags stand."""
        from cortexrepo.repository.refs.standing import Standing, look_up  # only who lists tags

        gone, unknown, unread = look_up(self._refs, self._store, frozenset(found.values()))
        missing = tuple(_missing(name, owner) for name, owner in found.items() if owner in gone)
        return Standing(missing, frozenset(name for name, owner in found.items() if owner in unknown), unread)

    def missing_at(self, look: Look, tags: Mapping[SnapshotId, Sequence[str]]) -> list[Damage]:
        """Returns the same of the tags that each snapshot has, as far as a look shows: no segment is opened."""
        if not tags:
            return []
        from cortexrepo.repository.refs.presence import missing_at_a_look  # only who has tags

        gone = missing_at_a_look(self._refs, look, self._store, tags.keys())
        return [_missing(name, owner) for owner in gone for name in tags[owner]]

    def _was_collected(self, owner: SnapshotId) -> bool:
        from cortexrepo.repository.refs.presence import was_collected  # only who has tags

        return was_collected(self._refs, self._store, owner)


def check_name(name: str) -> None:
    """Raises TagError for a text that cannot be a tag."""
    wrong = revision.check_tag(name)
    if wrong:
        raise TagError(f"{name!r:.80} cannot be a tag", hint=wrong)


def _taken(name: str, snapshot: str = "REV") -> TagError:
    return TagError(
        f"the tag {name!r} names another snapshot",
        hint=f"choose another name, or move the tag: {_forced(name, snapshot)}",
    )


def _missing(name: str, owner: SnapshotId) -> Damage:
    from cortexrepo.model.damage import MISSING, Damage  # few ever need it

    reason = f"the snapshot {owner[:12]} is not there, and no collection is known to have removed it"
    return Damage(layout.tag_key(name), reason, MISSING)


def _damaged(name: str, error: CorruptError | FormatVersionError) -> Damage:
    from cortexrepo.model.damage import STRAY  # few ever need it
    from cortexrepo.repository.refs.unread import damage

    found = damage(layout.tag_key(name), error)
    return found if name_is_safe(name) else found._replace(kind=STRAY)


def _forced(name: str, snapshot: str = "REV") -> str:
    return f"`cortex snapshot tag --force {name} {snapshot}`"


def _encoded(name: str, snapshot: SnapshotId, now: int, extensions: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    from cortexrepo.repository.moment import present  # only who tags
    from cortexrepo.repository.refs.marks import sealed

    return sealed(records.TAG, records.Mark(name, snapshot, present(lambda: now), extensions))
