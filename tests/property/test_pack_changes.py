"""Laws of packs: whatever goes into one comes out again, byte for byte, in any order; and nothing else is accepted."""

from __future__ import annotations

import contextlib
import string
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.codec import hashing, objects
from cortexrepo.codec.canonical import array_head, array_parts, pack
from cortexrepo.codec.objects import Content
from cortexrepo.codec.packed import changes, edits, packs, replay, writer
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.package import Manifest, Package

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

names = st.one_of(
    st.sampled_from(["a", "aa", "ab", "lib", "libc6", "libc6-dev", "naïve"]), st.text(min_size=1, max_size=4)
)
arches = st.sampled_from(["", "all", "amd64", "i386"])
versions = st.one_of(
    st.from_regex(r"[0-9]{1,3}(\.[0-9]{1,3}){0,2}(-[0-9]{1,2})?(\+(deb12u|b)[0-9])?", fullmatch=True),
    st.text(alphabet=string.digits + ".-+~a\0\n٣é", max_size=8),
    st.text(max_size=6),
    st.integers(0, 10**30).map(str),
    st.sampled_from(["", "0", "009", "099", "9" * 18, "9" * 19, "1" * 300, "x" * 300 + "1", "\U0001f600"]),
)
flags = st.one_of(st.integers(0, 3), st.sampled_from([255, 256, 1 << 40, (1 << 64) - 1]))
attributes = st.dictionaries(st.sampled_from(["", "a", "state", "url"]), st.text(max_size=4), max_size=2).map(
    lambda found: tuple(sorted(found.items()))
)
packages = st.builds(Package, names, arches, versions, flags, attributes)


def _raw(manifest: Manifest) -> bytes:
    return objects.content(objects.encode(manifest).frame)


@st.composite
def histories(draw: st.DrawFn) -> list[bytes]:
    """Draws the canonical bytes of manifests, most of them a little other than the one before."""
    rows = draw(st.lists(packages, max_size=6))
    ecosystem = draw(st.sampled_from(["apt", "pip", ""]))
    found = []
    for _ in range(draw(st.integers(1, 12))):
        found.append(_raw(Manifest.of(ecosystem, rows)))
        rows = draw(_next(rows))
        if draw(st.integers(0, 9)) == 0:
            ecosystem = draw(st.sampled_from(["apt", "pip", ""]))
    return found


@st.composite
def _next(draw: st.DrawFn, rows: list[Package]) -> list[Package]:
    kept = [row for row in rows if draw(st.integers(0, 5))]
    made = [_another(draw, row) if draw(st.integers(0, 2)) == 0 else row for row in kept]
    return made + draw(st.lists(packages, max_size=2))


def _another(draw: st.DrawFn, row: Package) -> Package:
    field = draw(st.sampled_from(["version", "version", "arch", "flags", "attributes", "all"]))
    other = draw(packages)
    if field == "all":
        return other._replace(name=row.name)
    return row._replace(**{field: getattr(other, field)})


def _contents(found: Sequence[bytes]) -> list[Content]:
    return [Content(objects.MANIFEST, raw) for raw in found]


@given(histories())
def test_every_manifest_is_read_back_byte_for_byte(found: list[bytes]) -> None:
    made = writer.encode(_contents(found))
    assert list(packs.decode(made.data, made.name).contents()) == _contents(found)
    assert made.ids == tuple(hashing.object_id("manifest", raw) for raw in found)
    assert writer.encode(_contents(found)) == made


@given(histories(), st.randoms(use_true_random=False))
def test_a_block_is_read_in_any_order(found: list[bytes], random: Random) -> None:
    block = changes.Changes()
    for raw in found:
        assert block.add(raw)
    reader = replay.Replay(block.columns(), len(found))
    order = list(range(len(found))) * 2
    random.shuffle(order)
    for place in order:
        assert reader.content(place) == found[place]


@given(histories())
def test_every_object_is_found_under_its_id(found: list[bytes]) -> None:
    made = writer.encode(_contents(found))
    opened = packs.decode(made.data, made.name)
    assert len(opened) == len(found)
    for raw in found:
        identity = hashing.object_id("manifest", raw)
        assert Content(objects.MANIFEST, raw) in [opened.open(number).read(at) for number, at in opened.find(identity)]
    for beginning in (b"\0\0\0", b"\xff\xff\xff", opened.beginnings[1:4]):
        places = list(opened.find(ObjectId((beginning + bytes(32))[:32].hex())))
        naive = [at for at, raw in enumerate(made.ids) if bytes.fromhex(raw)[:3] == beginning]
        assert len(places) == len(naive)


@given(versions, versions)
def test_an_edit_makes_the_new_version_of_the_old(old: str, new: str) -> None:
    edit = edits.between(old, new)
    assert edits.apply(old, edit) == new
    assert 0 <= edit[1] < edits.STEP_LIMIT


@given(
    st.integers(0, 9999), st.integers(1, 99), st.sampled_from(["", "+b1", "-1.2~x"]), st.sampled_from(["", "1.", "v"])
)
def test_a_number_that_is_raised_takes_no_text(number: int, step: int, end: str, start: str) -> None:
    edit = edits.between(f"{start}{number}{end}", f"{start}{number + step}{end}")
    # 12 to 110 is 2 to 10 behind a digit that stays.
    assert (edit[1] > 0, *edit[2:]) == (True, 0, "")


@given(histories(), st.data())
def test_a_pack_that_was_changed_or_cut_is_refused(found: list[bytes], data: st.DataObject) -> None:
    made = writer.encode(_contents(found))
    place = data.draw(st.integers(0, len(made.data) - 1))
    bent = bytearray(made.data)
    bent[place] ^= 1 << data.draw(st.integers(0, 7))
    for bad in (bytes(bent), made.data[:place], made.data + b"x"):
        with pytest.raises((CorruptError, FormatVersionError)):
            packs.decode(bad, made.name)


@given(histories(), st.data())
def test_a_pack_that_somebody_made_by_hand_gives_bytes_or_an_error(found: list[bytes], data: st.DataObject) -> None:
    bent = bytearray(writer.encode(_contents(found)).data)
    bent[data.draw(st.integers(4, len(bent) - 1))] = data.draw(st.integers(0, 255))
    decoders: tuple[Callable[[bytes], packs.Pack], ...] = (_under_its_name, packs.salvage)
    for decode in decoders:
        with contextlib.suppress(CorruptError, FormatVersionError):
            list(decode(bytes(bent)).contents())


def _under_its_name(data: bytes) -> packs.Pack:
    return packs.decode(data, hashing.pack_name(data))


@given(histories(), st.data())
def test_columns_that_somebody_made_by_hand_give_bytes_or_an_error(found: list[bytes], data: st.DataObject) -> None:
    block = changes.Changes()
    for raw in found:
        block.add(raw)
    columns = list(block.columns())
    at = data.draw(st.integers(0, len(columns) - 1))
    bent = bytearray(columns[at])
    if bent:
        bent[data.draw(st.integers(0, len(bent) - 1))] = data.draw(st.integers(0, 255))
    columns[at] = bytes(bent)
    try:
        reader = replay.Replay(columns, len(found))
        for place in range(len(found)):
            reader.content(place)
    except CorruptError:
        pass


@given(st.binary(max_size=60))
def test_what_is_no_manifest_is_packed_as_it_is(raw: bytes) -> None:
    made = writer.encode([Content(objects.MANIFEST, raw)])
    assert list(packs.decode(made.data, made.name).contents()) == [Content(objects.MANIFEST, raw)]


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 300) | st.text(max_size=3) | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=12,
)


@given(values, st.lists(values, max_size=20))
def test_what_is_nearly_a_manifest_is_packed_as_it_is(first: object, rows: list[object]) -> None:
    raw = pack((first, rows))
    assert array_parts(raw) == (_frozen(first), [pack(row) for row in rows])
    assert raw == array_head(2) + pack(first) + array_head(len(rows)) + b"".join(map(pack, rows))
    found = _contents([raw, _raw(Manifest("apt", ())), raw + b"\xc0", pack(("apt", rows))])
    made = writer.encode(found)
    assert sorted(packs.decode(made.data, made.name).contents()) == sorted(found)


def _frozen(value: object) -> object:
    return tuple(map(_frozen, value)) if isinstance(value, list) else value


def test_an_array_head_is_the_canonical_one() -> None:
    for count in (0, 1, 15, 16, 65_535, 65_536):
        assert array_head(count) == pack((None,) * count)[: -count or None]
