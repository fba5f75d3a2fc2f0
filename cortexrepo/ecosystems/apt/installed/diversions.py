"""Diversions: files that dpkg puts elsewhere, because another package or a person wants their place. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_LINES = 3
LOCAL = ":"
"""Stands for a person, instead of the name of a package."""


class Diversion(NamedTuple):
    """One diversion: the path, where it is instead, and the package that has it; `LOCAL` for none."""

    source: str
    target: str
    package: str


def parse(data: bytes) -> tuple[list[Diversion], bool]:
    """Returns the diversions in dpkg's file, and whether the file makes sense to its end."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    if lines[-1] == "":
        lines.pop()
    whole = len(lines) - len(lines) % _LINES
    found = [Diversion(*lines[start : start + _LINES]) for start in range(0, whole, _LINES)]
    sound = [one for one in found if one.source.startswith("/") and one.target.startswith("/") and one.package]
    return sound, len(sound) * _LINES == len(lines)


class Diversions:
    """Where dpkg has put the files of a package."""

    def __init__(self, found: Iterable[Diversion]) -> None:
        """Takes all diversions."""
        self._by_source = {one.source: one for one in found}

    def place(self, path: str, package: str) -> str:
        """Returns where a package's file is: its own diversion moves the files of others only."""
        one = self._by_source.get(path)
        return path if one is None or one.package == package else one.target
