"""Blocks: what a pack is made of. Each is decompressed on its own, and damage to it is no damage to another one.

A block's content is in one or more zstd frames: a frame has tables of its own, so that columns of different kinds are
smaller apart, and tiny ones together. The content of a block of changes is its columns, each with its length before it
(4 bytes, big endian); of a block of whole objects, for each the number of its type (1 byte), its length (4), its bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cortexrepo.codec.objects import MANIFEST, RAW_LIMIT, SLOTS, Content
from cortexrepo.codec.packed import kinds
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.codec.packed.changes import Changes
    from cortexrepo.codec.packed.replay import Replay
    from cortexrepo.codec.packed.table_changes import TableChanges

WHOLE, CHANGES, TABLES = 0, 1, 2
"""What a block has: objects as they are, manifests as changes, or tables of slots as changes."""
MARK = b"\xff"
"""With this byte the content of a block of tables begins: no object is of that type, and no column so long."""
CONTENT_LIMIT = kinds.BYTES_LIMIT + (1 << 16)
"""The content of a block may not be longer, in bytes; readers hold it."""
COUNT_LIMIT = kinds.COUNT_LIMIT
"""More objects are not in one block."""
_LENGTH = 4
_SMALL = 320
"""Two frames of so many bytes or less may be smaller together; larger ones never gain what trying costs."""


class Frame(NamedTuple):
    """How many bytes a frame takes, and how many its content has."""

    packed: int
    length: int


class Block(NamedTuple):
    """One block as a pack's head states it.

    Attributes:
        kind: WHOLE or CHANGES.
        objects: How many it has.
        frames: Its frames, which follow one another.
    """

    kind: int
    objects: int
    frames: tuple[Frame, ...]


class Reader(Protocol):
    """The objects of a block."""

    def __len__(self) -> int:
        """Returns how many there are."""
        ...

    def read(self, place: int) -> Content:
        """Returns the object at a place, from 0; raises CorruptError."""
        ...

    def size(self) -> int:
        """Returns about how many bytes of memory this takes."""
        ...


def encode_whole(contents: Sequence[Content]) -> tuple[Block, bytes]:
    """Returns a block of objects as they are, and its bytes."""
    joined = b"".join(bytes((one.type,)) + len(one.raw).to_bytes(_LENGTH, "big") + one.raw for one in contents)
    return _block(WHOLE, len(contents), [joined])


def encode_changes(found: Changes) -> tuple[Block, bytes]:
    """Returns a block of changes, and its bytes."""
    return _block(CHANGES, found.count, [len(column).to_bytes(_LENGTH, "big") + column for column in found.columns()])


def encode_tables(found: TableChanges) -> tuple[Block, bytes]:
    """Returns a block of tables of slots, and its bytes."""
    first, *rest = [len(column).to_bytes(_LENGTH, "big") + column for column in found.columns()]
    return _block(TABLES, found.count, [MARK + first, *rest])


def _block(kind: int, count: int, parts: Iterable[bytes]) -> tuple[Block, bytes]:
    from cortexrepo.codec.packed.compression import compress  # few processes pack

    frames: list[tuple[bytes, bytes]] = []
    for part in parts:
        packed = compress(part)
        if frames and max(len(packed), len(frames[-1][1])) <= _SMALL:
            both = compress(frames[-1][0] + part)
            if len(both) < len(frames[-1][1]) + len(packed):
                frames[-1] = (frames[-1][0] + part, both)
                continue
        frames.append((part, packed))
    sizes = tuple(Frame(len(packed), len(content)) for content, packed in frames)
    return Block(kind, count, sizes), b"".join(packed for _, packed in frames)


def decode(block: Block, data: bytes) -> Reader:
    """Returns the objects of a block, whose frames have these bytes.

    Raises:
        CorruptError: It is torn or changed, or it is no block.
        FormatVersionError: A newer version wrote it.
    """
    if block.kind not in {WHOLE, CHANGES, TABLES}:
        raise FormatVersionError(
            f"the file has a block of kind {block.kind}; this version of cortex cannot read it",
            hint="use the version of cortex that wrote the file, or a newer one",
        )
    content = _content(block, data)
    if block.kind == WHOLE:
        return _whole(content, block.objects)
    if block.kind == TABLES:
        from cortexrepo.codec.packed.table_states import TableReplay  # few snapshots have so many slots

        if content[:1] != MARK:
            raise CorruptError("the file is damaged: a block of tables does not begin as one")
        return _Changed(TableReplay(_split(content[1:]), block.objects), SLOTS)
    from cortexrepo.codec.packed.replay import Replay

    return _Changed(Replay(_split(content), block.objects), MANIFEST)


def _content(block: Block, data: bytes) -> bytes:
    from cortexrepo.codec.packed.compression import decompress  # zstd costs a reader of what is loose too much

    found, at = [], 0
    for frame in block.frames:
        found.append(decompress(data[at : at + frame.packed], frame.length))
        at += frame.packed
    return b"".join(found)


def _whole(content: bytes, count: int) -> Reader:
    places, at = [], 0
    while at < len(content):
        start = at + 1 + _LENGTH
        at = start + int.from_bytes(content[at + 1 : start], "big")
        if not start <= at <= min(len(content), start + RAW_LIMIT):
            raise CorruptError("the file is damaged: an object in a block is longer than it may be")
        places.append((start, at))
    if len(places) != count:
        raise CorruptError(f"the file is damaged: a block has {len(places)} objects, and the head says {count}")
    return _Whole(content, places)


def _split(content: bytes) -> list[bytes]:
    """Returns the columns of a block of changes."""
    found: list[bytes] = []
    at = 0
    while at < len(content) and len(found) <= kinds.COLUMNS:
        start = at + _LENGTH
        at = start + int.from_bytes(content[at:start], "big")
        if not start <= at <= len(content):
            raise CorruptError("the file is damaged: a column in a block is longer than the block")
        found.append(content[start:at])
    return found


class _Whole:
    """Objects as they are."""

    def __init__(self, content: bytes, places: Sequence[tuple[int, int]]) -> None:
        self._content = content
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def read(self, place: int) -> Content:
        start, end = self._places[place]
        return Content(self._content[start - 1 - _LENGTH], self._content[start:end])

    def size(self) -> int:
        return len(self._content)


class _Changed:
    """Objects of one type that are put together from their changes."""

    def __init__(self, replay: Replay, kind: int) -> None:
        self._replay = replay
        self._kind = kind

    def __len__(self) -> int:
        return self._replay.count

    def read(self, place: int) -> Content:
        return Content(self._kind, self._replay.content(place))

    def size(self) -> int:
        return self._replay.size()
