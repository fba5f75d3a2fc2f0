"""The order of versions by Semantic Versioning 2.0.0, made total: any two strings can be compared."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.versions import ORDERS

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.versions import Test

Key = tuple[object, ...]
"""Compares as the version it was made from."""

_BEGINNING = re.compile(r"v?(0|[1-9][0-9]{0,15})(?:\.(0|[1-9][0-9]{0,15}))?")
"""A version of which the last parts were left out."""
_LETTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-")


def compare(before: str, after: str) -> int:
    """Returns a negative number, 0 or a positive number as `before` is older than, equal to or newer than `after`.

    Build metadata does not count, and a leading `v` or `=` is passed over, as npm does. What is not a semantic version
    is older than all that are, and ordered among itself by its text.
    """
    first, second = version_key(before), version_key(after)
    return (first > second) - (first < second)


def condition(operator: str, version: str) -> Test | None:
    """See `Versions.condition`. The last parts may be left out of the version: then it is all that it begins.

    Those are from its first pre-release until before the first pre-release of what comes after them, as npm reckons.
    """
    holds = ORDERS.get(operator)
    part = _BEGINNING.fullmatch(version)
    if holds is None or (part is None and not _is_ordered(version)):
        return None
    if part is None:
        return lambda one: _is_ordered(one) and holds(compare(one, version))
    numbers = [int(number) for number in part.groups() if number is not None]
    lowest, above = _first(numbers), _first([*numbers[:-1], numbers[-1] + 1])

    def within(one: str) -> bool:
        # Before them all, one of them, or after them all.
        return _is_ordered(one) and holds((compare(one, lowest) >= 0) + (compare(one, above) >= 0) - 1)

    return within


def _first(numbers: list[int]) -> str:
    """Returns the first of all versions that begin with these numbers."""
    return ".".join(map(str, [*numbers, 0, 0][:3])) + "-0"


def _is_ordered(text: str) -> bool:
    # The first of a key says whether the rest is ordered as numbers.
    return version_key(text)[0] == 1


def version_key(version: str) -> Key:
    """Returns a key that sorts as the version does."""
    parsed = _parse(version.strip().lstrip("v= "))
    # The leading number decides before values of unlike types can meet.
    return (0, version) if parsed is None else (1, *parsed)


def _parse(text: str) -> Key | None:
    text, plus, build = text.partition("+")
    core, dash, prerelease = text.partition("-")
    numbers = core.split(".")
    if len(numbers) != 3 or not all(_is_number(number) for number in numbers):  # noqa: PLR2004 -- the specification's
        return None
    if plus and not all(_is_identifier(part) for part in build.split(".")):
        return None
    parts = prerelease.split(".") if dash else []
    if not all(_is_identifier(part) and (_is_number(part) or not part.isdigit()) for part in parts):
        return None
    # A version without a pre-release is newer than each of its pre-releases.
    return (*(_number_key(number) for number in numbers), not dash, tuple(_part_key(part) for part in parts))


def _is_identifier(part: str) -> bool:
    return bool(part) and _LETTERS.issuperset(part)


def _is_number(part: str) -> bool:
    return part.isascii() and part.isdigit() and (part == "0" or part[0] != "0")


def _number_key(digits: str) -> tuple[int, str]:
    # Without leading zeros the longer one is the greater; int() refuses very long ones.
    return (len(digits), digits)


def _part_key(part: str) -> tuple[int, int, str]:
    return (0, *_number_key(part)) if part.isdigit() else (1, 0, part)
