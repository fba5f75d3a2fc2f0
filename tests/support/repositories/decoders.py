"""Every function that takes bytes or text from outside, with what it may raise and something good to begin from."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import answers, artifacts, canonical, objects, records, refs, removed, slots
from cortexrepo.codec.hashing import DIGEST, checksum, object_id, pack_name, segment_name
from cortexrepo.codec.packed import blocks, compression, packs, segments, table_changes
from cortexrepo.ecosystems.apt import versions as debversion
from cortexrepo.ecosystems.apt.database import marks, status
from cortexrepo.ecosystems.npm import origin as nodeorigin
from cortexrepo.ecosystems.npm import versions as semver
from cortexrepo.ecosystems.pip import metadata as dist_metadata
from cortexrepo.errors import CorruptError, FormatVersionError, RequestError
from cortexrepo.importing import legacy
from cortexrepo.machine import stamped
from cortexrepo.machine.notes import StampedNotes
from cortexrepo.model import refname, revision, when
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import Manifest, Package
from support.repositories import golden

if TYPE_CHECKING:
    from collections.abc import Callable

DATA = Path(__file__).resolve().parents[2] / "data/formats/v1"
DAMAGE = (CorruptError, FormatVersionError)


class Decoder(NamedTuple):
    """What to feed, what it may raise, and seeds."""

    feed: Callable[[bytes], object]
    raises: tuple[type[Exception], ...]
    seeds: tuple[bytes, ...]


def _stamped() -> bytes:
    """Returns notes as the process of a user sends them."""
    notes = StampedNotes()
    notes.see("/")
    notes.see("/nowhere/at/all")
    notes.resolved["/a"], notes.links["/l"] = "/b", ""
    return notes.stamped()


def _text(call: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: call(data.decode("utf-8", "surrogateescape"))


def _resealed(decode: Callable[[bytes], object], kind: int) -> Callable[[bytes], object]:
    """Takes the bytes as a body and closes it with a good checksum, which must not be what saves the decoder."""

    def feed(data: bytes) -> object:
        head = records.MAGIC + bytes((records.VERSION, kind)) + len(data).to_bytes(4, "big") + data
        return decode(head + checksum(head))

    return feed


def _reframed(data: bytes) -> object:
    """Takes the bytes as an object's content under the id that they have."""
    head = objects.MAGIC + bytes((objects.VERSION, objects.MANIFEST, objects.STORED)) + len(data).to_bytes(4, "big")
    return objects.decode(head + data, object_id("manifest", data))


def _behind(record: bytes) -> object:
    """Takes a record as what stands behind a content of 768 bytes."""
    return artifacts.decode_trailer(record + len(record).to_bytes(4, "big"), 768 + len(record) + 4)


def _packed(data: bytes) -> object:
    """Takes the bytes as a pack's file, under the name that they have."""
    return list(packs.decode(data, pack_name(data)).contents())


def _headed(data: bytes) -> object:
    """Takes the bytes as the head of a pack whose blocks are good."""
    start = packs.HEADER + int.from_bytes(_PACK.data[6 : packs.HEADER], "big")
    whole = _PACK.data[:6] + len(data).to_bytes(4, "big") + data + _PACK.data[start:]
    return [pack.find(ObjectId("ab" * 32)) for pack in (packs.salvage(whole), packs.decode(whole, pack_name(whole)))]


def _block(data: bytes, kind: int) -> object:
    """Takes the bytes as the content of a block."""
    frame = compression.compress(data)
    count = next(block.objects for block in _FOUND.blocks if block.kind == kind)
    block = blocks.Block(kind, count, (blocks.Frame(len(frame), len(data)),))
    reader = blocks.decode(block, frame)
    return [reader.read(place) for place in reversed(range(len(reader)))]


def _content(kind: int) -> bytes:
    """Returns the content of the golden pack's block of a kind."""
    number = next(number for number, block in enumerate(_FOUND.blocks) if block.kind == kind)
    data, at = _FOUND.bytes_of(number), 0
    content = b""
    for frame in _FOUND.blocks[number].frames:
        content += compression.decompress(data[at : at + frame.packed], frame.length)
        at += frame.packed
    return content


def _table_block(data: bytes) -> object:
    """Takes the bytes as the content of a block of tables."""
    frame = compression.compress(data)
    block = blocks.Block(blocks.TABLES, len(golden.TABLES), (blocks.Frame(len(frame), len(data)),))
    reader = blocks.decode(block, frame)
    return [reader.read(place) for place in reversed(range(len(reader)))]


def _tables_as_changes() -> bytes:
    """Returns the content of a block of the golden tables."""
    changes = table_changes.TableChanges()
    for table in golden.TABLES:
        changes.add(objects.content(slots.encode(slots.rows_of(table)).frame))
    return blocks.MARK + b"".join(len(column).to_bytes(4, "big") + column for column in changes.columns())


def _rows(data: bytes) -> object:
    """Takes the bytes as a segment's file, under the name that they have, and looks at all that is in it."""
    segment = segments.decode(data, segment_name(data))
    return [
        (segment.names(group), segment.slots(row), segment.snapshot(group, row))
        for group in segment.head.groups
        for row in range(group.start, group.start + group.rows)
    ]


def _segment(head: bytes, body: bytes) -> bytes:
    sizes = len(head).to_bytes(4, "big") + len(body).to_bytes(4, "big")
    return segments.MAGIC + bytes((segments.VERSION, segments.ZLIB)) + sizes + head + zlib.compress(body)


def _golden(name: str) -> bytes:
    return (DATA / name).read_bytes()


def _body(name: str) -> bytes:
    return _golden(name)[records.HEADER : -DIGEST]


def _grown(data: bytes) -> object:
    """Takes the bytes as a note about removed snapshots, and notes some more."""
    return removed.encode(removed.decode(data).plus([0, 5, refname.HIGHEST], ()).minus([5, 6]))


def _mark(data: bytes) -> object:
    return records.decode_mark(records.TAG, data)


_PACK = golden.pack()
_FOUND = packs.decode(_PACK.data, _PACK.name)
_REFS = [segments.Ref(refs.decode(data), refs.checksum_of(data)) for data in map(_golden, ("ref-first", "ref-second"))]
_SEGMENT = segments.encode(_REFS).data
_HEAD_END = segments.HEADER + int.from_bytes(_SEGMENT[6:10], "big")
_HEAD, _BODY = _SEGMENT[segments.HEADER : _HEAD_END], zlib.decompress(_SEGMENT[_HEAD_END:])
_IDENTITY = ObjectId(_golden("object.id").decode().strip())

_ANSWER = Reading("pip", "/a", "ok", Manifest.of("pip", [Package("a", "", "1", 0, (("k", "v"),))]), "", (("k", "v"),))
_FAILURE = Reading("npm", "/a", "failed", None, "why")

_BEHIND = DIGEST + 4
_ARTIFACT = _golden("artifact")[768 + records.HEADER :]

DECODERS = {
    "object": Decoder(lambda data: objects.decode(data, _IDENTITY), DAMAGE, (_golden("object"),)),
    "object content": Decoder(_reframed, DAMAGE, (objects.content(_golden("object")),)),
    "artifact": Decoder(lambda data: artifacts.decode_trailer(data, len(data)), DAMAGE, (_golden("artifact"),)),
    "artifact body": Decoder(_resealed(_behind, records.ARTIFACT), DAMAGE, (_ARTIFACT[:-_BEHIND],)),
    "ref": Decoder(refs.decode, DAMAGE, (_golden("ref-first"), _golden("ref-second"))),
    "ref body": Decoder(_resealed(refs.decode, records.REF), DAMAGE, (_body("ref-first"), _body("ref-second"))),
    "config body": Decoder(_resealed(records.decode_config, records.CONFIG), DAMAGE, (_body("config-link"),)),
    "removed body": Decoder(_resealed(_grown, records.REMOVED), DAMAGE, (_body("removed"),)),
    "answer": Decoder(answers.read_reading, DAMAGE, (answers.reading(_ANSWER), answers.reading(_FAILURE))),
    "evidence": Decoder(stamped.evidence, (ValueError,), (_stamped(),)),
    "tag body": Decoder(_resealed(_mark, records.TAG), DAMAGE, (_body("tag"),)),
    "pack": Decoder(_packed, DAMAGE, (_PACK.data,)),
    "pack head": Decoder(_headed, DAMAGE, (_PACK.data[packs.HEADER :][: int.from_bytes(_PACK.data[6:10], "big")],)),
    "block of changes": Decoder(lambda data: _block(data, blocks.CHANGES), DAMAGE, (_content(blocks.CHANGES),)),
    "block of objects": Decoder(lambda data: _block(data, blocks.WHOLE), DAMAGE, (_content(blocks.WHOLE),)),
    "table of slots": Decoder(lambda data: slots.decode(data, {}), DAMAGE, (objects.content(_golden("table")),)),
    "block of tables": Decoder(_table_block, DAMAGE, (_tables_as_changes(),)),
    "segment": Decoder(_rows, DAMAGE, (_SEGMENT,)),
    "segment head": Decoder(lambda data: _rows(_segment(data, _BODY)), DAMAGE, (_HEAD,)),
    "segment body": Decoder(lambda data: _rows(_segment(_HEAD, data)), DAMAGE, (_BODY,)),
    "long object": Decoder(
        lambda data: canonical.unpack_table(data, objects.TABLE._replace(row=80)),
        DAMAGE,
        (objects.content(_golden("object")),),
    ),
    "canonical": Decoder(
        lambda data: canonical.unpack(data, 1 << 20), DAMAGE, (_body("ref-first"), b"\x93\x01\xa1a\xc0")
    ),
    "ref name": Decoder(_text(refname.parse), (), (b"acd8f14b" * 4 + b"-00000001-00001a208b0-" + b"19" * 16,)),
    "revision": Decoder(_text(revision.parse), (RequestError,), (b"latest~2", b"@{2 weeks ago}", b"a1b2..live")),
    "range": Decoder(_text(revision.split_range), (RequestError,), (b"a..b", b"@{2026-03-01}..latest")),
    "date": Decoder(
        _text(lambda text: when.parse_when(text, 1_700_000_000_000)),
        (RequestError,),
        (b"last monday", b"2026-03-01 12:00"),
    ),
    "duration": Decoder(
        _text(lambda text: when.parse_length(text, 1_700_000_000_000)), (RequestError,), (b"14d", b"2 weeks")
    ),
    "dpkg status": Decoder(
        lambda data: status.parse(data, "status"),
        (),
        (b"Package: bash\nEssential: yes\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2-1\n\n",),
    ),
    "apt marks": Decoder(
        lambda data: marks.marks(data, "marks"), (), (b"Package: bash\nArchitecture: amd64\nAuto-Installed: 1\n\n",)
    ),
    "direct_url.json": Decoder(
        dist_metadata.direct_url,
        (ValueError,),
        (b'{"url": "https://a:b@c/d.git", "vcs_info": {"vcs": "git", "commit_id": "e"}}',),
    ),
    "metadata.json": Decoder(
        lambda data: legacy.parse("x", data),
        (),
        (
            b'{"id": "x", "timestamp": "2025-12-22T15:00:00.25", "packages": {"apt": [{"name": "a", "version": "1"}]}}',
            b'{"timestamp": "2025-12-22T15:00:00", "packages": {"npm": []}, "system_info": {"kernel": "6"}}',
        ),
    ),
    "URL": Decoder(_text(dist_metadata.without_credentials), (), (b"https://me:secret@host/a?token=b#c",)),
    "npm address": Decoder(
        _text(lambda text: nodeorigin.outside_registry({}, text, "a")), (), (b"git+ssh://git@host/a.git#b",)
    ),
    "Debian version": Decoder(
        _text(lambda text: debversion.compare(*text.partition(" ")[::2])), (), (b"1:2.0~rc1-1 1:2.0-1",)
    ),
    "npm version": Decoder(_text(lambda text: semver.compare(*text.partition(" ")[::2])), (), (b"1.2.3-beta.1 1.2.3",)),
}
