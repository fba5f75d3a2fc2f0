"""Packs: many objects in one compressed frame, and the index that says where each is.

Pack: magic `89 43 58 50` | format version (1) | compression (1 zstd) | raw length (4 bytes, big endian) | payload. The
content is objects one behind the other, each its length (4 bytes, big endian) and its canonical bytes: whole ones, for
the compressor's window finds what they share (docs/design.md, "Packs"). A pack's name is a digest over its file.

Index: a record file (`codec.records`) with the pack's name and, sorted, 12 bytes for each object: the first 8 of its id
and its offset (4, big endian). It follows from the pack. An id that is found by its beginning is verified by whoever
reads the object.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import records
from cortexrepo.codec.hashing import DIGEST, object_id, pack_name
from cortexrepo.codec.objects import RAW_LIMIT
from cortexrepo.errors import CorruptError, FormatVersionError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.model.ids import ObjectId

MAGIC = b"\x89CXP"
VERSION = 1
ZSTD = 1
HEADER = 10
CONTENT_LIMIT = 1 << 25
"""The content of a pack may not be longer, in bytes; readers hold it whole."""
COUNT_LIMIT = 1 << 15
"""A pack may not hold more objects: its index stays a small file."""
FILE_LIMIT = CONTENT_LIMIT + (1 << 18)
LENGTH = 4
"""So many bytes before each object say how long it is."""
_PREFIX = 8
_ENTRY = _PREFIX + 4


class Packed(NamedTuple):
    """A pack ready to be stored: its name, its file and its index's file."""

    name: str
    data: bytes
    index_data: bytes


def encode(contents: Iterable[bytes]) -> Packed:
    """Returns the pack of these objects' canonical bytes, in this order; ValueError beyond the limits."""
    from cortexrepo.codec.packed.compression import compress  # few processes pack

    raw = b"".join(len(content).to_bytes(LENGTH, "big") + content for content in contents)
    if len(raw) > CONTENT_LIMIT:
        raise ValueError(f"{len(raw)} bytes are more than a pack may hold ({CONTENT_LIMIT})")
    data = MAGIC + bytes((VERSION, ZSTD)) + len(raw).to_bytes(4, "big") + compress(raw)
    name = pack_name(data)
    return Packed(name, data, encode_index(name, raw))


def decode(data: bytes, name: str) -> bytes:
    """Returns the content of the pack of that name, every byte of its file checked.

    Raises:
        CorruptError: It is torn, changed, or another pack.
        FormatVersionError: A newer version wrote it.
    """
    if len(data) < HEADER or data[:4] != MAGIC:
        raise CorruptError("the file is damaged: it is cut short, or it is not a pack")
    if pack_name(data) != name:
        raise CorruptError("the file is damaged: its content does not match its name")
    if data[4] != VERSION or data[5] != ZSTD:
        raise FormatVersionError(
            f"the file has format {data[4]}, compression {data[5]}; this version of cortex cannot read them",
            hint="use the version of cortex that wrote the file, or a newer one",
        )
    length = int.from_bytes(data[6:HEADER], "big")
    if length > CONTENT_LIMIT:
        raise CorruptError(f"the file is damaged: its header says {length} bytes, and {CONTENT_LIMIT} are allowed")
    from cortexrepo.codec.packed.compression import decompress  # zstd costs a reader of what is loose too much

    return decompress(data[HEADER:], length)


def objects(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the offset and the canonical bytes of every object in a pack's content; raises CorruptError."""
    offset = 0
    while offset < len(raw):
        found = read(raw, offset)
        yield offset, found
        offset += LENGTH + len(found)


def read(raw: bytes, offset: int) -> bytes:
    """Returns the canonical bytes of the object at an offset in a pack's content; raises CorruptError."""
    start = offset + LENGTH
    end = start + int.from_bytes(raw[offset:start], "big")
    if not start <= end <= min(len(raw), start + RAW_LIMIT):
        raise CorruptError(f"the file is damaged: no object begins at byte {offset}")
    return raw[start:end]


def identify(content: bytes) -> ObjectId:
    """Returns the id of an object with these canonical bytes."""
    return object_id("manifest", content)


def encode_index(name: str, raw: bytes) -> bytes:
    """Returns the index file of a pack; raises CorruptError for content that no pack has."""
    entries = sorted(
        bytes.fromhex(identify(content))[:_PREFIX] + offset.to_bytes(4, "big") for offset, content in objects(raw)
    )
    if len(entries) > COUNT_LIMIT:
        raise CorruptError(f"the file is damaged: it has {len(entries)} objects, and at most {COUNT_LIMIT} are allowed")
    return records.seal(records.INDEX, (bytes.fromhex(name), b"".join(entries)))


class Index:
    """Where the objects of one pack are."""

    def __init__(self, name: str, entries: bytes) -> None:
        """Takes the pack's name and its sorted entries; `decode_index` makes one."""
        self.name = name
        self._entries = [entries[start : start + _ENTRY] for start in range(0, len(entries), _ENTRY)]

    def __len__(self) -> int:
        """Returns how many objects the pack has."""
        return len(self._entries)

    def prefixes(self) -> list[bytes]:
        """Returns the first 8 bytes of each id."""
        return [entry[:_PREFIX] for entry in self._entries]

    def is_sorted(self) -> bool:
        """Returns whether it can be searched."""
        return self._entries == sorted(self._entries)

    def find(self, identity: ObjectId) -> list[int]:
        """Returns the offsets of the objects whose id may be this one: nearly always none or one."""
        prefix = bytes.fromhex(identity[: 2 * _PREFIX])
        found = []
        at = bisect_left(self._entries, prefix)
        while at < len(self._entries) and self._entries[at].startswith(prefix):
            found.append(int.from_bytes(self._entries[at][_PREFIX:], "big"))
            at += 1
        return found


def decode_index(data: bytes, name: str) -> Index:
    """Returns the index of the pack of that name; raises as `decode` does."""
    match records.unseal(records.INDEX, data):
        case (bytes(own), bytes(entries)) if own.hex() == name and len(own) == DIGEST and not len(entries) % _ENTRY:
            index = Index(name, entries)
            if len(index) <= COUNT_LIMIT and index.is_sorted():
                return index
        case _:
            pass
    raise CorruptError("the file is damaged: it is not the index of this pack")
