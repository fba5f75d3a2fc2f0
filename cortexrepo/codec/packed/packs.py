"""Packs: many objects in one file, in blocks, and a head that says where each is.

Pack: magic `89 43 58 50` | format version (1) | compression (1 zstd) | length of the head (4 bytes, big endian) |
head | blocks. The head is canonical msgpack, `[[[kind, objects, [length of a frame, of its content, ...]], ...],
beginnings]`: the blocks in their order, and the first three bytes of each object's id. What is found by them is
verified by whoever reads the object. A pack's name is a digest over its file (docs/format.md, part 7).
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, cast

from cortexrepo.codec.canonical import fits, unpack
from cortexrepo.codec.hashing import object_id, pack_name
from cortexrepo.codec.objects import KINDS, Content
from cortexrepo.codec.packed import blocks
from cortexrepo.codec.packed.blocks import Block, Frame, Reader
from cortexrepo.errors import CorruptError, FormatVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.model.ids import ObjectId

MAGIC = b"\x89CXP"
VERSION = 1
ZSTD = 1
HEADER = 10
BEGINNING = 3
"""So many bytes of each id are in the head: enough that of 10,000 objects one in a thousand is looked at in vain."""
COUNT_LIMIT = 1 << 15
"""A pack may not hold more objects."""
HEAD_LIMIT = 1 << 20
FULL = 1 << 23
"""A pack that takes so many bytes takes no more objects."""
FILE_LIMIT = FULL + 2 * blocks.CONTENT_LIMIT + HEAD_LIMIT


class Pack:
    """A pack whose head was read. Blocks are read when somebody asks for what is in them."""

    def __init__(self, data: bytes, start: int, found: Sequence[Block], beginnings: bytes) -> None:
        """Takes the file, where its first block begins, and what its head says; `decode` makes one."""
        self.blocks = found
        self.beginnings = beginnings
        self._data = data
        self._near = 0
        self._ends = list(accumulate(block.objects for block in found))
        self._starts = list(accumulate((_packed(block) for block in found), initial=start))

    def __len__(self) -> int:
        """Returns how many objects the pack has."""
        return len(self.beginnings) // BEGINNING

    @property
    def size(self) -> int:
        """How many bytes the file has, as its head says."""
        return self._starts[-1]

    def find(self, identity: ObjectId) -> Iterator[tuple[int, int]]:
        """Yields block and place of the objects whose id may be this one: nearly always none or one."""
        beginning = bytes.fromhex(identity[: 2 * BEGINNING])
        near = self._near
        # Whoever goes through a history asks for neighbours.
        for index in (near + 1, near - 1):
            if index >= 0 and self.beginnings.startswith(beginning, index * BEGINNING):
                self._near = index
                yield self._place(index)
        at = self.beginnings.find(beginning)
        while at >= 0:
            index = at // BEGINNING
            if at % BEGINNING == 0 and index not in {near - 1, near + 1}:
                self._near = index
                yield self._place(index)
            at = self.beginnings.find(beginning, at + 1)

    def block_beginnings(self) -> Iterator[list[bytes]]:
        """Yields the first bytes of the ids of the objects in each block."""
        entries = [self.beginnings[at : at + BEGINNING] for at in range(0, len(self.beginnings), BEGINNING)]
        for block, end in zip(self.blocks, self._ends, strict=True):
            yield entries[end - block.objects : end]

    def open(self, number: int) -> Reader:
        """Returns the objects of a block; raises CorruptError, FormatVersionError."""
        return blocks.decode(self.blocks[number], self.bytes_of(number))

    def bytes_of(self, number: int) -> bytes:
        """Returns the frames of a block."""
        return self._data[self._starts[number] : self._starts[number + 1]]

    def contents(self) -> Iterator[Content]:
        """Yields every object; raises as `open`."""
        for number, block in enumerate(self.blocks):
            reader = self.open(number)
            yield from map(reader.read, range(block.objects))

    def _place(self, index: int) -> tuple[int, int]:
        number = bisect_right(self._ends, index)
        return number, index - (self._ends[number] - self.blocks[number].objects)


def decode(data: bytes, name: str) -> Pack:
    """Returns the pack of that name, every byte of its file checked.

    Raises:
        CorruptError: It is torn, changed, or another pack.
        FormatVersionError: A newer version wrote it.
    """
    _check_magic(data)
    if pack_name(data) != name:
        raise CorruptError("the file is damaged: its content does not match its name")
    found = salvage(data)
    if found.size != len(data):
        raise CorruptError("the file is damaged: it is cut short, or longer than its head says")
    return found


def salvage(data: bytes) -> Pack:
    """Returns a pack that may be damaged, if its head can be read: each object is verified on its own.

    Raises as `decode`.
    """
    _check_magic(data)
    if data[4] != VERSION or data[5] != ZSTD:
        raise FormatVersionError(
            f"the file has format {data[4]}, compression {data[5]}; this version of cortex cannot read them",
            hint="use the version of cortex that wrote the file, or a newer one",
        )
    start = HEADER + int.from_bytes(data[6:HEADER], "big")
    if start > min(len(data), HEADER + HEAD_LIMIT):
        raise CorruptError("the file is damaged: it is cut short, or its head is too long")
    return Pack(data, start, *_head(data[HEADER:start]))


def identify(content: Content) -> ObjectId:
    """Returns the id of an object; raises FormatVersionError for a type that only a newer version knows."""
    kind = KINDS.get(content.type)
    if kind is None:
        raise FormatVersionError(
            f"the file has an object of type {content.type}; this version of cortex cannot read it",
            hint="use the version of cortex that wrote the file, or a newer one",
        )
    return object_id(kind, content.raw)


def _check_magic(data: bytes) -> None:
    if len(data) < HEADER or data[:4] != MAGIC:
        raise CorruptError("the file is damaged: it is cut short, or it is not a pack")


def _head(data: bytes) -> tuple[list[Block], bytes]:
    value = unpack(data, HEAD_LIMIT)
    if fits(value, tuple, bytes):
        rows, beginnings = cast("tuple[tuple[object, ...], bytes]", value)
        found = list(map(_block, rows))
        count = sum(block.objects for block in found)
        if count <= COUNT_LIMIT and len(beginnings) == count * BEGINNING:
            return found, beginnings
    raise CorruptError("the file is damaged: its head cannot be read")


def _block(row: object) -> Block:
    if fits(row, int, int, tuple):
        kind, count, sizes = cast("tuple[int, int, tuple[object, ...]]", row)
        if kind >= 0 and 0 < count <= blocks.COUNT_LIMIT and len(sizes) % 2 == 0 and all(map(_is_size, sizes)):
            numbers = cast("tuple[int, ...]", sizes)
            frames = tuple(map(Frame, numbers[::2], numbers[1::2]))
            if sum(frame.length for frame in frames) <= blocks.CONTENT_LIMIT:
                return Block(kind, count, frames)
    raise CorruptError("the file is damaged: a block in its head cannot be read")


def _is_size(value: object) -> bool:
    return type(value) is int and value > 0


def _packed(block: Block) -> int:
    return sum(frame.packed for frame in block.frames)
