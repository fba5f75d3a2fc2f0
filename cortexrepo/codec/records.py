"""Record files: refs, tags, deletion marks and the configuration. Small, closed by a checksum, written once.

File: magic `89 43 58 52` | format version (1) | kind | body length (4 bytes, big endian) | body, canonical msgpack |
checksum (32 bytes, over everything before it).
"""

from __future__ import annotations

from typing import NamedTuple, cast

from cortexrepo.codec.canonical import fits, pack, unpack
from cortexrepo.codec.hashing import DIGEST, checksum
from cortexrepo.codec.objects import pairs
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.ids import ObjectId, SnapshotId
from cortexrepo.model.snapshot import OK, PARTIAL, STATUSES, Cause, Previous, Slot, Snapshot

MAGIC = b"\x89CXR"
VERSION = 1
REF, CONFIG, TAG, MARK, MEMORY, INDEX, ARTIFACT = 1, 2, 3, 4, 5, 6, 7
HEADER = 10
LIMIT = 1 << 19
"""A record file may not be longer, in bytes."""
_SEEN, _UNSEEN = frozenset((OK, PARTIAL)), frozenset(STATUSES) - {OK}
"""What the status of a slot can be that has a manifest, and of one that has none."""
MESSAGE_LIMIT = 1 << 16
"""A message may not be longer, in bytes of UTF-8."""


def seal(kind: int, value: object) -> bytes:
    """Returns the record file of that kind with `value` in it; raises ValueError beyond `LIMIT` or for invalid text."""
    body = pack(value)
    data = MAGIC + bytes((VERSION, kind)) + len(body).to_bytes(4, "big") + body
    if len(data) + DIGEST > LIMIT:
        raise ValueError(f"its file has {len(data) + DIGEST} bytes, and {LIMIT} are allowed")
    return data + checksum(data)


def unseal(kind: int, data: bytes) -> object:
    """Returns what is in a record file of that kind.

    Raises:
        CorruptError: It is torn, changed, or of another kind.
        FormatVersionError: A newer version wrote it.
    """
    if len(data) < HEADER + DIGEST or len(data) > LIMIT or data[:4] != MAGIC:
        raise CorruptError("the file is damaged: it is cut short, or it is not a record")
    if data[4] != VERSION:
        raise FormatVersionError(
            f"the file has format {data[4]}; this version of cortex reads format {VERSION}",
            hint="use the version of cortex that wrote the file, or a newer one",
        )
    if checksum(data[:-DIGEST]) != data[-DIGEST:]:
        raise CorruptError("the file is damaged: its checksum does not match")
    body = data[HEADER:-DIGEST]
    if data[5] != kind or int.from_bytes(data[6:HEADER], "big") != len(body):
        raise CorruptError("the file is damaged: its header says another kind or another length")
    return unpack(body, LIMIT)


def encode_ref(snapshot: Snapshot) -> bytes:
    """Returns the ref file of a snapshot; raises ValueError when it is too large or not valid text."""
    previous = snapshot.previous
    return seal(
        REF,
        (
            bytes.fromhex(snapshot.id),
            bytes.fromhex(snapshot.repository),
            bytes.fromhex(snapshot.machine),
            snapshot.created_at,
            snapshot.sequence,
            None if previous is None else (bytes.fromhex(previous.id), previous.checksum),
            tuple(snapshot.cause),
            snapshot.message,
            tuple(slot_row(slot) for slot in snapshot.slots),
            snapshot.facts,
            (),
            snapshot.extensions,
        ),
    )


def slot_row(slot: Slot) -> tuple[object, ...]:
    """Returns a slot as a record has it."""
    identity = None if slot.object is None else bytes.fromhex(slot.object)
    return (slot.ecosystem, slot.environment, slot.status, identity, slot.packages, slot.error, slot.facts)


def decode_ref(data: bytes) -> Snapshot:
    """Returns the snapshot in a ref file.

    Raises:
        CorruptError: It is torn, changed, or not a ref.
        FormatVersionError: It needs a feature that this version does not have.
    """
    match unseal(REF, data):
        case (
            bytes(own),
            bytes(repository),
            bytes(machine),
            int(created),
            int(sequence),
            previous,
            cause,
            str(message),
            tuple(slots),
            tuple(facts),
            tuple(required),
            tuple(optional),
        ) if not isinstance(created, bool) and not isinstance(sequence, bool):
            if required:
                raise FormatVersionError(
                    f"the snapshot needs {required!r:.80}, which this version does not know",
                    hint="use the version of cortex that wrote the file, or a newer one",
                )
            if sequence >= 0 and created >= 0 and pairs(facts) and are_extensions(optional):
                return Snapshot(
                    SnapshotId(_hex(own, 16)),
                    _hex(repository, 16),
                    _hex(machine, 16),
                    created,
                    sequence,
                    _previous(previous),
                    read_cause(cause),
                    message,
                    read_slots(slots),
                    cast("tuple[tuple[str, str], ...]", facts),
                    cast("tuple[tuple[str, bytes], ...]", optional),
                )
        case _:
            pass
    raise CorruptError("the file is damaged: it is not the ref of a snapshot")


def ref_checksum(data: bytes) -> bytes:
    """Returns the checksum at the end of a ref file."""
    return data[-DIGEST:]


def _is_bool(value: object) -> bool:
    """Returns whether it is one of the two values that pass for the integers 0 and 1."""
    return value is True or value is False


def _hex(value: bytes, size: int) -> str:
    if len(value) != size:
        raise CorruptError(f"the file is damaged: an id has {len(value)} bytes instead of {size}")
    return value.hex()


def _previous(value: object) -> Previous | None:
    match value:
        case None:
            return None
        case (bytes(own), bytes(digest)) if len(digest) == DIGEST:
            return Previous(SnapshotId(_hex(own, 16)), digest)
        case _:
            pass
    raise CorruptError("the file is damaged: its link to the snapshot before cannot be read")


def read_cause(value: object) -> Cause:
    """Returns a cause from what a record has; raises CorruptError."""
    match value:
        case (str(command), str(user), str(reason)):
            return Cause(command, user, reason)
        case _:
            pass
    raise CorruptError("the file is damaged: its field 'cause' (command, user, reason) cannot be read")


def are_extensions(value: tuple[object, ...]) -> bool:
    """Returns whether these are a record's optional fields of later versions."""
    names = [item[0] for item in value if isinstance(item, tuple) and len(item) == 2 and isinstance(item[1], bytes)]  # noqa: PLR2004
    return len(names) == len(value) and all(isinstance(name, str) for name in names) and names == sorted(set(names))


def read_slots(rows: tuple[object, ...]) -> tuple[Slot, ...]:
    """Returns the slots of a snapshot from what a record has, in order; raises CorruptError."""
    return in_order(tuple(read_slot(row) for row in rows))


def in_order(slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
    """Returns these slots; raises CorruptError when they are not one snapshot's."""
    keys = [(slot.ecosystem.encode(), slot.environment.encode()) for slot in slots]
    if keys != sorted(set(keys)):
        raise CorruptError("the file is damaged: its entries are not sorted")
    return slots


def read_slot(row: object) -> Slot:
    """Returns a slot from what a record has; raises CorruptError."""
    is_seen = fits(row, str, str, str, bytes, int, str, tuple)
    if is_seen or fits(row, str, str, str, type(None), int, str, tuple):
        slot = Slot._make(cast("Slot", row))
        if slot.status in (_SEEN if is_seen else _UNSEEN) and slot.packages >= 0 and pairs(slot.facts):
            digest = cast("bytes | None", slot.object)
            return slot if digest is None else slot._replace(object=ObjectId(_hex(digest, DIGEST)))
    raise CorruptError("the file is damaged: a slot cannot be read")


class Config(NamedTuple):
    """What a repository says of itself: its id, and how refs are published (`link` or `rename`)."""

    repository: str
    publish: str


def encode_config(config: Config) -> bytes:
    """Returns the configuration file."""
    return seal(CONFIG, (bytes.fromhex(config.repository), config.publish, ()))


def decode_config(data: bytes) -> Config:
    """Returns the configuration; raises as `decode_ref` does."""
    match unseal(CONFIG, data):
        case (bytes(own), ("link" | "rename") as publish, tuple(required)):
            if required:
                raise FormatVersionError(
                    f"the repository needs {required!r:.80}, which this version does not know",
                    hint="use the version of cortex that wrote the file, or a newer one",
                )
            return Config(_hex(own, 16), publish)
        case _:
            pass
    raise CorruptError("the file is damaged: it is not the configuration of a repository")


class Mark(NamedTuple):
    """What a tag or a deletion mark says: which snapshot, when, and the name of the mark itself."""

    name: str
    snapshot: SnapshotId
    made_at: int


def encode_mark(kind: int, mark: Mark) -> bytes:
    """Returns the file of a tag (`TAG`) or a deletion mark (`MARK`)."""
    return seal(kind, (mark.name, bytes.fromhex(mark.snapshot), mark.made_at))


def decode_mark(kind: int, data: bytes) -> Mark:
    """Returns the mark; raises as `decode_ref` does."""
    match unseal(kind, data):
        case (str(name), bytes(own), int(made_at)) if made_at >= 0 and not _is_bool(made_at):
            return Mark(name, SnapshotId(_hex(own, 16)), made_at)
        case _:
            pass
    raise CorruptError("the file is damaged: it is not a tag or a deletion mark")
