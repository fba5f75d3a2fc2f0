"""Part 7 of docs/format.md, "Header and head follow from the frames": a pack's file, made again."""

import sys
from collections.abc import Iterator

import msgpack

from reader.changes import manifests
from reader.objects import MANIFEST, SLOTS, WHAT, Raw, object_id
from reader.slots import COLUMNS as TABLE_COLUMNS
from reader.slots import slot_tables
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
            blocks.append(({0: 1, 255: 2}.get(content[0], 0), len(objects), tuple(sizes)))
            beginnings += b"".join(object_id(each)[:3] for each in objects)
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


def complete(content: bytes) -> list[Raw]:
    """The objects of a block with this content; none if more of it must follow."""
    if content[0] == 0:
        count = changed(content, COLUMNS)
        return [Raw(MANIFEST, raw) for raw in manifests(content, count)] if count else []
    if content[0] == 255:
        count = changed(content[1:], TABLE_COLUMNS)
        return [Raw(SLOTS, raw) for raw in slot_tables(content[1:], count)] if count else []
    parts: list[Raw] = []
    at = 0
    while at < len(content):
        start = at + 5
        end = start + int.from_bytes(content[start - 4 : start])
        need(content[at] in WHAT, "an unknown type")
        parts.append(Raw(content[at], content[start:end]))
        at = end
    return parts if at == len(content) else []


def changed(content: bytes, columns: int) -> int:
    """How many objects a block of changes has; 0 if more of its columns must follow."""
    parts: list[bytes] = []
    at = 0
    while at < len(content) and len(parts) < columns:
        end = at + 4 + int.from_bytes(content[at : at + 4])
        parts.append(content[at + 4 : end])
        at = end
    return (len(parts[0]) - 1) // parts[0][0] if at == len(content) and len(parts) == columns else 0
