"""Part 7 of docs/format.md, "Header and head follow from the frames": a pack's file, made again."""

import sys
from collections.abc import Iterator

import msgpack

from reader.changes import manifests
from reader.objects import object_id
from reader.values import MIB, DamagedError, digest, need

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

FRAME = b"\x28\xb5\x2f\xfd"
COLUMNS = 17


def remade(data: bytes, name: str) -> bytes | None:
    """The file of that name, if its frames are whole."""
    start = data.find(FRAME, 10, 10 + MIB + len(FRAME))
    try:
        found = data[:0] if start < 0 else front(data[start:]) + data[start:]
    except DamagedError:
        return None
    return found if digest("pack", found).hex() == name else None


def front(data: bytes) -> bytes:
    """The header and the head of a pack with these frames."""
    blocks, beginnings = [], b""
    sizes: list[int] = []
    content = b""
    for taken, part in frames(data):
        sizes += taken, len(part)
        content += part
        objects = complete(content)
        if objects:
            blocks.append((int(content[0] == 0), len(objects), tuple(sizes)))
            beginnings += b"".join(object_id(raw)[:3] for raw in objects)
            sizes, content = [], b""
    need(not content, "a block is not complete")
    head: bytes = msgpack.packb((blocks, beginnings))
    return b"\x89CXP\x01\x01" + len(head).to_bytes(4) + head


def frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each frame: how many bytes it takes, and its content."""
    while data:
        stream = zstd.ZstdDecompressor()
        try:
            content = stream.decompress(data)
        except zstd.ZstdError as error:
            raise DamagedError(f"no zstd: {error}") from error
        need(stream.eof and bool(content), "a frame is cut off")
        yield len(data) - len(stream.unused_data), content
        data = stream.unused_data


def complete(content: bytes) -> list[bytes]:
    """The objects of a block with this content; none if more of it must follow."""
    is_whole = content[0] != 0
    parts: list[bytes] = []
    at = 0
    while at < len(content) and (is_whole or len(parts) < COLUMNS):
        start = at + 5 if is_whole else at + 4
        at = start + int.from_bytes(content[start - 4 : start])
        parts.append(content[start:at])
    if at != len(content) or not (is_whole or len(parts) == COLUMNS):
        return []
    return parts if is_whole else list(manifests(content, (len(parts[0]) - 1) // parts[0][0]))
