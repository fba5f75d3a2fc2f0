"""Moments in UTC as text."""

from __future__ import annotations

import datetime as dt

DAY = 86_400
_START = dt.datetime(1970, 1, 1)  # noqa: DTZ001 -- what is added to it is in whatever zone the caller shows
_YEARS = 400
_ERA = 146_097 * DAY
"""The seconds of 400 years, after which the calendar repeats: so there is a date for moments beyond year 9999 too."""


def iso(moment_ms: int) -> str:
    """Returns UTC in ISO 8601 with milliseconds: `2026-03-01T12:00:00.000Z`."""
    seconds, milliseconds = divmod(moment_ms, 1000)
    return f"{clock(seconds, 'T')}.{milliseconds:03d}Z"


def clock(seconds: int, between: str) -> str:
    """Returns a moment without a zone, date and time of day with the character `between` in the middle."""
    eras, rest = divmod(seconds, _ERA)
    moment = _START + dt.timedelta(seconds=rest)
    return f"{moment.year + eras * _YEARS:04d}{moment.isoformat(between)[4:]}"
