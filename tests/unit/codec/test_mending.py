"""A pack is made again from its frames: whatever bit of the header or the head is wrong, and from nothing else."""

from __future__ import annotations

import hashlib

import pytest
from support.repositories.inventories import packages

from cortexrepo.codec import objects
from cortexrepo.codec.canonical import pack
from cortexrepo.codec.hashing import pack_name
from cortexrepo.codec.packed import blocks, packs, writer
from cortexrepo.codec.packed.blocks import Content
from cortexrepo.codec.packed.changes import Changes
from cortexrepo.codec.packed.mending import mended


def _made(ecosystems: tuple[str, ...] = ("apt", "pip"), count: int = 20) -> writer.Packed:
    """Returns a pack of manifests that follow one another, and of two objects that are in it whole."""
    found = writer.Writer()
    for ecosystem in ecosystems:
        for number in range(count):
            _add(found, ecosystem, {f"{_chance(place)}": f"{_chance(number % (place + 1))}" for place in range(12)})
        found._close_changes()  # a block of its own
    for number in range(2):
        raw = objects.content(objects.encode(packages("npm", {"whole": str(number)})).frame)
        found._whole.append((packs.identify(Content(objects.MANIFEST, raw)), Content(objects.MANIFEST, raw)))
    return found.finish()


def _chance(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:40]


def _add(found: writer.Writer, ecosystem: str, versions: dict[str, str]) -> None:
    content = Content(objects.MANIFEST, objects.content(objects.encode(packages(ecosystem, versions)).frame))
    found.add(packs.identify(content), content)


def _turned(data: bytes, bit: int) -> bytes:
    found = bytearray(data)
    found[bit // 8] ^= 1 << (bit % 8)
    return bytes(found)


def _start(data: bytes) -> int:
    return packs.HEADER + int.from_bytes(data[6 : packs.HEADER], "big")


def test_a_pack_has_blocks_of_both_kinds_here() -> None:
    made = _made()
    found = packs.decode(made.data, made.name).blocks
    assert {block.kind for block in found} == {blocks.WHOLE, blocks.CHANGES}
    assert any(len(block.frames) > 1 for block in found)


def test_every_bit_of_the_header_and_the_head_can_be_wrong() -> None:
    made = _made()
    for bit in range(8 * _start(made.data)):
        assert mended(_turned(made.data, bit), made.name) == made.data, bit


def test_the_whole_header_and_head_can_be_wrong_or_of_another_length() -> None:
    made = _made()
    frames = made.data[_start(made.data) :]
    for front in (bytes(_start(made.data)), bytes(packs.HEADER), b"\xff" * 999):
        assert mended(front + frames, made.name) == made.data


def test_a_pack_is_found_behind_a_head_that_has_the_beginning_of_a_frame() -> None:
    made = _made()
    front = bytearray(_start(made.data))
    front[20:24] = b"\x28\xb5\x2f\xfd"
    assert mended(bytes(front) + made.data[_start(made.data) :], made.name) == made.data


def test_no_pack_comes_out_where_a_frame_is_wrong_too() -> None:
    made = _made(("apt",), 5)
    for bit in range(8 * _start(made.data), 8 * len(made.data)):
        assert mended(_turned(made.data, bit), made.name) is None
    for length in range(len(made.data)):
        assert mended(made.data[:length], made.name) is None
    assert mended(made.data + b"\x00", made.name) is None
    assert mended(made.data + made.data[_start(made.data) :], made.name) is None


def test_a_pack_that_only_a_newer_version_can_read_is_not_made_again() -> None:
    _, data = blocks.encode_whole([Content(7, b"of a type that is not known")])
    assert mended(bytes(packs.HEADER) + data, pack_name(data)) is None


@pytest.mark.parametrize("count", [1, 256, 257])
def test_each_number_of_manifests_is_counted(count: int) -> None:
    found = writer.Writer()
    for number in range(count):
        _add(found, "pip", {"counted": str(number)})
    made = found.finish()
    assert mended(bytes(_start(made.data)) + made.data[_start(made.data) :], made.name) == made.data


def test_bytes_that_are_made_to_hurt_end_soon() -> None:
    from cortexrepo.codec.packed.compression import compress

    start = bytes(packs.HEADER)
    many = compress(b"\x00") * 10_000
    empty = compress(bytes((1, 0, 0, 0, 0)) * 100_000)
    no_width = compress(b"".join(len(part).to_bytes(4, "big") + part for part in (b"\x00", *16 * (b"\x01",))))
    for data in (many, empty, no_width, compress(b""), b"\x28\xb5\x2f\xfd"):
        assert mended(start + data, pack_name(data)) is None


def test_the_first_column_says_how_many_manifests_there_are() -> None:
    found = Changes()
    for number in range(3):
        assert found.add(pack(("pip", (("name", "", str(number), 0, ()),))))
    block, data = blocks.encode_changes(found)
    front = writer.front([block], b"".join(_beginnings(block, data)))
    assert mended(b"\x00" * 40 + data, pack_name(front + data)) == front + data


def _beginnings(block: blocks.Block, data: bytes) -> list[bytes]:
    reader = blocks.decode(block, data)
    return [bytes.fromhex(packs.identify(reader.read(place)))[: packs.BEGINNING] for place in range(len(reader))]
