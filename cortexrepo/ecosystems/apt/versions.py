"""The order of Debian versions, as deb-version(7) defines it, extended to any two strings.

What dpkg would refuse is still ordered: a prefix before a colon that is no number is part of the version, and
characters that no version may hold sort after the letters by code point.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.versions import ordered

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.versions import Test

_DIGITS = "0123456789"
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PAIR = re.compile("([^0-9]*)([0-9]*)")
_OTHERS = 256
"""What is added to a character that is not a letter, so that it sorts after all of them."""

Number = tuple[int, str]
"""A number as its count of digits and its digits: any length, and never turned into an int, which has a limit."""

Pair = tuple[tuple[int, ...], Number]
"""One step of the comparison: a run of characters that are not digits, then a run of digits."""

Key = tuple[Number, tuple[Pair, ...], tuple[Pair, ...]]


def compare(before: str, after: str) -> int:
    """Returns -1, 0 or 1 as `before` is older than, equal to or newer than `after`; total."""
    if before == after:
        return 0
    first, second = key(before), key(after)
    return (first > second) - (first < second)


def condition(operator: str, version: str) -> Test | None:
    """See `Versions.condition`: dpkg's order."""
    return ordered(compare, operator, version)


def key(version: str) -> Key:
    """Returns a value that sorts as dpkg sorts versions; versions that dpkg calls equal have equal keys."""
    epoch, colon, rest = version.partition(":")
    if not colon or epoch.strip(_DIGITS):
        epoch, rest = "", version
    upstream, hyphen, revision = rest.rpartition("-")
    if not hyphen:
        upstream, revision = rest, ""
    return _number(epoch), _pairs(upstream), _pairs(revision)


def _number(digits: str) -> Number:
    significant = digits.lstrip("0")
    return len(significant), significant


def _weight(character: str) -> int:
    if character == "~":
        return -1
    return ord(character) if character in _LETTERS else ord(character) + _OTHERS


@lru_cache(1 << 10)
def _weights(run: str) -> tuple[int, ...]:
    # The 0 is the end of a run: before every letter, after the tilde.
    return (*map(_weight, run), 0)


def _pairs(part: str) -> tuple[Pair, ...]:
    # The end of a part is found as an empty run and no number: so that "1~" is before "1", and "1a" after it.
    found = tuple([(_weights(run), _number(digits)) for run, digits in _PAIR.findall(part)])
    return found if part else found * 2
