"""Part 5 of docs/format.md: objects and manifests."""

import zlib
from typing import NamedTuple

from reader.refs import Slot, slots_of
from reader.values import (
    KIB,
    MIB,
    DamagedError,
    NewerError,
    Pairs,
    array,
    ascending,
    digest,
    need,
    number,
    packed,
    text,
    texts,
    unpacked,
)

MANIFEST, SLOTS = 1, 2
WHAT = {MANIFEST: "object manifest", SLOTS: "object slots"}
LONGEST = 16 * MIB
NESTED, RESIDUAL = 1 << 8, 1 << 9


class Row(NamedTuple):
    name: str
    architecture: str
    version: str
    flags: int
    attributes: Pairs


class Manifest(NamedTuple):
    ecosystem: str
    rows: tuple[Row, ...]

    @property
    def packages(self) -> int:
        """How many rows a slot counts."""
        return sum(not row.flags & (NESTED | RESIDUAL) for row in self.rows)


class Raw(NamedTuple):
    """An object as it is stored: its type and its raw bytes."""

    type: int
    raw: bytes


def object_id(found: Raw) -> bytes:
    return digest(WHAT[found.type], found.raw)


def raw_bytes(data: bytes, identity: bytes) -> Raw:
    """The object in the file of one with that id."""
    need(11 <= len(data) <= LONGEST + 4 * KIB and data[:4] == b"\x89CXO", "no object")
    if data[4] != 1 or data[5] not in WHAT or data[6] not in (0, 1):
        raise NewerError("another version, or an unknown type or codec")
    length = int.from_bytes(data[7:11])
    need(length <= LONGEST, "too long")
    raw = inflated(data[11:], length) if data[6] == 1 else data[11:]
    need(len(raw) == length, "another length")
    found = Raw(data[5], raw)
    need(object_id(found) == identity, "another id")
    return found


def inflated(data: bytes, length: int) -> bytes:
    """The content of one zlib stream, of that length, with nothing behind it."""
    stream = zlib.decompressobj()
    try:
        content = stream.decompress(data, length + 1)
    except zlib.error as error:
        raise DamagedError(f"no zlib: {error}") from error
    need(len(content) == length, "another length")
    need(stream.eof and not stream.unused_data, "more, or less, than one stream")
    return content


def manifest(raw: bytes) -> Manifest:
    """The manifest in raw bytes."""
    need(len(raw) <= LONGEST, "too long")
    ecosystem, rows = array(unpacked(raw), 2)
    need(len(array(rows)) <= 131_072, "too many rows")
    found = Manifest(text(ecosystem), tuple(row(each) for each in array(rows)))
    need(sum(len(each.attributes) for each in found.rows) <= 1 << 19, "too many attributes")
    ascending(list(found.rows))
    return found


def table(raw: bytes) -> tuple[Slot, ...]:
    """The slots in the raw bytes of a table."""
    need(len(raw) <= LONGEST, "too long")
    [slots] = array(unpacked(raw), 1)
    found = slots_of(slots, 65_536)
    need(bool(found), "a table without slots")
    return found


def row(value: object) -> Row:
    name, architecture, version, flags, attributes = array(value, 5)
    need(len(packed(value)) <= 128 * KIB, "a row is too long")
    need(text(name) != "", "a row without a name")
    return Row(text(name), text(architecture), text(version), number(flags), texts(attributes))
