"""A clock that is ahead of all that is recorded is believed only with a reason."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.repositories.inventories import MACHINE

from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.silence import DAY_MS, YEAR_MS, is_borne_out, rhythm

if TYPE_CHECKING:
    from cortexrepo.model.refname import RefName

DAY = DAY_MS
BEGIN = 20_000 * DAY
WINDOW = 14 * DAY
OTHER = "e" * 32


def taken(*days: float, machine: str = MACHINE, first: int = 1) -> list[RefName]:
    """Returns names of snapshots that followed each other, by the days on which they were made."""
    moments = [BEGIN + round(day * DAY) for day in days]
    return [refname.make(first + at, moment, machine, SnapshotId("0" * 32)) for at, moment in enumerate(moments)]


def days(*numbers: float) -> list[int]:
    return [BEGIN + round(number * DAY) for number in numbers]


@pytest.mark.parametrize(
    ("names", "usual"),
    [
        ([], 0),
        (taken(3), 0),
        (taken(0, 7, 14.5, 21), 7.5),
        (taken(0, 30, 31, 32), 30),
        pytest.param(taken(0, first=7) + taken(30, first=9), 0, id="one that lay between was removed"),
        pytest.param(taken(0, 30) + taken(10, machine=OTHER), 0, id="another machine recorded in between"),
        pytest.param(taken(0, 30) + taken(30, machine=OTHER), 30, id="another machine recorded at the same moment"),
        pytest.param(taken(-15_000, 0, 1), 1, id="the first one by a clock that was not set yet"),
        pytest.param(taken(0, 30, 31, 396), 365, id="the year before the newest"),
        pytest.param(taken(0, 30, 31, 396.5), 0, id="more than a year"),
        pytest.param(taken(0, 30, 1), 0, id="a clock that was set back"),
        pytest.param(taken(0, 2) * 2, 2, id="names that come twice"),
    ],
)
def test_a_rhythm_is_the_longest_time_between_two_that_followed_each_other(names: list[RefName], usual: float) -> None:
    assert rhythm(names) == round(usual * DAY)


@pytest.mark.parametrize(
    ("recorded", "collections", "usual", "now", "is_right"),
    [
        pytest.param([0], [], 0, 1, True, id="a day"),
        pytest.param([0], [], 0, 1.25, True, id="a day and a late timer"),
        pytest.param([0], [], 0, 1.26, False, id="more than that"),
        pytest.param([], [], 0, 5, True, id="nothing recorded"),
        pytest.param([], [1, 2, 3], 0, 4, True, id="nothing but collections"),
        pytest.param([], [1, 2, 3], 0, 5, False, id="nothing but collections, and a silence"),
        pytest.param([-9, 0], [], 7, 8.75, True, id="as in other weeks"),
        pytest.param([-9, 0], [], 7, 8.8, False, id="longer than in other weeks"),
        pytest.param([0], [1, 2, 3, 4], 0, 5, True, id="collections saw the time pass"),
        pytest.param([0], [4, 3, 1, 2], 0, 5, True, id="in any order"),
        pytest.param([0], [1, 2, 4], 0, 5, False, id="a collection is missing"),
        pytest.param([0], [30], 0, 30.01, False, id="a collection that was refused is no record"),
        pytest.param([0], [30, *range(31, 43)], 0, 43.9, False, id="nor is a chain that began with it"),
        pytest.param([0], [30, *range(31, 44)], 0, 44, True, id="until it has lasted for the window"),
        pytest.param([0], [30, *range(31, 44), 60], 0, 60, False, id="a second jump"),
        pytest.param([0, 90], [], 0, 1, True, id="a record of the future"),
        pytest.param([0], [90], 0, 91, False, id="a collection of a clock that was ahead, when that time comes"),
        pytest.param([0], [90], 0, 0.5, True, id="and before"),
    ],
)
def test_a_clock_is_borne_out_step_by_step(
    recorded: list[float], collections: list[float], usual: float, now: float, *, is_right: bool
) -> None:
    at = days(now)[0]
    assert is_borne_out(days(*recorded), days(*collections), round(usual * DAY), at, WINDOW) is is_right


GAPS = st.floats(0.01, 300).flatmap(lambda every: st.lists(st.floats(every, every * 1.2), min_size=2, max_size=12))


@given(GAPS, st.floats(0, 1))
def test_a_regular_rhythm_is_never_refused_once_it_was_seen(gaps: list[float], part: float) -> None:
    *before, last = accumulate(gaps, initial=0.0)
    now = before[-1] + (last - before[-1]) * part
    names = taken(*before)
    recorded = [name.created_at for name in names]
    assert is_borne_out(recorded, [], rhythm(names), days(now)[0], WINDOW)


@given(st.lists(st.floats(0, 40), max_size=12), st.floats(1.26, 10_000), st.integers(0, 400))
def test_no_jump_is_borne_out_before_collections_alone_have_seen_a_whole_window_pass(
    waits: list[float], jump: float, every: int
) -> None:
    names = taken(*(number * every / 24 for number in range(5)))
    moment, usual = names[-1].created_at, rhythm(names)
    begin, collections = moment, list[int]()
    ahead = round(max(jump * DAY, max(usual, DAY) * 1.26))
    for wait in waits:
        moment += round(wait * DAY)
        if is_borne_out([begin], collections, usual, moment + ahead, WINDOW):
            assert moment - begin >= WINDOW
        collections.append(moment + ahead)


def test_a_year_has_room_for_a_rhythm_of_months() -> None:
    assert YEAR_MS > 2 * 31 * DAY
