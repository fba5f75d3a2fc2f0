"""Packs that are made: when a block, or a pack, is full, and what is whole in it."""

from __future__ import annotations

import random

import pytest

from cortexrepo.codec.canonical import pack
from cortexrepo.codec.objects import MANIFEST, RAW_LIMIT, Content
from cortexrepo.codec.packed import blocks, changes, edits, kinds, packs, scripts, writer
from cortexrepo.model.ids import ObjectId

GOOD = [pack(("apt", (("bash", "amd64", version, 0, ()),))) for version in ("5.2-1", "5.2-2")]


def test_a_pack_is_full_with_as_many_objects_as_one_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "COUNT_LIMIT", 2)
    made = writer.Writer()
    for number, raw in enumerate(GOOD):
        assert (len(made), made.is_full) == (number, False)
        made.add(ObjectId("ab" * 32), Content(MANIFEST, raw))
    assert made.is_full
    with pytest.raises(ValueError, match="more than a pack"):
        made.add(ObjectId("ab" * 32), Content(MANIFEST, GOOD[0]))


def test_an_object_that_is_too_large_is_no_object() -> None:
    with pytest.raises(ValueError, match="more than a pack"):
        writer.encode([Content(MANIFEST, bytes(RAW_LIMIT + 1))])


def _manifest(number: int, rows: int) -> bytes:
    return pack(("apt", [(f"package-{row:06}", "", f"{number}.{row}", 0, ()) for row in range(rows)]))


@pytest.mark.parametrize(("name", "limit"), [("COUNT_LIMIT", 3), ("CHANGES_LIMIT", 100), ("BYTES_LIMIT", 8000)])
def test_a_block_that_is_full_is_followed_by_another(monkeypatch: pytest.MonkeyPatch, name: str, limit: int) -> None:
    monkeypatch.setattr(changes, name, limit)
    contents = [Content(MANIFEST, _manifest(number, 40)) for number in range(8)]
    made = writer.encode(contents)
    found = packs.decode(made.data, made.name)
    assert len(found.blocks) > 2
    assert {one.kind for one in found.blocks} == {blocks.CHANGES}
    assert list(found.contents()) == contents


@pytest.mark.parametrize(("name", "limit"), [("CHANGES_LIMIT", 100), ("BYTES_LIMIT", 8000)])
def test_a_manifest_that_no_block_of_changes_has_room_for_is_whole(
    monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    monkeypatch.setattr(changes, name, limit)
    contents = [Content(MANIFEST, _manifest(0, 40)), Content(MANIFEST, _manifest(0, 200))]
    made = writer.encode(contents)
    found = packs.decode(made.data, made.name)
    assert [one.kind for one in found.blocks] == [blocks.CHANGES, blocks.WHOLE]
    assert list(found.contents()) == contents


def test_what_a_writer_says_of_the_length_of_its_columns_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "BYTES_LIMIT", 6000)
    wide = pack(("apt", [(chr(256 + row), "", "1" * row, (1 << 64) - 1, ()) for row in range(60)]))
    for raws in ([wide], [_manifest(0, 60), _manifest(1, 60), _manifest(2, 60)]):
        block_ = changes.Changes()
        for raw in raws:
            block_.add(raw)
        assert sum(map(len, block_.columns())) <= 6000 + 4 * kinds.COLUMNS


def test_an_edit_of_zeros_and_long_numbers_comes_back() -> None:
    for old, new in (
        ("009", "010"),
        ("099", "100"),
        ("9" * 18, "1" + "0" * 18),
        ("1" * 19, "1" * 18 + "2"),
        ("٣", "٤"),
    ):
        assert edits.apply(old, edits.between(old, new)) == new
    assert edits.between("1.09", "1.10")[1] == 1
    assert edits.between("1.9", "1.70000")[1] == 0


NEARLY: dict[str, object] = {
    "no name": ("apt", (("a", "", "1", 0),)),
    "flags below 0": ("apt", (("a", "", "1", -1, ()),)),
    "flags that are none": ("apt", (("a", "", "1", True, ()),)),
    "attributes that are no pairs": ("apt", (("a", "", "1", 0, (("k",),)),)),
    "attributes that are no texts": ("apt", (("a", "", "1", 0, (("k", b"v"),)),)),
    "a version that is none": ("apt", (("a", "", None, 0, ()),)),
    "rows that are none": ("apt", (1, 2)),
    "an ecosystem that is none": (b"apt", ()),
    "three values": ("apt", (), ()),
}


@pytest.mark.parametrize("name", NEARLY)
def test_what_is_nearly_a_manifest_is_whole_first_and_behind_one(name: str) -> None:
    contents = [Content(MANIFEST, raw) for raw in (pack(NEARLY[name]), GOOD[0], pack(NEARLY[name]), GOOD[1])]
    for found in (contents, contents[1:]):
        made = writer.encode(found)
        back = packs.decode(made.data, made.name)
        assert sorted(back.contents()) == sorted(found)
        assert sum(one.objects for one in back.blocks if one.kind == blocks.WHOLE) == len(found) - 2


def test_rows_in_another_order_come_back() -> None:
    rows = [("b", "", "1", 0, ()), ("a", "", "1", 0, ()), ("c", "", "1", 0, ()), ("a", "", "1", 0, ())]
    contents = [Content(MANIFEST, pack(("apt", found))) for found in (rows, rows[::-1], rows[1:], rows, sorted(rows))]
    made = writer.encode(contents)
    assert list(packs.decode(made.data, made.name).contents()) == contents


def test_attributes_count_as_changes_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "CHANGES_LIMIT", 100)
    attributes = tuple((f"key-{number:02}", "") for number in range(30))
    contents = [
        Content(MANIFEST, pack(("apt", [(f"{row}", "", f"{number}", 0, attributes) for row in range(rows)])))
        for number, rows in enumerate((2, 3, 4))
    ]
    made = writer.encode(contents)
    found = packs.decode(made.data, made.name)
    assert [(one.kind, one.objects) for one in found.blocks] == [
        (blocks.CHANGES, 1), (blocks.CHANGES, 1), (blocks.WHOLE, 1),
    ]  # fmt: skip
    assert list(found.contents()) == contents


def test_a_long_manifest_has_as_many_changes_as_rows_are_other_ones() -> None:
    chance = random.Random(1)  # noqa: S311 -- the same each time
    versions = {f"package-{number:04}": "1.0-1" for number in range(400)}
    raws, naive, before = [], [], dict[str, str]()
    for day in range(40):
        raws.append(pack(("apt", [(name, "amd64", version, 0, ()) for name, version in sorted(versions.items())])))
        names = {*before, *versions}
        naive.append(sum(before.get(name) != versions.get(name) for name in names))
        before = dict(versions)
        for name in chance.sample(sorted(versions), chance.randrange(12)):
            versions[name] = f"{chance.randrange(9, 12)}.{day}-1"
        for name in chance.sample(sorted(versions), chance.randrange(2)):
            del versions[name]
            versions[f"{name}-{day}"] = "2"
    last: scripts.Rows | None = None
    for raw, count in zip(raws, naive, strict=True):
        found = None if last is None else scripts.walk(last, raw)
        assert last is None or (found is not None and len(found[0]) == count)
        last = scripts.split(raw)
        assert found is None or found[1] == last
    made = writer.encode(Content(MANIFEST, raw) for raw in raws)
    assert [one.raw for one in packs.decode(made.data, made.name).contents()] == raws
