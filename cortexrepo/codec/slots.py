"""Tables of slots: the slots of a snapshot that has many, as an object.

Its canonical bytes are those of `[[slot, ...]]`, each slot as a ref has it. Tables of one machine have nearly all rows
in common, so that who reads one after the other takes the slots of the one before.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from cortexrepo.codec.canonical import array_head, array_start, pack, unpack, values_from
from cortexrepo.codec.objects import RAW_LIMIT, SLOTS, Content, Encoded, checked, raw_of, sealed
from cortexrepo.codec.refs import read_slot, slot_row
from cortexrepo.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.snapshot import Slot

COUNT_LIMIT = 1 << 16
"""A table has no more slots: readers hold them."""
ROW_LIMIT = 1 << 17
"""A slot takes no more bytes, as in a ref."""
PAIRS_LIMIT = 1 << 18
"""All slots together have no more facts and extensions."""


def rows_of(slots: Iterable[Slot]) -> list[bytes]:
    """Returns the encoding of each slot; raises ValueError for what is not valid text."""
    return [pack(slot_row(slot)) for slot in slots]


def encode(rows: Sequence[bytes]) -> Encoded:
    """Returns the table of slots that are encoded; raises ValueError beyond a limit."""
    raw = beginning(len(rows)) + b"".join(rows)
    if len(raw) > RAW_LIMIT:
        raise ValueError(f"{len(rows)} slots take {len(raw)} bytes, and {RAW_LIMIT} are allowed")
    try:
        decode(raw, {})
    except CorruptError as error:
        raise ValueError(str(error).removeprefix("the object is damaged: ")) from error
    return sealed(Content(SLOTS, raw))


def decode_frame(data: bytes, expected: ObjectId) -> tuple[Slot, ...]:
    """Returns the slots in the frame of an object of that id; raises CorruptError, FormatVersionError."""
    return decode(raw_of(checked(data, expected), SLOTS), {})


def decode(raw: bytes, known: dict[bytes, Slot]) -> tuple[Slot, ...]:
    """Returns the slots in a table's canonical bytes.

    Args:
        raw: The bytes.
        known: Slots by their encodings, which are taken as they are; has those of this table afterwards, and no others.

    Raises:
        CorruptError: It is no table of slots.
    """
    rows = split(raw)
    found: list[Slot] = []
    pairs = 0
    for row in rows:
        slot = known.get(row) or read_slot(unpack(row, ROW_LIMIT))
        pairs += len(slot.facts) + len(slot.extensions)
        if pairs > PAIRS_LIMIT:
            raise CorruptError(f"the object is damaged: its slots have more than {PAIRS_LIMIT} pairs together")
        found.append(slot)
    # UTF-8 bytes sort as code points do.
    keys = [(slot.ecosystem, slot.environment) for slot in found]
    if not all(before < after for before, after in pairwise(keys)):
        raise CorruptError("the object is damaged: its slots are not sorted")
    known.clear()
    known.update(zip(rows, found, strict=True))
    return tuple(found)


def split(raw: bytes) -> list[bytes]:
    """Returns the encodings of the slots in a table's canonical bytes; raises CorruptError for what is no table."""
    try:
        rows = values_from(raw, array_start(raw, 1))
    except ValueError as error:
        raise CorruptError("the object is damaged: it is not a table of slots") from error
    if not rows or len(rows) > COUNT_LIMIT:
        raise CorruptError(f"the object is damaged: it has {len(rows)} slots; 1 to {COUNT_LIMIT} are allowed")
    if not raw.startswith(beginning(len(rows))) or len(beginning(len(rows))) + sum(map(len, rows)) != len(raw):
        raise CorruptError("the object is damaged: it is not a table of slots in the canonical form")
    return rows


def beginning(count: int) -> bytes:
    """Returns with which canonical bytes a table of so many slots begins; those of the slots follow."""
    return array_head(1) + array_head(count)
