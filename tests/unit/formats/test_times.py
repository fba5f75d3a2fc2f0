from __future__ import annotations

import calendar
import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.formats.text.moments import dated, local, relative, when, zoned
from cortexrepo.formats.text.style import Style
from cortexrepo.formats.times import iso

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@given(st.datetimes(timezones=st.just(dt.UTC)))
def test_iso_says_what_datetime_says(moment: dt.datetime) -> None:
    milliseconds = (moment - EPOCH) // dt.timedelta(milliseconds=1)
    assert iso(milliseconds) == moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@given(st.integers(-(10**14), 10**15))
def test_every_moment_has_a_date_also_beyond_the_years_of_datetime(milliseconds: int) -> None:
    found = re.fullmatch(r"(-?\d{3,})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z", iso(milliseconds))
    assert found is not None
    year, month, day, hour, minute, second, rest = map(int, found.groups())
    assert 1 <= day <= calendar.monthrange(year, month)[1]
    days = 365 * (year - 1970) + calendar.leapdays(1970, year) + day - 1
    days += sum(calendar.monthrange(year, earlier)[1] for earlier in range(1, month))
    assert (((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + rest == milliseconds


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (-62_135_596_800_001, "0000-12-31T23:59:59.999Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        ((1 << 44) - 1, "2527-06-23T06:20:44.415Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000, "10000-01-01T00:00:00.000Z"),
    ],
)
def test_moments_at_the_ends_of_calendars_are_said(milliseconds: int, text: str) -> None:
    assert iso(milliseconds) == text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (0.9, "now"),
        (1, "1 second ago"),
        (59.9, "59 seconds ago"),
        (60, "1 minute ago"),
        (7199, "1 hour ago"),
        (7200, "2 hours ago"),
        (86400 * 6, "6 days ago"),
        (86400 * 7, "1 week ago"),
        (86400 * 45, "1 month ago"),
        (86400 * 800, "2 years ago"),
        (-0.9, "now"),
        (-60, "in 1 minute"),
    ],
)
def test_relative_times_are_in_their_largest_unit(seconds: float, words: str) -> None:
    now = 1_800_000_000_000
    assert relative(now - int(seconds * 1000), now) == words


def test_local_time_follows_the_zone() -> None:
    east = Style(zone=lambda _: 19_800)
    west = Style(zone=lambda _: -12_600)
    assert local(0, east) == "1970-01-01 05:30:00"
    assert zoned(0, east) == "1970-01-01 05:30:00 +0530"
    assert zoned(0, west) == "1969-12-31 20:30:00 -0330"


def test_a_pipe_gets_times_that_stay_true() -> None:
    assert when(0, Style(now_ms=1000)) == "1970-01-01 00:00:00"
    assert when(0, Style(width=80, now_ms=1000)) == "1 second ago"


@pytest.mark.parametrize(
    ("hours", "words"), [(0, "now"), (23, "23 hours ago"), (24, "2026-02-28 12:00"), (-24, "2026-03-02 12:00")]
)
def test_a_table_on_a_terminal_has_dates_beyond_a_day(hours: int, words: str) -> None:
    now = int(dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC).timestamp()) * 1000
    moment = now - hours * 3_600_000
    assert dated(moment, Style(width=80, now_ms=now)) == words
    assert dated(moment, Style(now_ms=now)) == local(moment, Style())
