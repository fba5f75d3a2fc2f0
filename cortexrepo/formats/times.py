"""Moments as text. Computed here, so that neither `datetime` nor the clock is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.formats.text.style import Style

_DAY = 86_400
_UNITS = (
    (365 * _DAY, "year"),
    (30 * _DAY, "month"),
    (7 * _DAY, "week"),
    (_DAY, "day"),
    (3600, "hour"),
    (60, "minute"),
    (1, "second"),
)


def iso(moment_ms: int) -> str:
    """Returns UTC in ISO 8601 with milliseconds: `2026-03-01T12:00:00.000Z`."""
    seconds, milliseconds = divmod(moment_ms, 1000)
    return f"{_clock(seconds, 'T')}.{milliseconds:03d}Z"


def local(moment_ms: int, style: Style) -> str:
    """Returns local time to the second: `2026-03-01 13:00:00`."""
    return _clock(moment_ms // 1000 + style.zone(moment_ms), " ")


def locals_of(moments: Iterable[int], style: Style) -> list[str]:
    """Returns the local time of each moment, as `local` does; fast, for there are very many."""
    hours: dict[int, str] = {}
    found = []
    for moment in moments:
        hour, rest = divmod(moment // 1000 + style.zone(moment), 3600)
        begun = hours.get(hour)
        if begun is None:
            hours[hour] = begun = _clock(hour * 3600, " ")[:-5]
        found.append(f"{begun}{rest // 60:02d}:{rest % 60:02d}")
    return found


def zoned(moment_ms: int, style: Style) -> str:
    """Returns local time with its offset from UTC: `2026-03-01 13:00:00 +0100`."""
    minutes = style.zone(moment_ms) // 60
    sign = "-" if minutes < 0 else "+"
    return f"{local(moment_ms, style)} {sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"


def relative(moment_ms: int, now_ms: int) -> str:
    """Returns how long ago a moment was in its largest unit: `2 hours ago`, `in 3 days`, `now`."""
    seconds = (now_ms - moment_ms) // 1000 if now_ms >= moment_ms else -((moment_ms - now_ms) // 1000)
    for size, name in _UNITS:
        count = abs(seconds) // size
        if count:
            words = f"{count} {name}{'' if count == 1 else 's'}"
            return f"{words} ago" if seconds > 0 else f"in {words}"
    return "now"


def when(moment_ms: int, style: Style) -> str:
    """Returns a relative time for a terminal; for a pipe or a file, where it would soon be wrong, local time."""
    return local(moment_ms, style) if style.width is None else relative(moment_ms, style.now_ms)


def _clock(seconds: int, between: str) -> str:
    days, rest = divmod(seconds, _DAY)
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
