"""Packs, blocks and columns that nobody may write: each is refused with words about it, and nothing large is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cortexrepo.codec.canonical import pack
from cortexrepo.codec.hashing import pack_name
from cortexrepo.codec.objects import MANIFEST, RAW_LIMIT, Content
from cortexrepo.codec.packed import blocks, changes, columns, packs, writer
from cortexrepo.codec.packed.blocks import Block, Frame
from cortexrepo.codec.packed.compression import compress
from cortexrepo.codec.packed.replay import Replay
from cortexrepo.errors import CorruptError, FormatVersionError

if TYPE_CHECKING:
    from collections.abc import Sequence

NAMES = (
    "starts", "ecosystems", "lengths", "keys", "values", "flags", "arches", "counts", "kinds", "gaps", "cuts", "steps",
    "drops", "texts", "shared", "names", "versions",
)  # fmt: skip
TEXTS = {"ecosystems", "keys", "values", "arches", "texts", "names", "versions"}
ROWS = (
    ("bash", "amd64", "5.2-1", 0, ()),
    ("libc6", "amd64", "2.36-9", 1, (("state", "half"),)),
    ("tar", "", "1", 0, ()),
)
LATER = (("bash", "amd64", "5.2-2", 0, ()), ("tar", "", "1", 0, ()), ("zlib1g", "", "1", 0, ()))
GOOD = [pack(("apt", ROWS)), pack(("apt", LATER))]


def good() -> dict[str, Any]:
    """Returns the columns of two manifests, as values."""
    return {
        "starts": [0, 1], "ecosystems": ["apt"], "lengths": [0, 1, 0, 0], "keys": ["state"], "values": ["half"],
        "flags": [0, 1, 0, 0], "arches": ["amd64", "amd64", "", ""], "counts": [3, 3], "kinds": [1, 1, 1, 2, 0, 1],
        "gaps": [0, 0, 0, 0, 0, 1], "cuts": [1], "steps": [1], "drops": [0], "texts": [""], "shared": [0, 0, 0, 0],
        "names": ["bash", "libc6", "tar", "zlib1g"], "versions": ["5.2-1", "2.36-9", "1", "1"],
    }  # fmt: skip


def encoded(**other: object) -> list[bytes]:
    found = good() | other
    return [
        value if isinstance(value := found[name], bytes)
        else columns.encode_texts(value) if name in TEXTS else columns.encode(value)
        for name in NAMES
    ]  # fmt: skip


def read(found: Sequence[bytes], count: int = 2) -> list[bytes]:
    reader = Replay(found, count)
    return [reader.content(place) for place in range(count)]


def test_good_columns_are_those_that_a_writer_makes() -> None:
    block = changes.Changes()
    assert [block.add(raw) for raw in GOOD] == [True, True]
    assert list(block.columns()) == encoded()
    assert read(encoded()) == GOOD


BAD: dict[str, tuple[dict[str, object], str]] = {
    "a first manifest that starts from another": ({"starts": [1, 1], "ecosystems": []}, "begins with one"),
    "a start of another kind": ({"starts": [0, 2]}, "too large"),
    "too few starts": ({"starts": [0]}, "2 numbers"),
    "too many counts": ({"counts": [3, 2, 1]}, "2 numbers"),
    "more changes than kinds": ({"counts": [3, 4]}, "7 numbers"),
    "too many changes": ({"counts": [3, 1 << 40]}, "changes"),
    "a kind that is too large": ({"kinds": [1, 1, 1, 32, 0, 1]}, "too large"),
    "a row that comes and is another": ({"kinds": [1, 1, 1, 3, 0, 1]}, "no kind"),
    "too few ecosystems": ({"ecosystems": []}, "1 texts"),
    "too many ecosystems": ({"ecosystems": ["apt", "pip"]}, "1 texts"),
    "a column of texts without an end": ({"names": b"bash\xfflibc6\xfftar\xffzlib1g"}, "4 texts"),
    "bytes behind the texts": ({"names": b"bash\xfflibc6\xfftar\xffzlib1g\xffx"}, "4 texts"),
    "a text that is no text": ({"names": b"bash\xfflibc6\xfftar\xff\xc3\xff"}, "UTF-8"),
    "a version that is no text": ({"texts": b"\xc3\xff"}, "UTF-8"),
    "a width of no number": ({"gaps": b"\x03" + bytes(18)}, "cannot be read"),
    "a gap beyond the rows": ({"gaps": [0, 0, 0, 9, 0, 0]}, "not there"),
    "a gap beyond the rows, and a row that comes": ({"gaps": [0, 0, 0, 0, 0, 9]}, "no row is"),
    "one row more that goes than is there": ({"counts": [2, 4], "kinds": [1, 1, 1, 0, 0, 0], "cuts": [], "steps": [],
        "drops": [], "texts": [], "starts": [0, 1], "shared": [0] * 3, "names": ["a", "b", "c"], "versions": ["1"] * 3,
        "arches": [""] * 3, "flags": [0] * 3, "lengths": [0, 1, 0], "gaps": [0] * 6}, "not there"),
    "a cut beyond the version": ({"cuts": [6]}, "cut off"),
    "a number where none is": ({"cuts": [2]}, "no number"),
    "a number at the end": ({"cuts": [0]}, "no number"),
    "a step that is too large": ({"steps": [1 << 16]}, "no number"),
    "a drop beyond the version": ({"drops": [1]}, "dropped"),
    "a name that shares more than is there": ({"shared": [0, 5, 0, 0]}, "shares more"),
    "more attributes than keys": ({"lengths": [0, 2, 0, 0]}, "2 texts"),
    "too many attributes": ({"lengths": [0, 1 << 40, 0, 0]}, "attributes"),
    "too few flags": ({"flags": [0, 1]}, "4 numbers"),
    "too few lengths": ({"lengths": [0, 1]}, "4 numbers"),
    "too few cuts": ({"cuts": []}, "1 numbers"),
    "too few shared": ({"shared": [0, 0]}, "4 numbers"),
    "too few arches": ({"arches": ["amd64", "amd64"]}, "4 texts"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_columns_that_do_not_fit_are_refused(name: str) -> None:
    other, text = BAD[name]
    with pytest.raises(CorruptError, match=text):
        read(encoded(**other))


@pytest.mark.parametrize("count", [0, 257])
def test_a_block_has_1_to_256_manifests(count: int) -> None:
    with pytest.raises(CorruptError, match="block of changes"):
        Replay(encoded(), count)


def test_a_block_has_17_columns() -> None:
    for found in (encoded()[:-1], [*encoded(), b"\x01"]):
        with pytest.raises(CorruptError, match="block of changes"):
            read(found)


def test_what_was_refused_is_refused_again() -> None:
    reader = Replay(encoded(cuts=[6]), 2)
    assert reader.content(0) == GOOD[0]
    for _ in range(2):
        with pytest.raises(CorruptError):
            reader.content(1)
    assert reader.content(0) == GOOD[0]


def test_names_that_grow_out_of_one_another_are_refused_before_they_are_large() -> None:
    count = 4096
    found = good()
    found |= {
        "starts": [0], "counts": [count], "kinds": [1] * count, "gaps": [0] * count, "cuts": [], "steps": [],
        "drops": [], "texts": [], "shared": [0, *range(RAW_LIMIT // 64, RAW_LIMIT // 64 + count - 1)],
        "names": ["x" * (RAW_LIMIT // 64), *["y"] * (count - 1)], "versions": [""] * count, "arches": [""] * count,
        "flags": [0] * count, "lengths": [0] * count, "keys": [], "values": [],
    }  # fmt: skip
    with pytest.raises(CorruptError, match="rows of more than"):
        read(encoded(**found), 1)


def test_a_manifest_that_is_larger_than_an_object_may_be_is_refused() -> None:
    found = encoded(versions=["5" * RAW_LIMIT, "2.36-9", "1", "1"], steps=[0], cuts=[0])
    with pytest.raises(CorruptError, match="are allowed"):
        read(found)


# -- blocks


def block(content: bytes, kind: int = blocks.WHOLE, count: int = 1) -> tuple[Block, bytes]:
    frame = compress(content)
    return Block(kind, count, (Frame(len(frame), len(content)),)), frame


WHOLE = bytes((MANIFEST,)) + (3).to_bytes(4, "big") + b"abc"


def test_whole_objects_are_read_back() -> None:
    reader = blocks.decode(*block(WHOLE * 2, count=2))
    assert [reader.read(place) for place in range(len(reader))] == [Content(MANIFEST, b"abc")] * 2
    assert reader.size() == 2 * len(WHOLE)


@pytest.mark.parametrize("content", [WHOLE[:-1], WHOLE + b"\x01", WHOLE[:3], WHOLE * 2])
def test_whole_objects_that_do_not_fit_are_refused(content: bytes) -> None:
    with pytest.raises(CorruptError):
        blocks.decode(*block(content))


def test_a_whole_object_is_no_larger_than_an_object_may_be() -> None:
    content = bytes((MANIFEST,)) + (RAW_LIMIT + 1).to_bytes(4, "big") + bytes(RAW_LIMIT + 1)
    with pytest.raises(CorruptError, match="longer than it may be"):
        blocks.decode(*block(content))


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_a_column_that_is_cut_short_is_refused(cut: int) -> None:
    content = b"".join(len(column).to_bytes(4, "big") + column for column in encoded())
    reader = blocks.decode(*block(content, blocks.CHANGES, 2))
    assert [reader.read(place).raw for place in range(2)] == GOOD
    with pytest.raises(CorruptError):
        blocks.decode(*block(content[:-cut], blocks.CHANGES, 2))


def test_a_block_of_changes_ends_with_its_last_column() -> None:
    content = b"".join(len(column).to_bytes(4, "big") + column for column in [*encoded(), b"\x01"])
    for bad in (content, content[: content.rindex(b"\x01") - 4] + b"\0\0\0\0"):
        with pytest.raises(CorruptError):
            blocks.decode(*block(bad, blocks.CHANGES, 2))


def test_a_frame_has_the_length_that_the_head_says() -> None:
    found, data = block(WHOLE)
    for length in (len(WHOLE) - 1, len(WHOLE) + 1):
        with pytest.raises(CorruptError):
            blocks.decode(found._replace(frames=(Frame(len(data), length),)), data)


def test_a_block_of_a_kind_that_nobody_knows_is_of_a_newer_version() -> None:
    with pytest.raises(FormatVersionError, match="kind 3"):
        blocks.decode(*block(b"", kind=3))


# -- packs


def file(head: object, data: bytes = b"", version: int = 1, compression: int = 1) -> bytes:
    packed = head if isinstance(head, bytes) else pack(head)
    return packs.MAGIC + bytes((version, compression)) + len(packed).to_bytes(4, "big") + packed + data


HEADS: dict[str, object] = {
    "no head": b"",
    "no canonical msgpack": b"\xd9\x01a",
    "no pair": ((),),
    "an object without a block": ((), b"abc"),
    "a block without an object": (((0, 0, (1, 1)),), b""),
    "too many objects in a block": (((0, 257, (1, 1)),), bytes(3 * 257)),
    "too few beginnings": (((0, 2, (1, 1)),), b"abc"),
    "half a frame": (((0, 1, (1,)),), b"abc"),
    "an empty frame": (((0, 1, (0, 1)),), b"abc"),
    "a frame without content": (((0, 1, (1, 0)),), b"abc"),
    "a length that is none": (((0, 1, (True, 1)),), b"abc"),
    "too much content": (((0, 1, (1, blocks.CONTENT_LIMIT + 1)),), b"abc"),
    "a kind below 0": (((-1, 1, (1, 1)),), b"abc"),
    "too many objects": (((0, 256, (1, 1)),) * 129, bytes(3 * 256 * 129)),
}


@pytest.mark.parametrize("name", HEADS)
def test_a_head_that_makes_no_sense_is_refused(name: str) -> None:
    data = file(HEADS[name], b"x")
    for decode in (packs.salvage, lambda data: packs.decode(data, pack_name(data))):
        with pytest.raises(CorruptError):
            decode(data)


def test_a_pack_may_have_32768_objects() -> None:
    head = (((0, 256, (1, 1)),) * 128, bytes(3 * packs.COUNT_LIMIT))
    assert len(packs.salvage(file(head))) == packs.COUNT_LIMIT


def test_a_pack_ends_where_its_head_says() -> None:
    made = writer.encode([Content(MANIFEST, raw) for raw in GOOD])
    for data in (made.data[:-1], made.data + b"x"):
        with pytest.raises(CorruptError, match="head says"):
            packs.decode(data, pack_name(data))


def test_a_head_that_is_too_long_or_cut_short_is_refused() -> None:
    for data in (file(bytes(packs.HEAD_LIMIT + 1)), file(((), b""))[:-1], packs.MAGIC):
        with pytest.raises(CorruptError):
            packs.salvage(data)


@pytest.mark.parametrize(("version", "compression"), [(2, 1), (0, 1), (1, 2), (1, 0)])
def test_another_version_or_compression_is_of_a_newer_version(version: int, compression: int) -> None:
    data = file(((), b""), b"", version, compression)
    for decode in (packs.salvage, lambda data: packs.decode(data, pack_name(data))):
        with pytest.raises(FormatVersionError, match=f"format {version}, compression {compression}"):
            decode(data)


def test_an_object_of_a_type_that_nobody_knows_is_of_a_newer_version() -> None:
    with pytest.raises(FormatVersionError, match="type 77"):
        packs.identify(Content(77, b""))
