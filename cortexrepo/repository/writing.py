"""From an inventory to the bytes of a snapshot: what is to be stored, and that it can be read back."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.codec import identity
from cortexrepo.codec import refs as codec
from cortexrepo.codec.objects import encode
from cortexrepo.errors import CorruptError, FormatVersionError, RequestError, StoreError
from cortexrepo.model import refname
from cortexrepo.model.ids import is_hex
from cortexrepo.model.snapshot import FAILED, LOOKED, TABLE, Previous, Slot, Snapshot
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout, looks
from cortexrepo.repository.moment import present
from cortexrepo.repository.objects.objects import is_intact
from cortexrepo.repository.refs import numbers
from cortexrepo.store.keys import PINS, Naming

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cortexrepo.codec.objects import Encoded
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Cause
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.store.base import Store

_MACHINE = 32
_ATTEMPTS = 1 << 12
_TRIED = 3
"""So many snapshots before are tried for the chain, should the last ones be damaged."""


class Writer:
    """Writes the snapshots of one repository."""

    def __init__(self, repository: str, store: Store, refs: Refs, clock: Callable[[], int]) -> None:
        """Takes the parts of an opened repository; `repository` is its id."""
        self._id = repository
        self._store = store
        self._refs = refs
        self._clock = clock

    def create(self, inventory: Inventory, message: str, cause: Cause) -> Snapshot:
        """Stores what a machine holds now; see `Repository.create`."""
        slots, parts, roots = encode_inventory(inventory)
        table = _table(slots)
        sequence = 0
        for _ in range(_ATTEMPTS):
            sequence, previous = self._follow(inventory.machine, sequence)
            snapshot = self._draft(inventory, present(self._clock), sequence, previous, cause, message, slots)
            snapshot = _with(snapshot, roots, table)
            if self._publish(snapshot, parts, table):
                return snapshot
        raise StoreError(
            f"{self._store.location}: other processes took {_ATTEMPTS} numbers for snapshots before this one could",
            hint="run the command again",
        )

    def _draft(
        self, inventory: Inventory, created_at: int, sequence: int, previous: Previous | None, cause: Cause,
        message: str, slots: tuple[Slot, ...],
    ) -> Snapshot:  # fmt: skip
        own = identity.make(self._id, inventory.machine, sequence, created_at)
        return Snapshot(
            own, self._id, inventory.machine, created_at, sequence, previous, cause, message, slots, inventory.facts
        )

    def record(self, inventory: Inventory, created_at: int, message: str, cause: Cause) -> Snapshot | None:
        """Stores what a machine held at a moment in the past; see `Repository.record`."""
        check(inventory.machine, message)
        slots, parts, roots = encode_inventory(inventory)
        table = _table(slots)
        snapshot = self._draft(inventory, created_at, refname.IMPORTED, None, cause, message, slots)
        snapshot = _with(snapshot, roots, table)
        if not self._refs.is_gone(snapshot.id) or not self._publish(snapshot, parts, table):
            return None
        return snapshot

    def _publish(self, snapshot: Snapshot, parts: Mapping[str, bytes], table: Encoded | None) -> bool:
        name = refname.of(snapshot)
        naming = Naming(layout.pin_name(name), lambda: self._is_used(name))
        ref = seal(snapshot)
        if table is None:
            return self._store.publish(layout.ref_key(name), ref, parts, is_intact, naming)
        from cortexrepo.repository import tabling  # few snapshots have so many slots

        return self._store.publish(layout.ref_key(name), ref, parts, is_intact, naming, tabling.ahead(snapshot, table))

    def _is_used(self, name: RefName) -> bool:
        """Returns whether a snapshot of that name, or of that number of its machine's, was ever acknowledged.

        Asked while nobody else may come to use it. It looks where a collector moves a ref, in the direction of the
        move: what is not in one place any more is in the next one already.
        """
        # The highest number is that of many, should a damaged name ever have led to it.
        own = str(name) if name.sequence == refname.HIGHEST else f"{layout.pin_name(name)}-"
        return (
            any(other.startswith(own) for other in self._store.names(layout.REFS))
            or self._is_packed(name)
            or bool(self._store.size(layout.claim_key(name.id)))
            or 0 < name.sequence <= min(self._removed(name.machine), refname.HIGHEST - 1)
        )

    def _is_packed(self, name: RefName) -> bool:
        # What is in a damaged segment is not known. It keeps nobody from making a snapshot.
        with contextlib.suppress(CorruptError, FormatVersionError):
            return numbers.is_packed(self._refs, name)
        return False

    def _removed(self, machine: str) -> int:
        """Returns the highest number of this machine's that a collector has removed; 0 where that is not known."""
        if not self._store.size(layout.removed_key(f"{machine}-{self._id}")):
            return 0
        from cortexrepo.repository.refs import removals  # most machines have lost no snapshot

        with contextlib.suppress(CorruptError, FormatVersionError):
            found = removals.find(self._store, machine, self._id)
            return found.highest if found is not None else 0
        return 0

    def _follow(self, machine: str, after: int) -> tuple[int, Previous | None]:
        """Returns the next number of a machine above `after`, and the newest snapshot of it that can be read."""
        last = self._refs.last_of(machine, _TRIED)
        highest = max(
            after, numbers.announced(self._store, machine), self._removed(machine), *(name.sequence for name in last)
        )
        # The name has room for so much: what a damaged name claims must not push the next ones out of it.
        sequence = min(highest + 1, refname.HIGHEST)
        for name in last:
            try:
                found = self._refs.read_raw(name)
            except (CorruptError, FormatVersionError):
                continue
            if found is not None:
                self._confirm(name)
                return sequence, Previous(found[0].id, found[1])
        return sequence, None

    def _confirm(self, name: RefName) -> None:
        """Makes a ref durable before another one links to it; else a power cut might leave that one alone.

        A writer gives back its name once its ref is durable, and a collector that drops a dead one's has made it so.
        """
        if self._store.size(f"{PINS}/{layout.pin_name(name)}"):
            self._store.confirm(layout.ref_key(name))


class Encoding(NamedTuple):
    """An inventory to be stored: the slots, the objects by key, and the further roots that name one of them."""

    slots: tuple[Slot, ...]
    parts: dict[str, bytes]
    roots: tuple[tuple[str, ObjectId], ...]


def encode_inventory(inventory: Inventory) -> Encoding:
    """Returns what is to be stored of an inventory. A manifest that cannot be encoded makes its slot failed."""
    slots, parts = [], {}
    for reading in inventory.readings:
        ecosystem, environment, status, manifest, error, facts = reading
        if manifest is None:
            slots.append(Slot(ecosystem, environment, status, None, 0, error, facts))
            continue
        try:
            encoded = encode(manifest)
        except ValueError as failure:
            slots.append(
                Slot(ecosystem, environment, FAILED, None, 0, f"the packages cannot be stored: {failure}", facts)
            )
            continue
        parts[layout.object_key(encoded.id)] = encoded.frame
        slots.append(Slot(ecosystem, environment, status, encoded.id, manifest.installed, error, facts))
    where = looks.encoded(inventory.looked)
    if where is None:
        return Encoding(tuple(slots), parts, ())
    parts[layout.object_key(where.id)] = where.frame
    return Encoding(tuple(slots), parts, ((LOOKED, where.id),))


def seal(snapshot: Snapshot) -> bytes:
    """Returns the ref file; RequestError for values that no reader would take back: none is ever acknowledged."""
    with _storing():
        ref = codec.encode(snapshot)
        try:
            same = codec.decode(ref) == _outline(snapshot) and refname.parse(str(refname.of(snapshot))) is not None
        except CorruptError as error:
            raise ValueError(f"it cannot be read back: {error}") from error
        if not same:
            raise ValueError("one of its values has the wrong type")
        return ref


def _outline(snapshot: Snapshot) -> Snapshot:
    if snapshot.table() is None:
        return snapshot
    from cortexrepo.repository import tabling

    return tabling.outline(snapshot)


def _table(slots: tuple[Slot, ...]) -> Encoded | None:
    """Returns the table of slots that are too many for a ref, else None; RequestError as `seal`."""
    with _storing():
        if not codec.are_many(slots):
            return None
        from cortexrepo.repository import tabling

        return tabling.encode(slots)


def _with(snapshot: Snapshot, roots: tuple[tuple[str, ObjectId], ...], table: Encoded | None) -> Snapshot:
    further = roots if table is None else (*roots, (TABLE, table.id))
    return snapshot._replace(roots=tuple(sorted(further))) if further else snapshot


def check(machine: str, message: str) -> None:
    """Raises RequestError for what is no machine's id, and for a message that is too long or not valid text."""
    if not is_hex(machine, _MACHINE):
        raise RequestError(
            f"this snapshot cannot be stored: {machine!r:.80} is not the id of a machine",
            hint=f"the id of a machine has {_MACHINE} hexadecimal digits",
        )
    try:
        size = len(message.encode())
    except UnicodeEncodeError as error:
        raise RequestError("the message is not valid text", hint="write it in UTF-8") from error
    if size > codec.MESSAGE_LIMIT:
        raise RequestError(
            f"the message has {size} bytes; {codec.MESSAGE_LIMIT} are allowed",
            hint="shorten the message; keep the rest in a file",
        )


@contextlib.contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise RequestError(f"this snapshot cannot be stored: {error}") from error
