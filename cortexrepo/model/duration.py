"""A length of time as a person types it, `12h`, `2 weeks`: the part of docs/times.md that needs no calendar."""

from __future__ import annotations

_SECOND, _DAY = 1000, 86_400_000
_NAMES = {
    _SECOND: ("s", "sec", "second"),
    60 * _SECOND: ("m", "min", "minute"),
    3600 * _SECOND: ("h", "hr", "hour"),
    _DAY: ("d", "day"),
    7 * _DAY: ("w", "week"),
    2_629_746 * _SECOND: ("mo", "month"),
    31_556_952 * _SECOND: ("y", "year"),
}
"""The units in milliseconds; a month and a year are the Gregorian calendar's mean ones."""
_UNITS = {name: unit for unit, names in _NAMES.items() for name in (*names, *(f"{one}s" for one in names[1:]))}
_ONE = ("a", "an", "one")
_DIGITS = 6


def length(text: str) -> int | None:
    """Returns a number of units in milliseconds, with or without `ago`; None for anything else."""
    words = text.lower().split()
    if words[-1:] == ["ago"]:
        words.pop()
    if len(words) == 2 and words[0] in _ONE:  # noqa: PLR2004 -- a number and a unit
        words[0] = "1"
    word = "".join(words)
    unit = word.lstrip("0123456789")
    number = word[: len(word) - len(unit)]
    if not number.isascii() or not 0 < len(number) <= _DIGITS or unit not in _UNITS:
        return None
    return int(number) * _UNITS[unit]
