"""Segments: many refs in one file, column by column. Each ref file comes out of it again, byte for byte.

Segment: magic `89 43 58 53` | format version (1) | compression (1 zlib) | head length, raw body length (4 bytes each,
big endian) | head | body, compressed. Head and body are canonical msgpack; a segment's name is a digest over its file.

Head: for each machine, and each repository in which its snapshots were made, both ids, the number of refs, the
sequence numbers and moments of the first and the last, the latest moment. Body: columns, exceptions and tables. Nothing
is stored that follows from the rest: an id, the link to the snapshot before where that is here too, and its checksum;
that is stated after every 256 links all the same, so that no reader has to work through a whole segment.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, cast

from cortexrepo.codec import identity
from cortexrepo.codec.canonical import fits, pack, unpack
from cortexrepo.codec.deflate import inflate
from cortexrepo.codec.hashing import segment_name
from cortexrepo.codec.packed import columns
from cortexrepo.codec.packed.rows import ELSEWHERE, MINUTE, NONE, Group, Head, Segment
from cortexrepo.codec.packed.tables import Tables
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.model.snapshot import Snapshot

    _Machine = tuple[bytes, bytes, int, int, int, int, int, int]

MAGIC = b"\x89CXS"
VERSION = 1
ZLIB = 1
HEADER = 14
ROWS_LIMIT = 1 << 14
"""A segment may not hold more refs."""
BODY_LIMIT = 1 << 23
FILE_LIMIT = BODY_LIMIT + (1 << 16)
_DEEPEST, _ID = 256, 16


class Ref(NamedTuple):
    """A ref to be put into a segment: its snapshot, and the checksum of its file."""

    snapshot: Snapshot
    checksum: bytes


class Encoded(NamedTuple):
    """A segment ready to be stored."""

    name: str
    data: bytes


def encode(refs: Iterable[Ref]) -> Encoded:
    """Returns the segment of these refs, in any order.

    Raises:
        ValueError: There are too many, or they are too large together.
    """
    rows = sorted(refs, key=lambda ref: (ref.snapshot.machine, ref.snapshot.origin, refname.of(ref.snapshot)))
    snapshots = [row.snapshot for row in rows]
    body = pack(_body(snapshots, [row.checksum for row in rows]))
    if len(rows) > ROWS_LIMIT or len(body) > BODY_LIMIT:
        raise ValueError(f"{len(rows)} refs of {len(body)} bytes are more than a segment may hold")
    head = pack(_head(snapshots))
    sizes = len(head).to_bytes(4, "big") + len(body).to_bytes(4, "big")
    data = MAGIC + bytes((VERSION, ZLIB)) + sizes + head + zlib.compress(body, 9)
    return Encoded(segment_name(data), data)


def _head(rows: Sequence[Snapshot]) -> tuple[object, ...]:
    groups: dict[tuple[str, str], list[Snapshot]] = {}
    for row in rows:
        groups.setdefault((row.machine, row.origin), []).append(row)
    return tuple(
        (bytes.fromhex(machine), bytes.fromhex(origin), len(found), found[0].sequence, found[0].created_at,
         found[-1].sequence, found[-1].created_at, max(row.created_at for row in found))
        for (machine, origin), found in groups.items()
    )  # fmt: skip


def _body(rows: Sequence[Snapshot], checksums: Sequence[bytes]) -> tuple[object, ...]:
    tables = Tables()
    texts = [tables.place(row) for row in rows]
    places = {(row.machine, row.origin, row.id): number for number, row in enumerate(rows)}
    links: list[int] = []
    depths: list[int] = []
    elsewhere, anchors = [], []
    for number, row in enumerate(rows):
        depths.append(0)
        before = None if row.previous is None else places.get((row.machine, row.origin, row.previous.id))
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
    groups = unpack(data[HEADER:end], BODY_LIMIT)
    if isinstance(groups, tuple) and end <= len(data):
        return Head(_groups(groups)), data[end:]
    raise CorruptError("the file is damaged: its head cannot be read")


def _groups(values: tuple[object, ...]) -> tuple[Group, ...]:
    found: list[Group] = []
    start = 0
    for value in values:
        if not fits(value, bytes, bytes, int, int, int, int, int, int):
            raise CorruptError("the file is damaged: its list of machines cannot be read")
        found.append(_group(start, cast("_Machine", value)))
        start += found[-1].rows
    places = [(group.machine, group.origin) for group in found]
    if start > ROWS_LIMIT or places != sorted(set(places)):
        raise CorruptError("the file is damaged: its list of machines is out of order")
    return tuple(found)


def _group(start: int, value: _Machine) -> Group:
    machine, origin, rows, first, began, last, ended, latest = value
    ends = refname.rank(first, began), refname.rank(last, ended)
    if not (
        len(machine) == len(origin) == _ID
        and rows > 0
        and ends[0] <= ends[1]
        and 0 <= min(first, last) <= max(first, last) <= refname.HIGHEST
        and 0 <= min(began, ended) <= max(began, ended) <= latest < refname.END
    ):
        raise CorruptError("the file is damaged: its list of machines cannot be read")
    own, key = machine.hex(), identity.key(origin.hex(), machine.hex())
    names = refname.made(own, key, (first, last), (began, ended))
    return Group(own, origin.hex(), key, start, rows, names[0], names[1], latest)


def _inflate(data: bytes, length: int) -> bytes:
    if length > BODY_LIMIT:
        raise CorruptError(f"the file is damaged: its header says {length} bytes, and {BODY_LIMIT} are allowed")
    body = inflate(data, length)
    if len(body) != length:
        raise CorruptError(f"the file is damaged: it has {len(body)} bytes, and its header says {length}")
    return body
