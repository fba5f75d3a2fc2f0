"""Moments in the zone of who reads, and how long ago they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.times import DAY, clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.formats.text.style import Style

_UNITS = (
    (365 * DAY, "year"),
    (30 * DAY, "month"),
    (7 * DAY, "week"),
    (DAY, "day"),
    (3600, "hour"),
    (60, "minute"),
    (1, "second"),
)


def local(moment_ms: int, style: Style) -> str:
    """Returns local time to the second: `2026-03-01 13:00:00`."""
    return clock(moment_ms // 1000 + style.zone(moment_ms), " ")


def locals_of(moments: Iterable[int], style: Style) -> list[str]:
    """Returns the local time of each moment, as `local` does; fast, for there are very many."""
    hours: dict[int, str] = {}
    found = []
    for moment in moments:
        hour, rest = divmod(moment // 1000 + style.zone(moment), 3600)
        begun = hours.get(hour)
        if begun is None:
            hours[hour] = begun = clock(hour * 3600, " ")[:-5]
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


def dated(moment_ms: int, style: Style) -> str:
    """Returns a moment for a table: as `when`, but more than a day away its date and time to the minute."""
    if style.width is None or abs(style.now_ms - moment_ms) >= DAY * 1000:
        return local(moment_ms, style)[: None if style.width is None else -len(":00")]
    return relative(moment_ms, style.now_ms)


def when(moment_ms: int, style: Style) -> str:
    """Returns a relative time for a terminal; for a pipe or a file, where it would soon be wrong, local time."""
    return local(moment_ms, style) if style.width is None else relative(moment_ms, style.now_ms)
