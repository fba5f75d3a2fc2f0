"""Laws of tables of slots: what goes into a table or a pack comes out again; nothing else is accepted."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.codec import objects, slots
from cortexrepo.codec.canonical import pack, unpack
from cortexrepo.codec.objects import Content
from cortexrepo.codec.packed import packs, table_changes, table_states, writer
from cortexrepo.codec.refs import slot_row
from cortexrepo.errors import CorruptError
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL, Slot

if TYPE_CHECKING:
    from random import Random

ids = st.binary(min_size=32, max_size=32).map(lambda found: ObjectId(found.hex()))
facts = st.dictionaries(st.sampled_from(["owner", "python"]), st.text(max_size=3), max_size=2).map(
    lambda found: tuple(sorted(found.items()))
)
extensions = st.sampled_from([(), (("later", b"\x00"),)])
values = st.one_of(
    st.builds(
        Slot, st.just(""), st.just(""), st.just(OK), ids, st.integers(0, 1 << 40), st.just(""), facts, extensions
    ),
    st.builds(Slot, st.just(""), st.just(""), st.just(PARTIAL), st.none(), st.just(0), st.text(max_size=4), facts),
    st.builds(Slot, st.just(""), st.just(""), st.sampled_from([FAILED, ABSENT]), st.none(), st.just(0)),
)
keys = st.tuples(st.sampled_from(["apt", "npm", "pip", "é"]), st.text(alphabet="/ab\u00e9\U0001f600", max_size=3))
tables = st.dictionaries(keys, values, min_size=1, max_size=12).map(
    lambda found: tuple(slot._replace(ecosystem=key[0], environment=key[1]) for key, slot in sorted(found.items()))
)


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[Slot, ...]]:
    """Draws tables, most of them a little other than the one before."""
    found = [draw(tables)]
    for _ in range(draw(st.integers(0, 10))):
        new = {(slot.ecosystem, slot.environment): slot for slot in draw(tables)[:2]}
        kept = {(slot.ecosystem, slot.environment): slot for slot in found[-1] if draw(st.integers(0, 4))}
        merged = kept | new if draw(st.booleans()) else new | kept
        found.append(tuple(slot for _, slot in sorted(merged.items())))
    return found


def _raw(table: tuple[Slot, ...]) -> bytes:
    return pack([list(map(slot_row, table))])


@given(histories())
def test_a_table_is_read_back_whatever_was_read_before(found: list[tuple[Slot, ...]]) -> None:
    known: dict[bytes, Slot] = {}
    for table in found:
        made = slots.encode(slots.rows_of(table))
        assert objects.content(made.frame) == _raw(table)
        assert slots.decode_frame(made.frame, made.id) == table == slots.decode(_raw(table), known)
        assert list(known.values()) == list(table)


@given(histories())
def test_every_table_comes_out_of_a_pack_byte_for_byte(found: list[tuple[Slot, ...]]) -> None:
    contents = [Content(objects.SLOTS, _raw(table)) for table in found]
    made = writer.encode(contents)
    assert list(packs.decode(made.data, made.name).contents()) == contents
    assert made.ids == tuple(map(packs.identify, contents))


@given(histories(), st.randoms(use_true_random=False))
def test_a_block_of_tables_is_read_in_any_order(found: list[tuple[Slot, ...]], random: Random) -> None:
    block = table_changes.TableChanges()
    assert all(block.add(_raw(table)) for table in found)
    reader = table_states.TableReplay(block.columns(), len(found))
    order = list(range(len(found))) * 2
    random.shuffle(order)
    assert [reader.content(place) for place in order] == [_raw(found[place]) for place in order]


@given(st.lists(st.binary(max_size=2), max_size=9), st.lists(st.binary(max_size=2), max_size=9))
def test_changes_lead_from_any_rows_to_any_others(before: list[bytes], after: list[bytes]) -> None:
    made: list[bytes] = []
    at = 0
    for gap, goes, comes in table_changes.between(before, after):
        made += [*before[at : at + gap], *comes]
        at += gap + goes
    assert at <= len(before)
    assert made + before[at:] == after


@given(histories(), st.data())
def test_changed_bytes_are_refused_or_are_a_table(found: list[tuple[Slot, ...]], data: st.DataObject) -> None:
    raw = bytearray(_raw(found[0]))
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CorruptError):
        table = slots.decode(bytes(raw), {})
        # What is read is one of those that a naive reader takes too.
        assert unpack(bytes(raw), 1 << 20) == (tuple(map(slot_row, table)),)


@given(histories(), st.data())
def test_changed_columns_are_refused_or_give_objects(found: list[tuple[Slot, ...]], data: st.DataObject) -> None:
    block = table_changes.TableChanges()
    assert all(block.add(_raw(table)) for table in found)
    columns = [bytearray(column) for column in block.columns()]
    column = columns[data.draw(st.integers(0, len(columns) - 1))]
    place = data.draw(st.integers(0, len(column) - 1))
    column[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CorruptError):
        reader = table_states.TableReplay(list(map(bytes, columns)), len(found))
        for place in range(len(found)):
            reader.content(place)
