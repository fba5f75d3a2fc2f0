"""Retention by example: what restic's manual says of the same rules, clocks that jumped, and the hours of two zones."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.retention import (
    DAILY,
    HOURLY,
    LAST,
    MONTHLY,
    NEWEST,
    TAG,
    TAGGED,
    WEEKLY,
    WITHIN,
    YEARLY,
    Reason,
    Rules,
    decide,
    is_bare,
)
from cortexrepo.repository.refs import order

if TYPE_CHECKING:
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.retention import Decision, Zone

HOUR = 3_600_000
DAY = 24 * HOUR
LATER = 8_000_000_000_000
FALL_BACK = int(dt.datetime(2026, 10, 25, 1, tzinfo=dt.UTC).timestamp() * 1000)
"""When the clocks of Berlin go back from 3:00 to 2:00."""


def utc(_moment_ms: int) -> int:
    return 0


def berlin(moment_ms: int) -> int:
    return 7200 if moment_ms < FALL_BACK else 3600


def moment(text: str) -> int:
    """Returns a moment of UTC in milliseconds."""
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp() * 1000)


def taken(*moments: int, machine: str = "0" * 32) -> list[RefName]:
    """Returns the names of snapshots that were taken one after the other when the clock said this, newest first."""
    made = [
        refname.make(number, created, machine, SnapshotId(f"{machine[-8:]}{number:024x}"))
        for number, created in enumerate(moments, 1)
    ]
    return made[::-1]


def kept(names: list[RefName], rules: Rules, now_ms: int = LATER, zone: Zone = utc) -> list[int]:
    """Returns the sequence numbers of those that stay, the oldest first."""
    return [one.name.sequence for one in decide(names, {}, rules, now_ms, zone) if one.stays][::-1]


def reasons(found: tuple[Decision, ...]) -> list[list[str]]:
    return [[reason.rule for reason in decision.reasons] for decision in found]


# -- restic's manual, "Removing snapshots according to a policy"


def test_one_a_sunday_for_twelve_weeks_and_daily_four_keeps_the_last_four_sundays() -> None:
    sundays = taken(*(moment("2019-09-01T11:00:00") + week * 7 * DAY for week in range(12)))
    assert kept(sundays, Rules(daily=4)) == [9, 10, 11, 12]


def test_one_a_day_for_a_hundred_years_keeps_what_the_manual_counts() -> None:
    days = [dt.date(1971, 1, 1) + dt.timedelta(days=number) for number in range(36_524)]
    names = taken(*(moment(f"{day}T12:00:00") for day in days))
    found = decide(names, {}, Rules(daily=7, weekly=5, monthly=12, yearly=75), LATER, utc)

    def of(rule: str) -> list[dt.date]:
        wanted = [one.name.sequence - 1 for one in found if rule in [reason.rule for reason in one.reasons]]
        return [days[number] for number in wanted]

    daily, weekly, monthly, yearly = (of(rule) for rule in (DAILY, WEEKLY, MONTHLY, YEARLY))
    assert daily == days[:-8:-1]
    assert len(weekly) == 5
    assert [day.isoweekday() for day in weekly[1:]] == [7] * 4
    assert len(monthly) == 12
    assert all((day + dt.timedelta(days=1)).day == 1 for day in monthly[1:])
    assert len(yearly) == 75
    assert all((day.month, day.day) == (12, 31) for day in yearly[1:])
    assert sum(one.stays for one in found) == len({*daily, *weekly, *monthly, *yearly})


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (Rules(last=3), [5, 6, 7]),
        (Rules(hourly=2), [6, 7]),
        (Rules(hourly=3), [4, 6, 7]),
        (Rules(daily=2), [4, 7]),
        # Weeks are Monday 00:00 to Sunday 23:59.
        (Rules(weekly=2), [3, 7]),
        (Rules(monthly=2), [2, 7]),
        (Rules(yearly=2), [1, 7]),
        # Only periods that have any are counted.
        (Rules(yearly=9), [1, 7]),
        # A snapshot needs one rule only.
        (Rules(last=1, weekly=2, yearly=2), [1, 3, 7]),
        # Within is reckoned from the latest snapshot, not from the present.
        (Rules(within_ms=2 * HOUR), [5, 6, 7]),
        (Rules(within_ms=DAY), [4, 5, 6, 7]),
    ],
)
def test_a_rule_keeps_what_the_manual_says(rules: Rules, expected: list[int]) -> None:
    names = taken(
        *map(
            moment,
            (
                "2024-12-31T23:59:59",
                "2025-06-30T10:00:00",
                "2025-07-06T23:59:59",
                "2025-07-07T23:10:00",
                "2025-07-08T10:00:00",
                "2025-07-08T10:59:59",
                "2025-07-08T11:00:00",
            ),
        )
    )
    assert kept(names, rules) == expected


def test_what_was_created_in_the_future_stays_and_is_not_what_within_is_reckoned_from() -> None:
    now = moment("2026-03-01T12:00:00")
    names = taken(now - 40 * DAY, now - 5 * DAY, now + 900 * DAY, now - DAY)
    assert kept(names, Rules(within_ms=10 * DAY), now) == [2, 3, 4]
    assert kept(taken(now + DAY, now + 50 * DAY), Rules(within_ms=DAY), now) == [1, 2]


def test_unlike_restic_the_oldest_does_not_stay_because_a_rule_has_room_left() -> None:
    names = taken(*(moment("2026-03-01T00:00:00") + minute * 60_000 for minute in range(3)))
    assert kept(names, Rules(daily=7)) == [3]


# -- what never goes


def test_the_newest_and_the_tagged_stay_under_any_rule_and_say_so() -> None:
    names = taken(1000, 2000, 3000, 4000)
    tags = {names[1].id: ("golden", "tested"), names[2].id: ("old",)}
    found = decide(names, tags, Rules(last=1, tags=("golden", "nowhere")), LATER, utc)
    assert reasons(found) == [[NEWEST, LAST], [TAGGED, TAG], [TAGGED], []]
    assert found[1].reasons[1] == Reason(TAG, "golden")
    assert [decision.never_goes for decision in found] == [True, True, True, False]
    assert [decision.tags for decision in found] == [(), ("golden", "tested"), ("old",), ()]


def test_each_machine_has_its_own_newest_and_its_own_count() -> None:
    one, other = taken(1000, 2000, 3000), taken(1500, 2500, machine="0" * 31 + "1")
    found = decide(list(order.newest_first(order.streams([*one, *other]))), {}, Rules(last=2), LATER, utc)
    assert [decision.name for decision in found if not decision.stays] == [one[-1]]
    assert [decision.name for decision in found if decision.never_goes] == [one[0], other[0]]


def test_without_snapshots_there_is_nothing_to_decide() -> None:
    assert decide([], {}, Rules(daily=7), LATER, utc) == ()


# -- clocks


def test_the_newest_is_the_last_in_the_order_of_its_machine_also_when_the_clock_was_set_back() -> None:
    names = taken(moment("2030-01-01T00:00:00"), moment("2026-01-01T00:00:00"), moment("2026-01-01T01:00:00"))
    found = decide(names, {}, Rules(last=1), LATER, utc)
    assert reasons(found) == [[NEWEST, LAST], [], []]
    assert kept(names, Rules(daily=1)) == [3]
    assert kept(names, Rules(yearly=2)) == [1, 3]


def test_a_period_that_the_clock_comes_back_to_keeps_the_newest_of_its_snapshots_and_no_other() -> None:
    names = taken(*map(moment, ("2026-03-01T10:00:00", "2026-03-02T10:00:00", "2026-03-01T11:00:00")))
    found = decide(names, {}, Rules(daily=5), LATER, utc)
    assert [one.reasons[-1:] for one in found] == [(Reason(DAILY, "2026-03-01"),), (Reason(DAILY, "2026-03-02"),), ()]


# -- zones


def test_a_day_is_a_day_of_local_time() -> None:
    names = taken(moment("2026-07-01T21:59:59"), moment("2026-07-01T22:00:00"))
    assert kept(names, Rules(daily=2), zone=utc) == [2]
    assert kept(names, Rules(daily=2), zone=berlin) == [1, 2]
    assert kept(names, Rules(monthly=2), zone=lambda _: -86_000) == [2]


def test_the_hour_that_comes_twice_when_clocks_go_back_is_two_hours_of_one_day() -> None:
    names = taken(*(FALL_BACK + number * HOUR // 2 for number in range(-4, 4)))
    found = decide(names, {}, Rules(hourly=9, daily=9), LATER, berlin)
    hours = [reason.value for one in found for reason in one.reasons if reason.rule == HOURLY]
    assert hours == [f"2026-10-25T{hour}:00" for hour in ("03+01", "02+01", "02+02", "01+02")]
    assert [reason.value for one in found for reason in one.reasons if reason.rule == DAILY] == ["2026-10-25"]


@pytest.mark.parametrize(
    ("rule", "rules", "value"),
    [
        (HOURLY, Rules(hourly=1), "2027-01-01T04+05:30"),
        (DAILY, Rules(daily=1), "2027-01-01"),
        # The first of January is in the last week of the year before.
        (WEEKLY, Rules(weekly=1), "2026-W53"),
        (MONTHLY, Rules(monthly=1), "2027-01"),
        (YEARLY, Rules(yearly=1), "2027"),
        (LAST, Rules(last=1), ""),
        (WITHIN, Rules(within_ms=1), ""),
    ],
)
def test_a_reason_names_the_rule_and_its_period(rule: str, rules: Rules, value: str) -> None:
    (found,) = decide(taken(moment("2026-12-31T22:45:00")), {}, rules, LATER, lambda _: 19_800)
    assert found.reasons == (Reason(NEWEST), Reason(rule, value))


def test_the_first_and_the_last_moment_that_a_name_can_hold_have_a_period() -> None:
    zones: tuple[Zone, ...] = (lambda _: -86_399, utc, lambda _: 86_399)
    for far in (0, (1 << 44) - 1):
        for zone in zones:
            (found,) = decide(taken(far), {}, Rules(0, 1, 1, 1, 1, 1), LATER, zone)
            assert len(found.reasons) == 6


# -- rules that keep nothing


def test_rules_of_zeros_are_no_rules() -> None:
    assert Rules().is_empty
    assert not Rules(tags=("golden",)).is_empty
    assert not Rules(within_ms=1).is_empty


@pytest.mark.parametrize(
    ("rules", "bare"),
    [
        (Rules(last=1), True),
        (Rules(daily=1), True),
        (Rules(within_ms=HOUR), True),
        (Rules(tags=("golden",)), True),
        (Rules(tags=("typo",)), True),
        (Rules(yearly=1, last=1), True),
        (Rules(last=2), False),
        # One day only so far: tomorrow there are two.
        (Rules(daily=2), False),
        (Rules(within_ms=2 * HOUR), False),
        # Nothing goes.
        (Rules(within_ms=9 * HOUR), False),
    ],
)
def test_rules_are_bare_that_keep_only_what_never_goes(rules: Rules, bare: bool) -> None:  # noqa: FBT001 -- a table
    base = moment("2026-03-01T10:00:00")
    names = taken(*(base + number * HOUR for number in range(4)))
    found = decide(names, {names[3].id: ("golden",)}, rules, LATER, utc)
    assert is_bare(found, rules) is bare
