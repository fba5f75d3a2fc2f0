"""From an inventory to the bytes of a snapshot: what is to be stored, and that it can be read back."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.codec import identity, records
from cortexrepo.codec.objects import encode
from cortexrepo.errors import CorruptError, FormatVersionError, RequestError
from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId, is_hex
from cortexrepo.model.snapshot import FAILED, Previous, Slot, Snapshot
from cortexrepo.repository import layout
from cortexrepo.repository.objects.objects import is_intact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.snapshot import Cause
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.store.base import Store

_MACHINE = 32
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
        slots, parts = encode_inventory(inventory)
        while True:
            sequence, previous = follow(self._refs, inventory.machine)
            snapshot = identified(Snapshot(
                SnapshotId(""), self._id, inventory.machine, self._clock(), sequence, previous, cause, message, slots,
                inventory.facts,
            ))  # fmt: skip
            if self._publish(snapshot, parts):
                return snapshot

    def record(self, inventory: Inventory, created_at: int, message: str, cause: Cause) -> Snapshot | None:
        """Stores what a machine held at a moment in the past; see `Repository.record`."""
        check(inventory.machine, message)
        slots, parts = encode_inventory(inventory)
        snapshot = Snapshot(
            refname.identity(inventory.machine, refname.IMPORTED, created_at, 0), self._id, inventory.machine,
            created_at, refname.IMPORTED, None, cause, message, slots, inventory.facts,
        )  # fmt: skip
        if not self._refs.is_gone(snapshot.id) or not self._publish(snapshot, parts):
            return None
        return snapshot

    def _publish(self, snapshot: Snapshot, parts: Mapping[str, bytes]) -> bool:
        return self._store.publish(layout.ref_key(refname.of(snapshot)), seal(snapshot), parts, is_intact)


def follow(refs: Refs, machine: str) -> tuple[int, Previous | None]:
    """Returns the next sequence number of a machine, and the newest snapshot of it that can be read."""
    last = refs.last_of(machine, _TRIED)
    if not last:
        return 1, None
    # The name has room for so much: what a damaged name claims must not push the next ones out of it.
    sequence = min(last[0].sequence + 1, refname.HIGHEST)
    for name in last:
        try:
            found = refs.read_raw(name)
        except (CorruptError, FormatVersionError):
            continue
        if found is not None:
            return sequence, Previous(found[0].id, found[1])
    return sequence, None


def encode_inventory(inventory: Inventory) -> tuple[tuple[Slot, ...], dict[str, bytes]]:
    """Returns the slots, and the objects they name by key. A manifest that cannot be encoded makes its slot failed."""
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
    return tuple(slots), parts


def identified(draft: Snapshot) -> Snapshot:
    """Returns a snapshot with the id that follows from the rest of it; raises as `seal`."""
    with _storing():
        return draft._replace(id=identity.of(draft))


def seal(snapshot: Snapshot) -> bytes:
    """Returns the ref file; RequestError for values that no reader would take back: none is ever acknowledged."""
    with _storing():
        ref = records.encode_ref(snapshot)
        try:
            same = records.decode_ref(ref) == snapshot and refname.parse(str(refname.of(snapshot))) is not None
        except CorruptError as error:
            raise ValueError(f"it cannot be read back: {error}") from error
        if not same:
            raise ValueError("one of its values has the wrong type")
        return ref


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
    if size > records.MESSAGE_LIMIT:
        raise RequestError(
            f"the message has {size} bytes; {records.MESSAGE_LIMIT} are allowed",
            hint="shorten the message; keep the rest in a file",
        )


@contextlib.contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise RequestError(f"this snapshot cannot be stored: {error}") from error
