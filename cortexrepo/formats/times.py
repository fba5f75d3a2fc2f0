"""Moments in UTC as text. Computed here, so that neither `datetime` nor the clock is needed."""

from __future__ import annotations

DAY = 86_400


def iso(moment_ms: int) -> str:
    """Returns UTC in ISO 8601 with milliseconds: `2026-03-01T12:00:00.000Z`."""
    seconds, milliseconds = divmod(moment_ms, 1000)
    return f"{clock(seconds, 'T')}.{milliseconds:03d}Z"


def clock(seconds: int, between: str) -> str:
    """Returns a moment without a zone, date and time of day with `between` in the middle."""
    days, rest = divmod(seconds, DAY)
    year, month, day = _civil(days)
    return f"{year:04d}-{month:02d}-{day:02d}{between}{rest // 3600:02d}:{rest // 60 % 60:02d}:{rest % 60:02d}"


def _civil(days: int) -> tuple[int, int, int]:
    """Returns the Gregorian date of a day counted from 1970-01-01. Years begin in March, so that leap days end them."""
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    march = (5 * of_year + 2) // 153
    later, month = divmod(march + 2, 12)
    return year + era * 400 + later, month + 1, of_year - (153 * march + 2) // 5 + 1
