"""Moments as people write them: `2026-03-01`, `2026-03-01 12:00`, `yesterday`, `last monday`, `2 weeks ago`."""

from __future__ import annotations

import datetime as dt

from cortexrepo.errors import RevisionError

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2629746, "year": 31556952}
"""Seconds; a month and a year are the Gregorian calendar's mean ones."""


def parse_when(text: str, now_ms: int, *, end_of_day: bool = True) -> int:
    """Returns the moment that `text` names, in milliseconds since 1970.

    A word or date without a time of day means that whole day in local time: its last millisecond, or its first one when
    `end_of_day` is false. `N UNITS ago` is exact. A time without a zone is local.

    Raises:
        RevisionError: It is not a moment.
    """
    word = " ".join(text.lower().split())
    now = dt.datetime.fromtimestamp(now_ms / 1000).astimezone()
    found = _ago(word, now_ms)
    if found is None:
        found = _moment(text.strip(), word)
    if found is not None:
        return found
    day = _day(word, now.date())
    if day is None:
        raise RevisionError(
            f"not a date: {text!r:.80}",
            hint="write 2026-03-01, '2026-03-01 12:00', yesterday, 'last monday' or '2 weeks ago'",
        )
    start = dt.datetime.combine(day + dt.timedelta(days=1) if end_of_day else day, dt.time()).astimezone()
    return int(start.timestamp() * 1000) - (1 if end_of_day else 0)


def _ago(word: str, now_ms: int) -> int | None:
    if word == "now":
        return now_ms
    parts = word.split(" ")
    if len(parts) != 3 or parts[2] != "ago" or len(parts[0]) > 6:  # noqa: PLR2004 -- "2 weeks ago", no larger number
        return None
    count = {"a": 1, "an": 1, "one": 1}.get(parts[0]) or (
        int(parts[0]) if parts[0].isascii() and parts[0].isdigit() else None
    )
    seconds = _UNITS.get(parts[1].removesuffix("s"))
    if count is None or seconds is None:
        return None
    return max(0, now_ms - count * seconds * 1000)


def _moment(text: str, word: str) -> int | None:
    if ":" not in word:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
        return max(0, int(moment.astimezone().timestamp() * 1000))
    except (ValueError, OverflowError):
        return None


def _day(word: str, today: dt.date) -> dt.date | None:
    if word == "today":
        return today
    if word == "yesterday":
        return today - dt.timedelta(days=1)
    name = word.removeprefix("last ")
    if name in _DAYS:
        return today - dt.timedelta(days=(today.weekday() - _DAYS.index(name) - 1) % 7 + 1)
    try:
        day = dt.date.fromisoformat(word)
    except ValueError:
        return None
    return day if dt.date(1971, 1, 1) <= day <= dt.date(9998, 1, 1) else None
