"""The order of versions by Semantic Versioning 2.0.0, made total: any two strings can be compared."""

from __future__ import annotations

Key = tuple[object, ...]
"""Compares as the version it was made from."""

_LETTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-")


def compare(before: str, after: str) -> int:
    """Returns a negative number, 0 or a positive number as `before` is older than, equal to or newer than `after`.

    Build metadata does not count, and a leading `v` or `=` is passed over, as npm does. What is not a semantic version
    is older than all that are, and ordered among itself by its text.
    """
    first, second = version_key(before), version_key(after)
    return (first > second) - (first < second)


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
