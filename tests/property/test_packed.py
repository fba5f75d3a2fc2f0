"""Laws of segments and columns: whatever goes into one comes out again, and nothing else is accepted."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.codec import hashing, identity, refs
from cortexrepo.codec.packed import columns, segments
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model import refname
from cortexrepo.model.ids import ObjectId, SnapshotId
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, TABLE, Cause, Previous, Slot, Snapshot

ORIGINS = "ab" * 16, "0" * 32
words = st.text(max_size=8)
digests = st.binary(min_size=32, max_size=32)
facts = st.dictionaries(words, words, max_size=2).map(
    lambda found: tuple(sorted(found.items(), key=lambda item: item[0].encode()))
)
later = st.builds(
    lambda word, held, count, error: refs.read_slot(("", "", f"later {word}", held, count, error, (), ())).later,
    words,
    st.none() | digests,
    st.integers(0, 9),
    words,
)
slot_rows = st.one_of(
    st.builds(lambda digest, count: (OK, ObjectId(digest.hex()), count, ""), digests, st.integers(0, 9)),
    st.tuples(st.sampled_from([ABSENT, FAILED]), st.none(), st.just(0), words),
    later,
)
noted = st.sampled_from([(), (("note", b"x"),), (("note", b"x"), ("other", b""))])
root_sets = st.dictionaries(words, digests.map(lambda found: ObjectId(found.hex())), max_size=2).map(
    lambda found: tuple(sorted(found.items()))
)
slot_sets = st.dictionaries(
    st.tuples(st.sampled_from(["apt", "pip"]), words), st.tuples(slot_rows, facts, noted), max_size=3
)


def _slots(found: dict[tuple[str, str], Any]) -> tuple[Slot, ...]:
    """Slots in order; those of a later version as they are read."""
    ordered = sorted(found, key=lambda key: (key[0].encode(), key[1].encode()))
    rows = [(*key, *found[key]) for key in ordered]
    return tuple(
        refs.read_slot(
            (
                *place,
                status,
                None if held is None else bytes.fromhex(held),
                *rest,
                known,
                extensions,
            )
        )
        for *place, (status, held, *rest), known, extensions in rows
    )


@st.composite
def histories(draw: Any) -> list[Snapshot]:
    """Snapshots as writers make them, and as nobody should: links forwards, elsewhere, and with wrong checksums.

    They are of machines whose ids have most digits in common, and were made in two repositories.
    """
    made: list[Snapshot] = []
    moment = draw(st.integers(0, refname.END // 2))
    for _ in range(draw(st.integers(1, 12))):
        moment = max(0, moment + draw(st.integers(-5, 10_000_000)))
        machine = draw(st.sampled_from(["cd" * 16, "ef" * 16, "cd" * 15 + "00"]))
        sequence = draw(st.sampled_from([0, 1, 2, 3, 4, 5, refname.HIGHEST]))
        previous = None
        if made and draw(st.integers(0, 4)):
            before = draw(st.sampled_from(made[-2:]))
            right = refs.checksum_of(refs.encode(before))
            previous = Previous(before.id, draw(st.sampled_from([right, right, right, b"\0" * 32])))
        origin = draw(st.sampled_from(ORIGINS))
        roots = draw(root_sets)
        # Who names a table of slots has none of its own.
        slots = _slots(draw(slot_sets)) if TABLE not in dict(roots) else ()
        snapshot = Snapshot(
            identity.make(origin, machine, sequence, moment), origin, machine, moment, sequence, previous,
            Cause(*draw(st.tuples(words, words, words))), draw(words), slots, draw(facts),
            roots, draw(noted),
        )  # fmt: skip
        if all(refname.of(other) != refname.of(snapshot) for other in made):
            made.append(snapshot)
    return made


def ref(snapshot: Snapshot) -> segments.Ref:
    return segments.Ref(snapshot, refs.checksum_of(refs.encode(snapshot)))


@given(histories(), st.data())
def test_every_ref_comes_out_of_a_segment_byte_for_byte_whatever_is_asked_first(
    made: list[Snapshot], data: st.DataObject
) -> None:
    encoded = segments.encode(map(ref, made))
    head = segments.decode_head(encoded.data, encoded.name)
    assert sum(group.rows for group in head.groups) == len(made)
    wanted = {refs.encode(snapshot) for snapshot in made}
    found = segments.decode(encoded.data, encoded.name)
    rows = [(group, group.start + at) for group in found.head.groups for at in range(group.rows)]
    rows = data.draw(st.permutations(rows))
    assert {refs.encode(found.snapshot(group, row)) for group, row in rows} == wanted
    assert {found.checksum(group, row) for group, row in rows} == set(map(refs.checksum_of, wanted))
    for group in found.head.groups:
        assert found.names(group) == sorted(found.names(group))
        assert group.latest == max(name.created_at for name in found.names(group))


@given(histories(), st.data())
def test_a_segment_says_which_objects_its_snapshots_need(made: list[Snapshot], data: st.DataObject) -> None:
    going = set(data.draw(st.lists(st.sampled_from([one.id for one in made]))))
    encoded = segments.encode(map(ref, made))
    staying = {refname.of(one): one for one in made if one.id not in going}
    wanted = {identity for one in staying.values() for identity in one.objects()}
    needed, tables = segments.decode(encoded.data, encoded.name).objects(going)
    assert needed == wanted
    # A further root may have the role of a table of slots.
    assert tables.keys() == {one.table() for one in staying.values()} - {None}
    assert all(staying[name].table() == table for table, name in tables.items())


@given(histories(), st.data())
def test_rows_are_found_without_the_names_of_the_others_and_columns_are_those_of_the_rows(
    made: list[Snapshot], data: st.DataObject
) -> None:
    encoded = segments.encode(map(ref, made))
    whole = segments.decode(encoded.data, encoded.name)
    found = segments.decode(encoded.data, encoded.name)
    for group in found.head.groups:
        end = group.start + group.rows
        start = data.draw(st.integers(group.start, end - 1))
        rows = range(data.draw(st.integers(start + 1, end)) - 1, start - 1, -1)
        stretch = found.stretch(group, start, rows[0] + 1)
        outlines = [whole.outline(group, row) for row in rows]
        assert list(stretch.ids) == [one.id[:12] for one in outlines]
        assert list(stretch.moments) == [one.created_at for one in outlines]
        for kind, one in zip(stretch.kinds, outlines, strict=True):
            like = stretch.alike[kind]
            assert (like.cause, like.message, like.slots, like.facts) == (one.cause, one.message, one.slots, one.facts)
        names = whole.names(group)
        assert [found.name(group, row) for row in rows] == [names[row - group.start] for row in rows]
        assert [found.row(group, names[row - group.start]) for row in rows] == list(rows)
        stays = found.stays(group, start, rows[0] + 1)
        assert [row for stay in stays for row in range(stay.last, stay.first - 1, -1)] == list(rows)
        held = [found.slots(stay.last) for stay in stays for _ in range(stay.first, stay.last + 1)]
        assert held == [one.slots for one in outlines]


def test_links_over_many_rows_are_reckoned_from_the_nearest_that_is_stated() -> None:
    made: list[Snapshot] = []
    previous = None
    for sequence in range(1, 700):
        own = identity.make(ORIGINS[0], "cd" * 16, sequence, sequence * 1000)
        made.append(Snapshot(own, ORIGINS[0], "cd" * 16, sequence * 1000, sequence, previous, Cause(), "", ()))
        previous = Previous(own, refs.checksum_of(refs.encode(made[-1])))
    encoded = segments.encode(map(ref, made))
    found = segments.decode(encoded.data, encoded.name)
    group = found.head.groups[0]
    for row in (698, 0, 350, 256, 255, 257):
        assert found.snapshot(group, row) == made[row]


def test_an_id_takes_no_room_and_a_regular_moment_little() -> None:
    """Snapshots of every hour, up to a second late: the milliseconds have 10 bits, an id would have 128."""
    chance = random.Random(7)  # noqa: S311 -- the same each time
    made: list[Snapshot] = []
    for number in range(1, 2001):
        moment = 3_600_000 * number + chance.randrange(1000)
        own = identity.make(ORIGINS[0], "cd" * 16, number, moment)
        made.append(Snapshot(own, ORIGINS[0], "cd" * 16, moment, number, None, Cause(), "", ()))
    assert len(segments.encode(map(ref, made)).data) < 2000 * 14 // 8


@given(histories(), st.data())
def test_the_rows_of_snapshots_are_found_by_their_ids(made: list[Snapshot], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(made), unique=True))
    others = data.draw(st.lists(st.binary(min_size=16, max_size=16).map(lambda one: SnapshotId(one.hex())), max_size=3))
    encoded = segments.encode(map(ref, made))
    found = segments.decode(encoded.data, encoded.name)
    for group in found.head.groups:
        own = {one.id for one in some if (one.machine, one.origin) == (group.machine, group.origin)}
        rows = found.rows_of(group, [*(one.id for one in some), *others])
        assert [found.name(group, row).id for row in rows] == [name.id for name in found.names(group) if name.id in own]
        assert all(map(group.may_hold, own))


@given(histories(), st.data())
def test_a_segment_that_was_changed_or_cut_is_refused(made: list[Snapshot], data: st.DataObject) -> None:
    encoded = segments.encode(map(ref, made))
    place = data.draw(st.integers(0, len(encoded.data) - 1))
    bent = bytearray(encoded.data)
    bent[place] ^= 1 << data.draw(st.integers(0, 7))
    for bad in (bytes(bent), encoded.data[:place], encoded.data + b"x"):
        with pytest.raises((CorruptError, FormatVersionError)):
            segments.decode(bad, encoded.name)


@given(histories(), st.data())
def test_a_segment_that_somebody_made_by_hand_gives_snapshots_or_an_error(
    made: list[Snapshot], data: st.DataObject
) -> None:
    encoded = segments.encode(map(ref, made))
    place = data.draw(st.integers(4, len(encoded.data) - 1))
    bent = bytearray(encoded.data)
    bent[place] = data.draw(st.integers(0, 255))
    try:
        found = segments.decode(bytes(bent), hashing.segment_name(bytes(bent)))
        for group in found.head.groups:
            for at in range(group.rows):
                refs.encode(found.snapshot(group, group.start + at))
    except (CorruptError, FormatVersionError):
        pass


@given(st.lists(st.integers(0, (1 << 64) - 1)))
def test_a_column_is_read_back(values: list[int]) -> None:
    assert columns.decode(columns.encode(values), len(values)) == values


@given(st.lists(st.integers(0, 1 << 44)))
def test_steps_lead_back_to_the_values(values: list[int]) -> None:
    assert columns.decode_walk(columns.encode(columns.steps(values)), len(values)) == values


@given(st.lists(st.text(max_size=300)))
def test_a_column_of_texts_is_read_back(values: list[str]) -> None:
    assert [text.decode() for text in columns.decode_texts(columns.encode_texts(values), len(values))] == values


@given(st.lists(st.text(max_size=3), max_size=5), st.integers(-3, 3), st.binary(max_size=3))
def test_a_column_of_texts_has_as_many_as_it_should(values: list[str], more: int, tail: bytes) -> None:
    data = columns.encode_texts(values) + tail
    count = len(values) + more
    if tail[-1:] in (b"", b"\xff") and count == data.count(b"\xff") and count + len(tail) >= 0:
        assert len(columns.decode_texts(data, count)) == count
    else:
        with pytest.raises(CorruptError):
            columns.decode_texts(data, count)
