"""A length of time as a person types it: `now`, `12h`, `14d`, `2 weeks`, `1y`."""

from __future__ import annotations

from cortexrepo.errors import RequestError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "y": 31556952}
"""A year is the Gregorian calendar's mean one, as in `N years ago`."""
_WORDS = {"second": "s", "minute": "m", "hour": "h", "day": "d", "week": "w", "year": "y"}
_DIGITS = 6


def parse_duration(text: str) -> int:
    """Returns the length in milliseconds; 0 for `now`.

    Raises:
        RequestError: It is not a length of time.
    """
    word = "".join(text.lower().split())
    if word in {"now", "0"}:
        return 0
    number = word.rstrip("abcdefghijklmnopqrstuvwxyz")
    unit = word[len(number) :]
    unit = _WORDS.get(unit.removesuffix("s"), unit)
    if number.isascii() and number.isdigit() and len(number) <= _DIGITS and unit in _SECONDS:
        return int(number) * _SECONDS[unit] * 1000
    raise RequestError(f"not a length of time: {text!r:.80}", hint="write now, 12h, 14d, 2w or 1y")
