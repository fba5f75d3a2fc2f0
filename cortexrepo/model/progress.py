"""How far a long work has come, told to whoever wants to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Progress = Callable[[str, int, int], None]
    """(what is done, how many, of how many); the numbers are 0 where they are not known."""


def untold(_what: str, _done: int, _count: int) -> None:
    """The progress that nobody asked for."""
