"""What all users' processes together may spend: who needs little always gets it, and the sum has a bound."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.machine.children import Answer
from cortexrepo.machine.purse import ANSWERS, FULL, LEAST, ROWS, SMALL, Purse

needs = st.tuples(st.floats(0, 5), st.integers(0, 100_000))


def spend(demands: list[tuple[float, int]]) -> tuple[list[bool], float, int]:
    """Lets each process take what it needs, at most its share; returns who was read whole, and the sums."""
    purse = Purse(len(demands))
    whole = [False] * len(demands)
    seconds, rows = 0.0, 0
    waiting = list(range(len(demands)))
    for is_last in (False, True):
        again = []
        for position, number in enumerate(waiting):
            if purse.gap(is_first=not is_last):
                continue
            share = purse.large(len(waiting) - position) if is_last else purse.small()
            purse.lend(share)
            need = demands[number]
            took = Answer([], "", min(need[0], share.seconds), 0.0)
            whole[number] = need[0] <= share.seconds and need[1] <= share.rows
            kept = min(need[1], share.rows) if whole[number] or is_last else 0
            purse.settle(share, took, kept, 0)
            seconds, rows = seconds + took.processor, rows + kept
            if not whole[number]:
                again.append(number)
        waiting = again
    return whole, seconds, rows


@given(st.lists(needs, min_size=1, max_size=60))
def test_who_needs_little_is_read_whole_and_the_sum_has_a_bound(demands: list[tuple[float, int]]) -> None:
    small = Purse(len(demands)).small()
    whole, seconds, rows = spend(demands)
    for is_whole, (time, packages) in zip(whole, demands, strict=True):
        if time <= small.seconds and packages <= small.rows:
            assert is_whole
    assert seconds <= 10 + 0.1 * len(demands) + LEAST.seconds
    assert rows <= ROWS + LEAST.rows


@given(st.integers(1, 20_000))
def test_a_share_is_never_more_than_the_largest_nor_less_than_the_least(users: int) -> None:
    purse = Purse(users)
    for share, most in ((purse.small(), SMALL), (purse.large(users), FULL)):
        assert LEAST.seconds <= share.seconds <= most.seconds
        assert LEAST.clock <= share.clock <= most.clock
        assert LEAST.rows <= share.rows <= most.rows
        assert LEAST.answer <= share.answer <= most.answer


@pytest.mark.parametrize(
    ("answer", "rows", "size", "reason"),
    [
        (Answer([], "", 1e6, 0.0), 0, 0, "the processor time"),
        (Answer([], "", 0.0, 1e6), 0, 0, "the time"),
        (Answer([], "", 0.0, 0.0), ROWS, 0, "the number of packages"),
        (Answer([], "", 0.0, 0.0), 0, ANSWERS, "the memory"),
    ],
)
def test_what_is_used_up_is_named(answer: Answer, rows: int, size: int, reason: str) -> None:
    purse = Purse(9)
    share = purse.small()
    purse.lend(share)
    assert purse.gap() == ""
    purse.settle(share, answer, rows, size)
    assert purse.gap() == f"{reason} for all users together is used up"


@given(st.integers(5, 1000))
def test_who_does_not_stop_at_a_first_share_takes_none_of_the_others_away(users: int) -> None:
    purse = Purse(users)
    for _ in range(users - 1):
        share = purse.small()
        purse.lend(share)
        purse.settle(share, Answer([], "", 2 * share.seconds + 0.1, 0.0), 0, 0)
    assert purse.gap(is_first=True) == ""
