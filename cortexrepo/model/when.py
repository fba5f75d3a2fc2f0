"""Times as people write them, everywhere in this tool: docs/times.md has the grammar.

A moment (`2026-03-01`, `yesterday 18:00`, `2 weeks ago`, `12h`), or a length of time: of a moment, the time since.
"""

from __future__ import annotations

import datetime as dt

from cortexrepo.errors import RequestError, RevisionError
from cortexrepo.model.duration import length

HINT = "write 2026-03-01, '2026-03-01 12:00', yesterday, 'last monday', 12h, 2w or '2 weeks ago'"
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def parse_when(text: str, now_ms: int, *, end_of_day: bool = True) -> int:
    """Returns the moment that `text` names, in milliseconds since 1970.

    A word or date without a time of day means that whole day in local time: its last millisecond, or its first one when
    `end_of_day` is false. A number of units is exact, and so long ago. A time without a zone is local.

    Raises:
        RevisionError: It is not a moment.
    """
    word = " ".join(text.lower().split())
    found = now_ms if word == "now" else _ago(word, now_ms)
    if found is None:
        today = dt.datetime.fromtimestamp(now_ms / 1000).astimezone().date()
        found = _moment(text.strip(), word, today)
        if found is None and (day := _day(word, today)) is not None:
            start = dt.datetime.combine(day + dt.timedelta(days=1) if end_of_day else day, dt.time()).astimezone()
            found = int(start.timestamp() * 1000) - (1 if end_of_day else 0)
    if found is None:
        raise RevisionError(f"not a time: {text!r:.80}", hint=HINT)
    return found


def parse_length(text: str, now_ms: int) -> int:
    """Returns a length of time in milliseconds: 0 for `now`; of a moment the time since, and of a day since it began.

    Raises:
        RequestError: It is not a length of time, or a moment in the future.
    """
    if text.strip() == "0":
        return 0
    found = length(text)
    if found is not None:
        return found
    try:
        moment = parse_when(text, now_ms, end_of_day=False)
    except RevisionError as error:
        raise RequestError(str(error), hint=error.hint) from None
    if moment > now_ms:
        raise RequestError(f"a time in the future: {text!r:.80}", hint=HINT)
    return now_ms - moment


def _ago(word: str, now_ms: int) -> int | None:
    found = length(word)
    return None if found is None else max(0, now_ms - found)


def _moment(text: str, word: str, today: dt.date) -> int | None:
    """Returns a moment with a time of day: a date's, a word's, or today's."""
    if ":" not in word:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        name, _, clock = word.rpartition(" ")
        day = _day(name or "today", today)
        found = _clock(clock)
        if day is None or found is None:
            return None
        moment = dt.datetime.combine(day, found)
    try:
        return max(0, int(moment.astimezone().timestamp() * 1000))
    except (ValueError, OverflowError):
        return None


def _clock(text: str) -> dt.time | None:
    try:
        return dt.time.fromisoformat(text if text[1:2] != ":" else f"0{text}")
    except ValueError:
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
