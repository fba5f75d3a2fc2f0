"""What an ecosystem knows of versions: which of two is newer, and which ones meet a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    Test = Callable[[str], bool]
    """Whether a version meets a condition."""
    Compare = Callable[[str, str], int]
    """A negative number, 0 or a positive number as the first is older than, equal to or newer than the second."""

ORDERS: dict[str, Callable[[int], bool]] = {
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">": lambda order: order > 0,
    ">=": lambda order: order >= 0,
}
"""Operators to whether they hold, given the order of a version and the one in the condition."""


class Versions(Protocol):
    """The facet `versions`: a module of these functions. Without it an ecosystem's versions have no order."""

    def compare(self, before: str, after: str) -> int:
        """Returns a negative number, 0 or a positive number as `before` is older than, equal to or newer than `after`.

        By the ecosystem's own rules; total: any two strings can be compared.
        """
        ...

    def condition(self, operator: str, version: str) -> Test | None:
        """Returns the test for one condition, such as `<` and `2.32`, or None where it makes no sense here.

        Args:
            operator: One of `==`, `!=`, `<`, `<=`, `>`, `>=` and `~=`.
            version: What stands behind it, without white space.
        """
        ...


def ordered(compare: Compare, operator: str, version: str) -> Test | None:
    """Returns the condition of an ecosystem whose operators say no more than its order does."""
    holds = ORDERS.get(operator)
    return None if holds is None else lambda one: holds(compare(one, version))
