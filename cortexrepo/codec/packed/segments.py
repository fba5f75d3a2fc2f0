"""Segments: many refs in one file, column by column. Each ref file comes out of it again, byte for byte.

Segment: magic `89 43 58 53` | format version (1) | compression (1 zlib) | head length, raw body length (4 bytes each,
big endian) | head | body, compressed. Head and body are canonical msgpack; a segment's name is a digest over its file.

Head: the repository, and for each machine its id, the number of refs, the first and last name, the latest moment.
Body: columns, exceptions and tables. Nothing is stored that follows from the rest: an id that `identity` made, the link
to the snapshot before where that is here too, and its checksum; that is stated after every 256 links all the same, so
that no reader has to work through a whole segment.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import identity
from cortexrepo.codec.canonical import pack, unpack
from cortexrepo.codec.deflate import inflate
from cortexrepo.codec.hashing import segment_name
from cortexrepo.codec.packed import columns
from cortexrepo.codec.packed.rows import ELSEWHERE, MINUTE, NONE, Group, Head, Segment
from cortexrepo.codec.packed.tables import Tables
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.model.snapshot import Snapshot


MAGIC = b"\x89CXS"
VERSION = 1
ZLIB = 1
HEADER = 14
ROWS_LIMIT = 1 << 14
"""A segment may not hold more refs."""
BODY_LIMIT = 1 << 23
FILE_LIMIT = BODY_LIMIT + (1 << 16)
_DEEPEST = 256


class Ref(NamedTuple):
    """A ref to be put into a segment: its snapshot, and the checksum of its file."""

    snapshot: Snapshot
    checksum: bytes


class Encoded(NamedTuple):
    """A segment ready to be stored."""

    name: str
    data: bytes


def encode(refs: Iterable[Ref]) -> Encoded:
    """Returns the segment of these refs of one repository, in any order.

    Raises:
        ValueError: There are too many, or they are too large together.
    """
    rows = sorted(refs, key=lambda ref: (ref.snapshot.machine, refname.of(ref.snapshot)))
    snapshots = [row.snapshot for row in rows]
    body = pack(_body(snapshots, [row.checksum for row in rows]))
    if len(rows) > ROWS_LIMIT or len(body) > BODY_LIMIT:
        raise ValueError(f"{len(rows)} refs of {len(body)} bytes are more than a segment may hold")
    head = pack(_head(snapshots))
    sizes = len(head).to_bytes(4, "big") + len(body).to_bytes(4, "big")
    data = MAGIC + bytes((VERSION, ZLIB)) + sizes + head + zlib.compress(body, 9)
    return Encoded(segment_name(data), data)


def _head(rows: Sequence[Snapshot]) -> tuple[object, ...]:
    machines: dict[str, list[Snapshot]] = {}
    for row in rows:
        machines.setdefault(row.machine, []).append(row)
    groups = tuple(
        (bytes.fromhex(machine), len(found), str(refname.of(found[0])), str(refname.of(found[-1])),
         max(row.created_at for row in found))
        for machine, found in machines.items()
    )  # fmt: skip
    return bytes.fromhex(rows[0].repository) if rows else b"\0" * 16, groups


def _body(rows: Sequence[Snapshot], checksums: Sequence[bytes]) -> tuple[object, ...]:
    tables = Tables()
    texts = [tables.place(row) for row in rows]
    salts = [refname.salt_of(refname.of(row)) for row in rows]
    places = {(row.machine, row.id): number for number, row in enumerate(rows)}
    links: list[int] = []
    depths: list[int] = []
    elsewhere, anchors = [], []
    for number, row in enumerate(rows):
        depths.append(0)
        before = None if row.previous is None else places.get((row.machine, row.previous.id))
        if row.previous is None:
            links.append(NONE)
        elif before is None or before >= number or checksums[before] != row.previous.checksum:
            links.append(ELSEWHERE)
            elsewhere.append((number, bytes.fromhex(row.previous.id), row.previous.checksum))
        else:
            links.append(number - before + 1)
            depths[number] = (depths[before] + 1) % _DEEPEST
            if depths[number] == 0:
                anchors.append((number, row.previous.checksum))
    return (
        columns.encode(columns.steps([row.sequence for row in rows])),
        columns.encode(columns.steps([row.created_at // MINUTE for row in rows])),
        columns.encode(row.created_at % MINUTE for row in rows),
        columns.encode(
            0 if salt is None else (salt - identity.salt(row)) % refname.SALTS
            for salt, row in zip(salts, rows, strict=True)
        ),
        tuple((number, bytes.fromhex(rows[number].id)) for number, salt in enumerate(salts) if salt is None),
        columns.encode(links),
        tuple(elsewhere),
        tuple(anchors),
        tuple(columns.encode(columns.steps(column)) for column in zip(*texts, strict=True)),
        tables.value(),
    )


def decode_head(data: bytes, name: str) -> Head:
    """Returns what a segment's head says.

    Raises:
        CorruptError: It is torn, changed, or another segment.
        FormatVersionError: A newer version wrote it.
    """
    return _parts(data, name)[0]


def decode(data: bytes, name: str) -> Segment:
    """Returns a segment, every byte of its file checked; raises as `decode_head`."""
    head, body = _parts(data, name)
    return Segment(head, unpack(_inflate(body, int.from_bytes(data[10:HEADER], "big")), BODY_LIMIT))


def _parts(data: bytes, name: str) -> tuple[Head, bytes]:
    if len(data) < HEADER or data[:4] != MAGIC:
        raise CorruptError("the file is damaged: it is cut short, or it is not a segment")
    if segment_name(data) != name:
        raise CorruptError("the file is damaged: its content does not match its name")
    if data[4] != VERSION or data[5] != ZLIB:
        raise FormatVersionError(
            f"the file has format {data[4]}, compression {data[5]}; this version of cortex cannot read them",
            hint="use the version of cortex that wrote the file, or a newer one",
        )
    end = HEADER + int.from_bytes(data[6:10], "big")
    match unpack(data[HEADER:end], BODY_LIMIT):
        case (bytes(repository), tuple(groups)) if len(repository) == 16 and end <= len(data):  # noqa: PLR2004
            return Head(repository.hex(), _groups(groups)), data[end:]
        case _:
            pass
    raise CorruptError("the file is damaged: its head cannot be read")


def _groups(values: tuple[object, ...]) -> tuple[Group, ...]:
    found: list[Group] = []
    start = 0
    for value in values:
        match value:
            case (bytes(machine), int(count), str(first), str(last), int(latest)) if count > 0 and len(machine) == 16:  # noqa: PLR2004
                names = refname.parse(first), refname.parse(last)
                if names[0] is not None and names[1] is not None and names[0] <= names[1]:
                    found.append(Group(machine.hex(), start, count, names[0], names[1], latest))
                    start += count
                    continue
            case _:
                pass
        raise CorruptError("the file is damaged: its list of machines cannot be read")
    if start > ROWS_LIMIT or [group.machine for group in found] != sorted({group.machine for group in found}):
        raise CorruptError("the file is damaged: its list of machines is out of order")
    return tuple(found)


def _inflate(data: bytes, length: int) -> bytes:
    if length > BODY_LIMIT:
        raise CorruptError(f"the file is damaged: its header says {length} bytes, and {BODY_LIMIT} are allowed")
    body = inflate(data, length)
    if len(body) != length:
        raise CorruptError(f"the file is damaged: it has {len(body)} bytes, and its header says {length}")
    return body
