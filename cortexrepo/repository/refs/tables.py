"""Tables of slots: a snapshot with many slots has them in an object; who reads its ref finds them here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import slots as codec
from cortexrepo.errors import CorruptError, CortexError, FormatVersionError, MissingObjectError
from cortexrepo.model.elsewhere import Elsewhere
from cortexrepo.repository import layout
from cortexrepo.repository.objects.objects import Objects

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot, Snapshot
    from cortexrepo.store.base import Store

    Unreadable = CorruptError | FormatVersionError

_KEPT = 4
"""So many tables are kept: whoever goes through a history asks for one of each machine in turn."""


class Tables:
    """The tables of one repository. Slots that a table shares with the one that was read before are the very same."""

    def __init__(self, store: Store, is_gone: Callable[[RefName], bool]) -> None:
        """Takes the store, and what says whether a snapshot was removed meanwhile, with its table."""
        self._objects = Objects(store)
        self._is_gone = is_gone
        self._known: dict[bytes, Slot] = {}
        self._kept: dict[ObjectId, tuple[Slot, ...]] = {}

    def load(self, table: ObjectId) -> tuple[Slot, ...]:
        """Returns the slots in a table; raises MissingObjectError, CorruptError, FormatVersionError."""
        found = self._kept.pop(table, None)
        if found is None:
            try:
                found = codec.decode(self._objects.table(table), self._known)
            except CorruptError as error:
                if str(error).startswith("object "):
                    raise
                raise CorruptError(f"object {table[:12]}: {error}", hint=error.hint) from error
            while len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
        self._kept[table] = found
        return found

    def holding(self, slots: tuple[Slot, ...]) -> ObjectId | None:
        """Returns the table that has just given these very slots, or None where they are in a ref."""
        return next((table for table, kept in self._kept.items() if kept is slots), None)

    def filled(self, name: RefName, snapshot: Snapshot) -> Snapshot | None:
        """Returns a snapshot with its slots, or None where it was removed meanwhile.

        Raises CorruptError, FormatVersionError where they cannot be read: they are then unknown, and never none.
        """
        slots = self.of(name, snapshot.slots)
        if isinstance(slots, CortexError):
            raise slots
        return None if slots is None else snapshot._replace(slots=slots)

    def outlined(self, name: RefName, snapshot: Snapshot) -> Snapshot | None:
        """Returns a snapshot as `filled` does; `Elsewhere` says why its slots cannot be read."""
        slots = self.of(name, snapshot.slots)
        if isinstance(slots, CortexError):
            assert isinstance(snapshot.slots, Elsewhere)
            slots = Elsewhere(snapshot.slots.table, slots)
        return None if slots is None else snapshot._replace(slots=slots)

    def of(self, name: RefName, slots: tuple[Slot, ...]) -> tuple[Slot, ...] | Unreadable | None:
        """Returns the slots of a snapshot, or why they cannot be read, or None where it was removed meanwhile."""
        if not isinstance(slots, Elsewhere):
            return slots
        try:
            return self.load(slots.table)
        except (CorruptError, FormatVersionError) as error:
            if isinstance(error, MissingObjectError) and self._is_gone(name):
                return None
            return type(error)(f"{layout.ref_key(name)}: its slots cannot be read: {error}", hint=error.hint)
