"""Several texts as one for people: the first few, and how many more there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def names(found: Sequence[str], most: int, shown: Callable[[str], str] = str) -> str:
    """Returns `a, b and 3 more`, of each name what `shown` makes of it."""
    more = len(found) - most
    return ", ".join(map(shown, found[:most])) + (f" and {more} more" if more > 0 else "")


def reasons(found: Sequence[str], most: int) -> str:
    """Returns `a; b; and 3 more`."""
    more = len(found) - most
    return "; ".join(found[:most]) + (f"; and {more} more" if more > 0 else "")
