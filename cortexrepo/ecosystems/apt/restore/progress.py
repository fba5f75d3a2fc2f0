"""How far dpkg has come: `3 of 12` before each line of it that says what it does to a package."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.ecosystems.apt.names import Orders

    Told = Callable[[str], None]

_PUT = ("Unpacking", "Setting up")
_TAKE = ("Removing",)
_DOES = re.compile(r"(Unpacking|Setting up|Removing) ([a-z0-9][a-z0-9+.-]*)(?::[a-z0-9-]+)? \(")
_FETCHES = re.compile(r"Get:(\d+) ")


def counted(told: Told, asked: Orders) -> Told:
    """Returns what is given dpkg's lines and hands them on, with a number: of two for each package that comes."""
    left = Counter((what, row.name) for row in asked.put for what in _PUT)
    left.update((what, row.name) for row in asked.take for what in _TAKE)
    total = left.total()

    def tell(line: str) -> None:
        found = _DOES.match(line)
        if found is not None and left[found[1], found[2]] > 0:
            left[found[1], found[2]] -= 1
            line = f"{total - left.total()} of {total}  {line}"
        told(line)

    return tell


def fetched(told: Told, total: int) -> Told:
    """Returns what is given apt's lines while it downloads so many files, and hands them on with their number."""

    def tell(line: str) -> None:
        found = _FETCHES.match(line)
        told(line if found is None else f"{found[1]} of {total}  {line}")

    return tell
