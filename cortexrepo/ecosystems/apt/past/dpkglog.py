"""dpkg's log, line by line: `2026-03-01 12:00:00 upgrade openssl:amd64 3.0.15-1 3.0.17-1`. No I/O."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

INSTALL, UPGRADE, REMOVE, PURGE = "install", "upgrade", "remove", "purge"
CONFIGURE, TRIGPROC, DISAPPEAR = "configure", "trigproc", "disappear"
STATUS, STARTUP, OTHER = "status", "startup", "other"

_ACTIONS = frozenset((INSTALL, UPGRADE, REMOVE, PURGE, CONFIGURE, TRIGPROC, DISAPPEAR))
_WORDS = 6
_STARTUP_WORDS = 5
_FEWEST = 4
_DAY = 86_400


class Line(NamedTuple):
    """One line of dpkg's log.

    Attributes:
        clock: What the machine's clock showed, in seconds since 1970 as if it were UTC.
        verb: An action, `STATUS`, `STARTUP`, or `OTHER` for a line that says nothing about a package.
        name: The package; for `STARTUP` what the run is about: `archives` or `packages`.
        arch: Its architecture; empty in a log from before 2012, and for the `dpkg` that debootstrap feigns to be there.
        state: dpkg's word for the new state, for `STATUS`; for `STARTUP` what the run does to them.
        version: The version that the package has; empty where it has none.
        new: The version that an action is about to give it; empty where there is none.
    """

    clock: int
    verb: str
    name: str = ""
    arch: str = ""
    state: str = ""
    version: str = ""
    new: str = ""


def parse(raw: bytes) -> Line | None:
    """Returns what a line says, or None for one that dpkg does not write like this: cut off, run together, garbage.

    dpkg before 1.16.2 wrote no architectures. A line about something else than a package's state (`conffile`), or of a
    kind that only a newer dpkg writes, is `OTHER`.
    """
    words = _words(raw.decode("utf-8", "replace"))
    if len(words) < _FEWEST:
        return None
    clock = seconds(words[0], words[1])
    if clock is None:
        return None
    verb = words[2]
    if verb == STATUS or verb in _ACTIONS:
        return _about(clock, words) if len(words) == _WORDS else None
    if verb == STARTUP:
        return Line(clock, STARTUP, words[3], state=words[4]) if len(words) == _STARTUP_WORDS else None
    return Line(clock, OTHER) if verb.isascii() and verb.isalpha() else None


def _words(line: str) -> list[str]:
    """Returns the words of a line; `<none>` is one word, also in a language in which it is several."""
    words: list[str] = []
    for word in line.split(" "):
        if len(words) >= _FEWEST and words[-1].startswith("<") and not words[-1].endswith(">"):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def seconds(date: str, time: str) -> int | None:
    """Returns what a clock showed in seconds since 1970 as if it were UTC; None for what is no date and time.

    Negative for a clock that showed a time before 1970.
    """
    day = _day(date)
    parts = time.split(":")
    if day is None or [len(part) for part in parts] != [2, 2, 2] or not all(map(_is_number, parts)):
        return None
    hour, minute, second = map(int, parts)
    return day * _DAY + hour * 3600 + minute * 60 + second if hour < 24 and minute < 60 and second <= 60 else None  # noqa: PLR2004 -- a clock; 60 is a leap second


@lru_cache(maxsize=1024)
def _day(date: str) -> int | None:
    from datetime import date as calendar

    parts = date.split("-")
    if [len(part) for part in parts] != [4, 2, 2] or not all(map(_is_number, parts)):
        return None
    try:
        return calendar(*map(int, parts)).toordinal() - calendar(1970, 1, 1).toordinal()
    except ValueError:
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _about(clock: int, words: list[str]) -> Line | None:
    _, _, verb, *rest = words
    if not all(word and (_is_none(word) or (word.isascii() and word.isprintable())) for word in rest):
        return None
    if verb == STATUS:
        state, package, version, new = rest[0], rest[1], _version(rest[2]), ""
    else:
        state, package, version, new = "", rest[0], _version(rest[1]), _version(rest[2])
    name, colon, arch = package.partition(":")
    return Line(clock, verb, name, arch, state, version, new) if name and (arch or not colon) else None


def _is_none(word: str) -> bool:
    """Returns whether a word stands for no version: dpkg before 1.20 wrote `<none>` in the administrator's language."""
    return word.startswith("<") and word.endswith(">")


def _version(word: str) -> str:
    return "" if _is_none(word) else word
