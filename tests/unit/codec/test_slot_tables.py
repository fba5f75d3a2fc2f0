"""Tables of slots, and refs that name one: the limits, and what is refused."""

from __future__ import annotations

import pytest
from support.repositories import golden

from cortexrepo.codec import objects, refs, slots
from cortexrepo.codec.canonical import pack, unpack
from cortexrepo.codec.objects import SLOTS, Content
from cortexrepo.codec.packed import blocks, columns, packs, table_changes, table_states, writer
from cortexrepo.codec.records import REF, seal
from cortexrepo.codec.refs import slot_row
from cortexrepo.errors import CorruptError
from cortexrepo.model.elsewhere import Elsewhere
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.snapshot import ABSENT, FAILED, TABLE, Slot

ONE, TWO = Slot("apt", "", ABSENT), Slot("pip", "/v", ABSENT)


def raw(*found: Slot) -> bytes:
    return pack([list(map(slot_row, found))])


def some(count: int, pairs: int = 0, size: int = 0) -> list[Slot]:
    facts = tuple((f"{number:05}", "") for number in range(pairs))
    return [Slot("pip", f"{number:05}", FAILED, None, 0, "x" * size, facts) for number in range(count)]


REFUSED = {
    "nothing": (b"", "it is not a table of slots"),
    "no array of an array": (b"\x91\x01", "it is not a table of slots"),
    "two tables": (pack([[slot_row(ONE)], []]), "it has|it is not"),
    "a table that is cut": (raw(ONE, TWO)[:-1], "it is not a table of slots"),
    "more behind it": (raw(ONE) + b"\x90", "it is not a table of slots in the canonical form"),
    "a head that is too long": (b"\x91\xdc\x00\x01" + raw(ONE)[2:], "it is not a table of slots in the canonical form"),
    "no slots": (raw(), "it has 0 slots; 1 to 65536 are allowed"),
    "too many slots": (raw(*some((1 << 16) + 1)), "it has 65537 slots; 1 to 65536 are allowed"),
    "too many facts": (raw(*some(65, 1 << 12)), "its slots have more than 262144 pairs together"),
    "a slot that is too long": (raw(*some(1, 0, 1 << 17)), "its body has 131099 bytes, and 131072 are allowed"),
    "slots out of order": (raw(TWO, ONE), "its slots are not sorted"),
    "a slot twice": (raw(ONE, ONE), "its slots are not sorted"),
    "no slot": (pack([[1]]), "a slot cannot be read"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_with_a_reason(name: str) -> None:
    data, reason = REFUSED[name]
    with pytest.raises(CorruptError, match=reason):
        slots.decode(data, {})


def test_a_table_may_have_65536_slots_and_a_writer_makes_no_larger_one() -> None:
    found = some(1 << 16)
    made = slots.encode(slots.rows_of(found))
    assert slots.decode_frame(made.frame, made.id) == tuple(found)
    with pytest.raises(ValueError, match=r"^it has 65537 slots; 1 to 65536 are allowed$"):
        slots.encode(slots.rows_of(some((1 << 16) + 1)))
    with pytest.raises(ValueError, match=r"^200 slots take \d+ bytes, and 16777216 are allowed$"):
        slots.encode(slots.rows_of(some(200, 0, 100_000)))


def test_slots_are_many_beyond_256_or_32_kib() -> None:
    assert not refs.are_many(tuple(some(256)))
    assert refs.are_many(tuple(some(257)))
    size = (1 << 15) - len(pack([slot_row(some(1)[0])])) - 2
    assert len(pack([slot_row(some(1, 0, size)[0])])) == 1 << 15
    assert not refs.are_many(tuple(some(1, 0, size)))
    assert refs.are_many(tuple(some(1, 0, size + 1)))


def test_a_ref_with_slots_and_a_table_is_damaged() -> None:
    table = ObjectId("ab" * 32)
    snapshot = golden.FIRST._replace(slots=(ONE,), roots=((TABLE, table),))
    # The slots of such a snapshot are not written.
    assert refs.decode(refs.encode(snapshot)) == snapshot._replace(slots=Elsewhere(table))
    data = refs.encode(snapshot._replace(roots=(("slotz", table),)))
    body = data[10:-32].replace(b"slotz", b"slots")
    with pytest.raises(CorruptError, match="it has slots, and names a table of them too"):
        refs.decode(seal(REF, unpack(body, 1 << 16)))


def test_slots_that_were_not_read_are_never_none() -> None:
    table = ObjectId("ab" * 32)
    found = refs.decode(refs.encode(golden.FIRST._replace(roots=((TABLE, table),)))).slots
    for ask in (len, list, bool, lambda one: one[0], lambda one: ONE in one, lambda one: one < (), sorted):
        with pytest.raises(CorruptError, match=r"^the slots are in object abababababab, and were not read$"):
            ask(found)
    assert found != ()
    assert found == Elsewhere(table)
    assert found != Elsewhere(ObjectId("cd" * 32))
    assert len({found, Elsewhere(table)}) == 1


def test_an_object_of_another_type_is_told_apart() -> None:
    table, manifest = golden.MANY, objects.encode(golden.MANIFEST)
    assert objects.intact(table.frame, table.id)
    with pytest.raises(CorruptError, match=r"^the object is of type slots, and not manifest$"):
        objects.decode(table.frame, table.id)
    with pytest.raises(CorruptError, match=r"^the object is of type manifest, and not slots$"):
        slots.decode_frame(manifest.frame, manifest.id)
    # The type is in the id: the same bytes under another one are another object.
    assert not objects.intact(objects.frame(objects.content(table.frame)), table.id)


def test_a_table_that_no_block_has_room_for_is_stored_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_changes, "CHANGES_LIMIT", 4)
    contents = [Content(SLOTS, raw(*some(count))) for count in (2, 3, 9)]
    made = writer.encode(contents)
    opened = packs.decode(made.data, made.name)
    assert sorted(content.raw for content in opened.contents()) == sorted(content.raw for content in contents)
    assert [block.kind for block in opened.blocks] == [blocks.TABLES, blocks.TABLES, blocks.WHOLE]


def block(*changes: tuple[int, int, int], rows: bytes = b"", start: int = 0) -> list[bytes]:
    numbers = [columns.encode(one) for one in ([start], [len(changes)], *zip(*changes, strict=True))]
    return [*numbers, rows]


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (block((0, 0, 1), rows=raw(ONE)[2:])[:5], "a block of tables cannot be read"),
        (block((0, 0, 1), rows=raw(ONE)[2:], start=1), "begins with one of them"),
        (block((0, 0, 2), rows=raw(ONE)[2:]), "a block does not have 2 rows"),
        (block((0, 0, 1), rows=raw(ONE)[2:-1]), "the rows of a block cannot be told apart"),
        (block((1, 0, 1), rows=raw(ONE)[2:]), "a row stays or goes that is not there"),
        (block((0, 1, 1), rows=raw(ONE)[2:]), "a row stays or goes that is not there"),
        (block((0, 0, 1 << 19), rows=b""), "a block has 524288 rows, and 1 changes"),
        (block((0, 0, (1 << 16) + 1), rows=b"\x01" * ((1 << 16) + 1)), "a table has 65537 rows, and 65536 are allowed"),
    ],
)
def test_a_block_of_tables_that_makes_no_sense_is_refused(found: list[bytes], reason: str) -> None:
    with pytest.raises(CorruptError, match=reason):
        table_states.TableReplay(found, 1).content(0)
