"""Notes about removed snapshots, against a naive one that has a set of numbers; and their records."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.codec import records, removed
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.refname import HIGHEST
from cortexrepo.model.removed import Removed, Vouched

MACHINE, ORIGIN = "a" * 32, "b" * 32
END = 24
numbers = st.integers(0, END) | st.integers(HIGHEST - END, HIGHEST)
some = st.frozensets(numbers, max_size=16)
links = st.builds(Vouched, numbers, st.integers(0, 3), st.sampled_from([bytes(16), b"1" * 16]))
steps = st.lists(
    st.tuples(st.just("plus"), some, st.frozensets(links, max_size=4))
    | st.tuples(st.just("minus"), some, st.just(frozenset())),
    max_size=6,
)
values = st.recursive(
    st.none()
    | st.booleans()
    | numbers
    | st.just(1 << 40)
    | st.binary(max_size=2)
    | st.just(bytes(16))
    | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=4).map(tuple),
)


class Naive(NamedTuple):
    """The numbers that were removed, each; and what was vouched for."""

    gone: frozenset[int] = frozenset()
    vouched: frozenset[Vouched] = frozenset()

    def after(self, kind: str, some: frozenset[int], links: frozenset[Vouched]) -> Naive:
        if kind == "minus":
            return self._replace(gone=self.gone - some)
        gone = self.gone | some
        return Naive(gone, frozenset(one for one in self.vouched | links if one.sequence not in gone))


def _made(found: list[tuple[str, frozenset[int], frozenset[Vouched]]], since: int = 0) -> tuple[Removed, Naive]:
    made, naive = Removed(MACHINE, ORIGIN, since), Naive()
    for kind, some, links in found:
        made = made.plus(some, links) if kind == "plus" else made.minus(some)
        naive = naive.after(kind, frozenset(number for number in some if number >= since), links)
    return made, naive


@given(steps)
def test_a_note_says_what_a_set_would(found: list[tuple[str, frozenset[int], frozenset[Vouched]]]) -> None:
    made, naive = _made(found)
    around = {number + step for number in naive.gone for step in (-1, 0, 1)} | set(range(END))
    assert {number for number in around if made.covers(number)} == naive.gone
    assert made.vouched == tuple(sorted(naive.vouched))
    assert made.highest == max(naive.gone, default=0)


@given(steps, numbers)
def test_its_spans_are_as_few_as_possible_and_its_record_is_read_back(
    found: list[tuple[str, frozenset[int], frozenset[Vouched]]], since: int
) -> None:
    made, naive = _made(found, since)
    assert sum(last - first + 1 for first, last in made.spans) == len(naive.gone)
    assert all(earlier[1] + 1 < later[0] for earlier, later in zip(made.spans, made.spans[1:], strict=False))
    assert made.highest == max([0, since - 1, *naive.gone])
    made = made._replace(extensions=(("later", b"x"),))
    assert removed.decode(removed.encode(made)) == made


@given(steps, numbers)
def test_a_shorter_note_says_less_and_nothing_else(
    found: list[tuple[str, frozenset[int], frozenset[Vouched]]], since: int
) -> None:
    whole, naive = _made(found, since)
    for less in (whole.shorter(), whole.shorter().shorter(), whole.least()):
        assert less.highest == whole.highest
        assert less.since >= whole.since
        assert set(less.vouched) <= set(whole.vouched)
        told = {number for number in naive.gone if number >= less.since}
        assert {number for number in naive.gone if less.covers(number)} == told
        assert sum(last - first + 1 for first, last in less.spans) == len(told)
        assert removed.decode(removed.encode(less)) == less
    assert len(whole.shorter().spans) < max(len(whole.spans), 1)


@given(st.lists(values, min_size=5, max_size=5))
def test_any_values_in_a_record_are_refused_or_have_one_meaning(found: list[object]) -> None:
    since, spans, vouched, required, optional = found
    data = records.seal(records.REMOVED, (bytes(16), bytes(16), since, spans, vouched, required, optional))
    try:
        made = removed.decode(data)
    except (CorruptError, FormatVersionError):
        return
    assert removed.encode(made) == data


def test_all_numbers_that_there_are_can_be_gone_without_being_counted() -> None:
    made = Removed(MACHINE, ORIGIN, 0, ((0, HIGHEST),))
    assert made.plus([5, HIGHEST], ()) == made == removed.decode(removed.encode(made))
    assert made.minus([0, 7, HIGHEST]).spans == ((1, 6), (8, HIGHEST - 1))
    assert made.minus([0]).plus([0], ()) == made


GOOD = {
    "machine": bytes(16),
    "origin": bytes(16),
    "since": 1,
    "spans": ((1, 2), (4, 4)),
    "vouched": ((3, 9, bytes(16)),),
}
NONSENSE: dict[str, dict[str, object]] = {
    "half a machine": {"machine": bytes(8)},
    "half an origin": {"origin": bytes(8)},
    "a number of no integer": {"since": True},
    "a negative number": {"since": -1},
    "a number beyond all": {"since": HIGHEST + 2},
    "spans that touch": {"spans": ((1, 2), (3, 4))},
    "spans that overlap": {"spans": ((1, 4), (4, 6))},
    "spans that descend": {"spans": ((4, 4), (1, 2))},
    "a span that ends before it begins": {"spans": ((2, 1),)},
    "a span below its beginning": {"since": 2},
    "a span beyond all": {"spans": ((4, HIGHEST + 1),)},
    "a span of a truth value": {"spans": ((1, True),)},
    "links that descend": {"vouched": ((3, 9, bytes(16)), (2, 9, bytes(16)))},
    "a link twice": {"vouched": ((3, 9, bytes(16)), (3, 9, bytes(16)))},
    "a link with a whole checksum": {"vouched": ((3, 9, bytes(32)),)},
    "a link to a moment beyond all": {"vouched": ((3, 1 << 44, bytes(16)),)},
    "a link to a negative number": {"vouched": ((-1, 9, bytes(16)),)},
}


def _sealed(changes: dict[str, object], required: tuple[object, ...] = ()) -> bytes:
    return records.seal(records.REMOVED, (*(GOOD | changes).values(), required, ()))


@pytest.mark.parametrize("name", NONSENSE)
def test_a_record_that_makes_no_sense_is_refused(name: str) -> None:
    assert removed.decode(_sealed({})).spans == ((1, 2), (4, 4))
    with pytest.raises(CorruptError, match=r"^the file is damaged: "):
        removed.decode(_sealed(NONSENSE[name]))


def test_a_record_that_needs_a_feature_is_newer_whatever_else_it_has() -> None:
    with pytest.raises(FormatVersionError, match=r"^the file needs features that this version does not know: 'tree'$"):
        removed.decode(_sealed({"spans": ("tree",)}, ("tree",)))
