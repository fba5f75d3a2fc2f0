"""The second reader and the product agree on each value that is changed at one place and sealed again."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.repositories import altered

from cortexrepo.codec import artifacts, objects, records, refs, removed, slots
from cortexrepo.codec.packed import packs, segments
from cortexrepo.codec.packed.compression import compress
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.repository.artifacts.artifacts import name_of
from reader import artifacts as second_artifacts
from reader import objects as second_objects
from reader import packs as second_packs
from reader import records as second_records
from reader import refs as second_refs
from reader import segments as second_segments
from reader.repository import content
from reader.values import DamagedError, NewerError, digest, packed, unpacked

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parents[1] / "data" / "formats" / "v1"


class Kind(NamedTuple):
    """A value of version 1, how it becomes a file, and what the two read from that: what they find, comparable."""

    value: list[object]
    seal: Callable[[object], bytes]
    product: Callable[[bytes], object]
    second: Callable[[bytes], object]


def data(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def record(file: str, kind: int, product: Callable[[bytes], object], second: Callable[[bytes], object]) -> Kind:
    value = second_records.body(data(file), kind)
    assert isinstance(value, list)
    return Kind(value, lambda made: second_records.record(kind, made), product, second)


def mark(kind: int) -> Kind:
    def product(sealed: bytes) -> object:
        found = records.decode_mark(kind, sealed)
        return found.name, bytes.fromhex(found.snapshot), found.made_at, found.extensions

    return record("tag" if kind == records.TAG else "mark", kind, product, lambda one: second_records.named(one, kind))


def note() -> Kind:
    def product(sealed: bytes) -> object:
        found = removed.decode(sealed)
        if f"{found.machine}-{found.origin}" != name:
            raise CorruptError("of another machine")
        return bytes.fromhex(found.machine), bytes.fromhex(found.origin), *found[2:]

    made = record("removed", records.REMOVED, product, lambda one: second_records.removed(one, name))
    machine, origin = made.value[:2]
    assert isinstance(machine, bytes)
    assert isinstance(origin, bytes)
    name = f"{machine.hex()}-{origin.hex()}"
    return made


def configuration() -> Kind:
    def product(sealed: bytes) -> object:
        found = records.decode_config(sealed)
        return bytes.fromhex(found.repository), *found[1:]

    return record("config-rename", records.CONFIG, product, second_records.configuration)


def ref() -> Kind:
    def product(sealed: bytes) -> object:
        found = refs.decode(sealed)
        return refname.of(found), refs.encode(found)

    def second(sealed: bytes) -> object:
        found = second_refs.from_value(second_records.body(sealed, records.REF))
        return found.name, sealed

    return record("ref-second", records.REF, product, second)


def manifest() -> Kind:
    def product(raw: bytes) -> object:
        found = objects.manifest(raw)
        return found.ecosystem, tuple(map(tuple, found.packages))

    def second(raw: bytes) -> object:
        found = second_objects.manifest(raw)
        return found.ecosystem, tuple(map(tuple, found.rows))

    value = unpacked(second_objects.raw_bytes(data("object"), bytes.fromhex(data("object.id").decode())).raw)
    assert isinstance(value, list)
    return Kind(value, packed, product, second)


def table() -> Kind:
    def product(raw: bytes) -> object:
        return [refs.slot_row(slot) for slot in slots.decode(raw, {})]

    def second(raw: bytes) -> object:
        return list(map(tuple, second_objects.table(raw)))

    value = unpacked(second_objects.raw_bytes(data("table"), bytes.fromhex(data("table.id").decode())).raw)
    assert isinstance(value, list)
    return Kind(value, packed, product, second)


def artifact() -> Kind:
    whole = data("artifact")
    content = whole[: -4 - int.from_bytes(whole[-4:], "big")]

    def seal(made: object) -> bytes:
        trailer = second_records.record(records.ARTIFACT, made)
        return content + trailer + len(trailer).to_bytes(4, "big")

    def product(sealed: bytes) -> object:
        found = artifacts.decode_trailer(sealed[-artifacts.TRAILER_LIMIT :], len(sealed))
        hasher = artifacts.hasher()
        hasher.update(sealed[: found.size])
        if name_of(found) != name or hasher.hexdigest() != found.content:
            raise CorruptError("another artifact")
        return tuple(found[:5]), found.size, found.origin

    def second(sealed: bytes) -> object:
        found = second_artifacts.artifact(sealed, name)
        return tuple(found[:5]), found.size, found.origin

    name = data("artifact.name").decode()
    value = second_records.body(whole[len(content) : -4], records.ARTIFACT)
    assert isinstance(value, list)
    return Kind(value, seal, product, second)


def segment() -> Kind:
    whole = data("segment")
    end = segments.HEADER + int.from_bytes(whole[6:10], "big")

    def seal(made: object) -> bytes:
        parts = [packed(part) for part in made] if isinstance(made, list) and len(made) == 2 else [b"", b""]
        sizes = b"".join(len(part).to_bytes(4, "big") for part in parts)
        return whole[:6] + sizes + parts[0] + zlib.compress(parts[1], 1)

    def product(sealed: bytes) -> object:
        found = segments.decode(sealed, digest("segment", sealed).hex())
        rows = [(group, row) for group in found.head.groups for row, _ in enumerate(found.names(group), group.start)]
        return [refs.encode(found.snapshot(*row)) for row in rows]

    def second(sealed: bytes) -> object:
        return [row.file for row in second_segments.segment(sealed, digest("segment", sealed).hex())]

    return Kind([unpacked(whole[segments.HEADER : end]), unpacked(zlib.decompress(whole[end:]))], seal, product, second)


def pack(name: str = "pack") -> Kind:
    whole = data(name)
    start = 10 + int.from_bytes(whole[6:10], "big")
    value = unpacked(whole[10:start])
    assert isinstance(value, list)

    def seal(made: object) -> bytes:
        head = packed(made)
        return whole[:6] + len(head).to_bytes(4, "big") + head + whole[start:]

    return Kind(value, seal, product_objects, second_objects_of)


def product_objects(sealed: bytes) -> tuple[str | None, list[bytes]]:
    """Returns the objects that can be read from a pack, and what is wrong with it, as the product says."""
    wrong, found = set(), []
    try:
        pack = packs.decode(sealed, digest("pack", sealed).hex())
    except CorruptError:
        wrong.add("damaged")
        pack = packs.salvage(sealed)
    for number, beginnings in enumerate(pack.block_beginnings()):
        for place, beginning in enumerate(beginnings):
            try:
                content = pack.open(number).read(place)
                if packs.identify(content).startswith(beginning.hex()):
                    found.append(content.raw)
                    checked(content)
                else:
                    wrong.add("damaged")
            except CorruptError:
                wrong.add("damaged")
            except FormatVersionError:
                wrong.add("newer")
    return min(wrong, default=None), found


def checked(found: objects.Content) -> None:
    """Raises CorruptError for an object that is not what its type says."""
    if found.type == objects.SLOTS:
        slots.decode(found.raw, {})
    else:
        objects.manifest_in(found)


def second_objects_of(sealed: bytes) -> tuple[str | None, list[bytes]]:
    """Returns the same, as the second reader says."""
    found = second_packs.pack(sealed, digest("pack", sealed).hex())
    wrong = {found.wrong} - {None}
    for thing in found.objects.values():
        try:
            content(thing)
        except DamagedError:
            wrong.add("damaged")
    return min((one for one in wrong if one), default=None), [thing.raw for thing in found.objects.values()]


def said(read: Callable[[bytes], object], sealed: bytes) -> object:
    try:
        return read(sealed)
    except (CorruptError, DamagedError):
        return "damaged"
    except (FormatVersionError, NewerError):
        return "newer"


KINDS: dict[str, Callable[[], Kind]] = {
    "tag": lambda: mark(records.TAG),
    "mark": lambda: mark(records.MARK),
    **{made.__name__: made for made in (note, configuration, ref, manifest, table, artifact, segment, pack)},
    "pack of tables": lambda: pack("pack-tables"),
}


@pytest.mark.parametrize("name", KINDS)
def test_both_read_or_refuse_a_value_that_is_changed_at_one_place(
    name: str, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    kind = KINDS[name]()
    assert said(kind.product, kind.seal(kind.value)) == said(kind.second, kind.seal(kind.value))
    counts = {"values": 0, "read": 0, "newer": 0}
    for change, value in altered.values(kind.value):
        try:
            sealed = kind.seal(value)
        except OverflowError:
            continue  # an integer that no msgpack has
        ours, theirs = said(kind.product, sealed), said(kind.second, sealed)
        assert ours == theirs, f"{change}: {ours!r:.300} / {theirs!r:.300}"
        counts["values"] += 1
        counts["newer"] += ours == "newer"
        counts["read"] += not isinstance(ours, str)
    assert 0 < counts["read"] < counts["values"]
    tell_counts(counts)


@pytest.mark.parametrize("bits", [1, 128])
def test_both_read_the_same_from_a_segment_whose_body_is_changed_at_one_byte(bits: int) -> None:
    kind, whole = segment(), data("segment")
    end = segments.HEADER + int.from_bytes(whole[6:10], "big")
    body = zlib.decompress(whole[end:])
    for place, byte in enumerate(body):
        changed = body[:place] + bytes((byte ^ bits,)) + body[place + 1 :]
        sealed = whole[:end] + zlib.compress(changed, 1)
        assert said(kind.product, sealed) == said(kind.second, sealed), place


@pytest.mark.parametrize("bits", [1, 16, 128])
@pytest.mark.parametrize(("name", "kind"), [("pack", 1), ("pack-tables", 2)])
def test_both_read_the_same_from_a_block_that_is_changed_at_one_byte(name: str, kind: int, bits: int) -> None:
    whole = data(name)
    start = 10 + int.from_bytes(whole[6:10], "big")
    blocks, beginnings = second_packs.head(whole[10:start])
    [own] = [block for block in blocks if block.kind == kind]
    at = start + sum(second_packs.taken(block) for block in blocks[: blocks.index(own)])
    held = 3 * sum(block.objects for block in blocks[: blocks.index(own)])
    beginnings = beginnings[held : held + 3 * own.objects]
    whole_content = b""
    for length, size in own.frames:
        whole_content += second_packs.frame(whole[at : at + length], size)
        at += length
    for place, byte in enumerate(whole_content):
        changed = whole_content[:place] + bytes((byte ^ bits,)) + whole_content[place + 1 :]
        frame = compress(changed)
        head = packed([[[kind, own.objects, [len(frame), len(changed)]]], beginnings])
        sealed = whole[:6] + len(head).to_bytes(4, "big") + head + frame
        assert said(product_objects, sealed) == said(second_objects_of, sealed), place
