"""Packs whose header or head is damaged, made again: both follow from the frames behind them.

Nothing is guessed. What comes out is the file of which the pack's name is a digest, or nothing comes out.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cortexrepo.codec.hashing import pack_name
from cortexrepo.codec.packed import blocks, kinds, packs, writer
from cortexrepo.codec.packed.blocks import Block, Frame
from cortexrepo.errors import CorruptError, FormatVersionError

if TYPE_CHECKING:
    from collections.abc import Iterator

_TRIES = 2
"""So many places are tried where the frames may begin: a head has the four bytes of a frame's magic hardly ever."""
_FRAME = b"\x28\xb5\x2f\xfd"
_LENGTH = 4


def mended(data: bytes, name: str) -> bytes | None:
    """Returns the pack's file of that name, or None where a frame is damaged too. Decompresses all of it, by blocks."""
    for start in islice(_starts(data), _TRIES):
        try:
            found = _front(data, start) + data[start:]
        except (CorruptError, FormatVersionError):
            continue
        if pack_name(found) == name:
            return found
    return None


def _starts(data: bytes) -> Iterator[int]:
    """Yields where the first frame may begin."""
    at = data.find(_FRAME, packs.HEADER, packs.HEADER + packs.HEAD_LIMIT + len(_FRAME))
    while at >= 0:
        yield at
        at = data.find(_FRAME, at + 1, packs.HEADER + packs.HEAD_LIMIT + len(_FRAME))


def _front(data: bytes, start: int) -> bytes:
    """Returns the header and the head of the pack whose frames begin there."""
    found = list(_blocks(data, start))
    if sum(block.objects for block in found) > packs.COUNT_LIMIT:
        raise CorruptError("the file is damaged: it has more objects than a pack may have")
    contents = packs.Pack(data, start, found, b"").contents()
    return writer.front(found, b"".join(bytes.fromhex(packs.identify(one))[: packs.BEGINNING] for one in contents))


def _blocks(data: bytes, start: int) -> Iterator[Block]:
    """Yields the blocks whose frames begin there: a block ends with the frame that makes its content complete."""
    frames: list[Frame] = []
    content = b""
    for frame, part in _frames(data, start):
        frames.append(frame)
        content += part
        if len(content) > blocks.CONTENT_LIMIT or len(frames) > kinds.COLUMNS:
            break
        # An object begins with its type, which is not 0; a column with its length, of which the first byte is 0.
        kind = blocks.WHOLE if content[0] else blocks.CHANGES
        count = _objects(content) if content[0] else _manifests(content)
        if count:
            yield Block(kind, count, tuple(frames))
            frames, content = [], b""
    if frames:
        raise CorruptError("the file is damaged: the last block is not complete")


def _frames(data: bytes, start: int) -> Iterator[tuple[Frame, bytes]]:
    from cortexrepo.codec.packed.compression import decompress, measure

    view = memoryview(data)
    while start < len(data):
        packed, length = measure(view[start:])
        if not 0 < length <= blocks.CONTENT_LIMIT:
            raise CorruptError("the file is damaged: a frame is longer than a block may be")
        yield Frame(packed, length), decompress(data[start : start + packed], length)
        start += packed


def _objects(content: bytes) -> int:
    """Returns how many objects a block of whole ones has, or 0 where its content is not complete."""
    count = at = 0
    while at < len(content) and count <= blocks.COUNT_LIMIT:
        at += 1 + _LENGTH + int.from_bytes(content[at + 1 : at + 1 + _LENGTH], "big")
        count += 1
    return count if at == len(content) and count <= blocks.COUNT_LIMIT else 0


def _manifests(content: bytes) -> int:
    """Returns how many manifests a block of changes has, or 0 where its content is not complete.

    The first column has a number for each.
    """
    columns = at = 0
    while at < len(content) and columns < kinds.COLUMNS:
        at += _LENGTH + int.from_bytes(content[at : at + _LENGTH], "big")
        columns += 1
    if columns < kinds.COLUMNS or at != len(content):
        return 0
    width = content[_LENGTH]
    return (int.from_bytes(content[:_LENGTH], "big") - 1) // width if width else 0
