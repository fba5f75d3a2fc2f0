"""Ref files: a snapshot to its record and back. A snapshot's id is not in it: it follows from the rest."""

from __future__ import annotations

from typing import cast

from cortexrepo.codec import identity, records
from cortexrepo.codec.canonical import Table, fits, pack
from cortexrepo.codec.hashing import DIGEST
from cortexrepo.codec.objects import pairs
from cortexrepo.codec.records import REF, are_extensions, hexed, refuse, seal, unseal
from cortexrepo.errors import CorruptError
from cortexrepo.model.ids import ObjectId, SnapshotId
from cortexrepo.model.refname import END, HIGHEST
from cortexrepo.model.snapshot import FAILED, OK, PARTIAL, STATUSES, Cause, Later, Previous, Slot, Snapshot, table_of

_Row = tuple[
    str, str, str, "bytes | None", int, str, tuple[tuple[str, str], ...], tuple[tuple[str, bytes], ...]
]  # fmt: skip
LIMIT = records.LIMIT
"""A ref file may not be longer, in bytes: the slots of a snapshot that has many are in an object (`codec.slots`)."""
TABLE = Table(LIMIT, fields=12, place=7, rows=1 << 15, width=8, row=1 << 17, pairs=1 << 18)
"""A ref has at most so many slots, with so many facts together; a slot, and each other field, has so many bytes."""
MANY, LARGE = 256, 1 << 15
"""A writer puts more slots, or slots of more bytes, into an object: readers accept either."""
MESSAGE_LIMIT = 1 << 16
"""A message may not be longer, in bytes of UTF-8."""
_SEEN, _UNSEEN = frozenset((OK, PARTIAL)), frozenset(STATUSES) - {OK}
"""What the status of a slot can be that has a manifest, and of one that has none."""
_SEEN_TYPES = (str, str, str, bytes, int, str, tuple, tuple)
_UNSEEN_TYPES = (str, str, str, type(None), int, str, tuple, tuple)
"""What a slot is in a record, with a manifest and without: compared as in `fits`, for a history has very many."""


def encode(snapshot: Snapshot) -> bytes:
    """Returns the ref file of a snapshot; raises ValueError when it is too large or not valid text."""
    previous = snapshot.previous
    return seal(
        REF,
        (
            bytes.fromhex(snapshot.origin),
            bytes.fromhex(snapshot.machine),
            snapshot.created_at,
            snapshot.sequence,
            None if previous is None else (bytes.fromhex(previous.id), previous.checksum),
            tuple(snapshot.cause),
            snapshot.message,
            tuple(map(slot_row, inline(snapshot))),
            snapshot.facts,
            roots_row(snapshot.roots),
            (),
            snapshot.extensions,
        ),
        LIMIT,
    )


def inline(snapshot: Snapshot) -> tuple[Slot, ...]:
    """Returns the slots that are in a snapshot's ref itself: none where they are in a table."""
    return snapshot.slots if snapshot.table() is None else ()


def are_many(slots: tuple[Slot, ...]) -> bool:
    """Returns whether a writer puts these slots into an object; raises ValueError for what is not valid text."""
    return len(slots) > MANY or len(pack(tuple(map(slot_row, slots)))) > LARGE


def slot_row(slot: Slot) -> tuple[object, ...]:
    """Returns a slot as a record has it."""
    status, held, packages, error = slot.later or (slot.status, slot.object, slot.packages, slot.error)
    own = None if held is None else bytes.fromhex(held)
    return (slot.ecosystem, slot.environment, status, own, packages, error, slot.facts, slot.extensions)


def roots_row(roots: tuple[tuple[str, ObjectId], ...]) -> tuple[object, ...]:
    """Returns the further roots of a snapshot as a record has them."""
    return tuple((role, bytes.fromhex(root)) for role, root in roots)


def decode(data: bytes) -> Snapshot:
    """Returns the snapshot in a ref file.

    Raises:
        CorruptError: It is torn, changed, or not a ref.
        FormatVersionError: It needs a feature that this version does not have.
    """
    match unseal(REF, data, TABLE):
        case (
            bytes(origin),
            bytes(machine),
            int(created),
            int(sequence),
            previous,
            cause,
            str(message),
            tuple(slots),
            tuple(facts),
            tuple(roots),
            tuple(required),
            tuple(optional),
        ) if not isinstance(created, bool) and not isinstance(sequence, bool):
            refuse(required, "the snapshot")
            in_range = 0 <= sequence <= HIGHEST and 0 <= created < END
            if in_range and pairs(facts) and are_extensions(optional):
                places = hexed(origin, 16), hexed(machine, 16)
                further = read_roots(roots)
                return Snapshot(
                    identity.make(*places, sequence, created),
                    *places,
                    created,
                    sequence,
                    read_previous(previous),
                    read_cause(cause),
                    read_message(message),
                    placed(in_order(tuple(map(read_slot, slots))), further),
                    cast("tuple[tuple[str, str], ...]", facts),
                    further,
                    cast("tuple[tuple[str, bytes], ...]", optional),
                )
        case _:
            pass
    raise CorruptError("the file is damaged: it is not the ref of a snapshot")


def checksum_of(data: bytes) -> bytes:
    """Returns the checksum at the end of a ref file."""
    return data[-DIGEST:]


def read_previous(value: object) -> Previous | None:
    """Returns the link to the snapshot before from what a record has; raises CorruptError."""
    match value:
        case None:
            return None
        case (bytes(own), bytes(digest)) if len(digest) == DIGEST:
            return Previous(SnapshotId(hexed(own, 16)), digest)
        case _:
            pass
    raise CorruptError("the file is damaged: its link to the snapshot before cannot be read")


def read_message(value: object) -> str:
    """Returns a message from what a record has; raises CorruptError."""
    if isinstance(value, str) and len(value.encode()) <= MESSAGE_LIMIT:
        return value
    raise CorruptError(f"the file is damaged: its message has more than {MESSAGE_LIMIT} bytes, or is no text")


def read_cause(value: object) -> Cause:
    """Returns a cause from what a record has; raises CorruptError."""
    match value:
        case (str(command), str(user), str(reason)):
            return Cause(command, user, reason)
        case _:
            pass
    raise CorruptError("the file is damaged: its field 'cause' (command, user, reason) cannot be read")


def read_roots(rows: tuple[object, ...]) -> tuple[tuple[str, ObjectId], ...]:
    """Returns the further roots of a snapshot from what a record has; raises CorruptError."""
    if all(fits(row, str, bytes) for row in rows):
        found = [(role, ObjectId(hexed(own, DIGEST))) for role, own in cast("tuple[tuple[str, bytes], ...]", rows)]
        roles = [role for role, _ in found]
        if roles == sorted(set(roles)):
            return tuple(found)
    raise CorruptError("the file is damaged: its further objects cannot be read")


def placed(slots: tuple[Slot, ...], roots: tuple[tuple[str, ObjectId], ...]) -> tuple[Slot, ...]:
    """Returns the slots of a ref that has these, or what stands for a table; raises CorruptError where it has both."""
    table = table_of(roots)
    if table is None:
        return slots
    if slots:
        raise CorruptError("the file is damaged: it has slots, and names a table of them too")
    from cortexrepo.model.elsewhere import Elsewhere  # few snapshots have so many slots

    return Elsewhere(table)


def in_order(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """Returns these slots; raises CorruptError when they are not one snapshot's."""
    if len(slots) == 1:
        return slots
    keys = [(slot.ecosystem.encode(), slot.environment.encode()) for slot in slots]
    if keys != sorted(set(keys)):
        raise CorruptError("the file is damaged: its entries are not sorted")
    return slots


def read_slot(row: object) -> Slot:
    """Returns a slot from what a record has; raises CorruptError."""
    types = tuple(map(type, row)) if type(row) is tuple else ()
    is_seen = types == _SEEN_TYPES
    if is_seen or types == _UNSEEN_TYPES:
        ecosystem, environment, status, held, packages, error, facts, extensions = cast("_Row", row)
        if status and packages >= 0 and (not facts or pairs(facts)) and (not extensions or are_extensions(extensions)):
            identity = None if held is None else ObjectId(hexed(held, DIGEST))
            slot = Slot(ecosystem, environment, status, identity, packages, error, facts, extensions)
            if status in (_SEEN if is_seen else _UNSEEN):
                return slot
            if status not in STATUSES:
                return _of_later(slot)
    raise CorruptError("the file is damaged: a slot cannot be read")


def _of_later(slot: Slot) -> Slot:
    """Returns a slot whose status is unknown as what is known of it: that its packages could not be read."""
    own = f": {slot.error}" if slot.error else ""
    return slot._replace(
        status=FAILED,
        object=None,
        packages=0,
        error=f"a newer version of cortex recorded it with the status {slot.status!r:.40}{own}",
        later=Later(slot.status, slot.object, slot.packages, slot.error),
    )
