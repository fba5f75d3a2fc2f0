"""Part 7 of docs/format.md: packs."""

import sys
from collections.abc import Iterator
from typing import NamedTuple

from reader.changes import manifests
from reader.objects import LONGEST, MANIFEST, object_id
from reader.remaking import remade
from reader.values import KIB, MIB, DamagedError, NewerError, array, digest, need, number, octets, unpacked

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

WINDOW = 24
CONTENT = 2 * LONGEST + 64 * KIB
WHOLE, CHANGES = 0, 1


class Block(NamedTuple):
    kind: int
    objects: int
    frames: tuple[tuple[int, int], ...]


class Pack(NamedTuple):
    """The objects of a pack, by id, and the worst of what is wrong with it: None, `newer` or `damaged`."""

    objects: dict[bytes, bytes]
    wrong: str | None


def pack(data: bytes, name: str) -> Pack:
    """The objects in a pack of that name, which is without `.pack`."""
    if len(data) >= 10 and data[:4] == b"\x89CXP" and data[4:6] != b"\x01\x01":
        raise NewerError("another version or compression")
    again = None if digest("pack", data).hex() == name else remade(data, name)
    if again is not None:
        return Pack(pack(again, name).objects, "damaged")
    need(len(data) >= 10 and data[:4] == b"\x89CXP", "no pack")
    end = 10 + int.from_bytes(data[6:10])
    need(end - 10 <= MIB and len(data) <= 8 * MIB + 2 * CONTENT + end, "too long")
    blocks, beginnings = head(data[10:end])
    wrong = {"damaged"} if digest("pack", data).hex() != name else set()
    found = {}
    for block, where, begins in places(blocks, beginnings, end):
        try:
            for raw, begin in zip(objects(block, data[where : where + taken(block)]), begins, strict=True):
                if raw is None:
                    wrong.add("newer")
                elif object_id(raw)[:3] == begin:
                    found[object_id(raw)] = raw
                else:
                    wrong.add("damaged")
        except NewerError:
            wrong.add("newer")
        except DamagedError:
            wrong.add("damaged")
    if end + sum(taken(block) for block in blocks) != len(data):
        wrong.add("damaged")
    return Pack(found, min(wrong, default=None))


def head(data: bytes) -> tuple[list[Block], bytes]:
    value, beginnings = array(unpacked(data), 2)
    blocks = [block(each) for each in array(value)]
    count = sum(each.objects for each in blocks)
    need(count <= 32_768 and len(octets(beginnings)) == 3 * count, "other beginnings than objects")
    return blocks, octets(beginnings)


def block(value: object) -> Block:
    kind, count, frames = array(value, 3)
    lengths = [number(each) for each in array(frames)]
    need(len(lengths) % 2 == 0 and all(lengths), "a frame without a length")
    found = Block(number(kind), number(count, 256), tuple(zip(lengths[::2], lengths[1::2], strict=True)))
    need(found.objects >= 1, "a block without objects")
    need(sum(length for _, length in found.frames) <= CONTENT, "a content that is too long")
    return found


def taken(block: Block) -> int:
    return sum(each for each, _ in block.frames)


def places(blocks: list[Block], beginnings: bytes, start: int) -> Iterator[tuple[Block, int, list[bytes]]]:
    """Each block, where its frames begin, and how the ids of its objects begin."""
    at = 0
    for each in blocks:
        mine = beginnings[at : at + 3 * each.objects]
        yield each, start, [mine[one : one + 3] for one in range(0, len(mine), 3)]
        start += taken(each)
        at += 3 * each.objects


def objects(block: Block, data: bytes) -> Iterator[bytes | None]:
    """The raw bytes of each object of a block, in order; None for one of an unknown type."""
    if block.kind not in (WHOLE, CHANGES):
        raise NewerError("an unknown kind of block")
    content, at = b"", 0
    for length, unpacked_length in block.frames:
        need(at + length <= len(data), "a frame is cut off")
        content += frame(data[at : at + length], unpacked_length)
        at += length
    yield from (manifests if block.kind == CHANGES else whole)(content, block.objects)


def frame(data: bytes, length: int) -> bytes:
    """The content of one frame, of that length, with nothing behind it."""
    stream = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: WINDOW})
    try:
        content = stream.decompress(data, length + 1)
        if len(content) == length and not stream.eof:
            content += stream.decompress(b"", 1)  # the end of a frame may have no content
    except zstd.ZstdError as error:
        raise DamagedError(f"no zstd: {error}") from error
    need(len(content) == length and stream.eof and not stream.unused_data, "another length")
    return content


def whole(content: bytes, count: int) -> Iterator[bytes | None]:
    at = 0
    for _ in range(count):
        need(at + 5 <= len(content), "an object is missing")
        end = at + 5 + int.from_bytes(content[at + 1 : at + 5])
        need(end <= len(content) and end - at - 5 <= LONGEST, "an object is cut off")
        yield content[at + 5 : end] if content[at] == MANIFEST else None
        at = end
    need(at == len(content), "more than the objects")
