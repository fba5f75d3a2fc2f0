"""Which calls of different processes can notice one another: only before those does a schedule make a difference."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.disk.process import Call

Place = tuple[str, str]
"""`name` and a path: what a name stands for; `list` and a path: which names are there; `lock` and a file's own name."""

_LISTS = {"names", "next name"}
_CHANGES = {"create", "link", "rename", "rename_new", "exchange", "unlink", "make_directory",
            "remove_directory", "write"}  # fmt: skip
_LOCKS = {"hold", "release", "flock", "wait"}


@functools.lru_cache(100_000)
def _places(name: str, path: str, source: str) -> tuple[frozenset[Place], frozenset[Place]]:
    """Returns what a call looks at, and what it changes."""
    above, _, own = path.rpartition("/")
    looks: set[Place] = {("name", above)}
    changes: set[Place] = set()
    if name in _CHANGES:
        changes |= {("name", path), ("list", above)}
        looks |= {("list", path)} if name == "remove_directory" else set()
    elif name in _LOCKS:
        changes |= {("lock", own)}
    else:
        looks |= {("name", path), ("list", path)} if name in _LISTS else {("name", path)}
        looks |= {("lock", own)} if name == "abandoned" else set()
    if source and name != "link":
        changes |= {("name", source), ("list", source.rpartition("/")[0])}
    looks |= {("name", source)} if source else set()
    return frozenset(looks), frozenset(changes)


_SLACK = 16
"""Calls may come somewhat later in a schedule that was not seen yet; only beyond that is everything explored again."""


Key = tuple[int, str, str, str]
"""A process's number, and a call of it: its name, its path, its source."""


class _Reach:
    """Which places processes look at and change, and each until which call of its own."""

    def __init__(self) -> None:
        self._looking: dict[Place, dict[int, int]] = {}
        self._changing: dict[Place, dict[int, int]] = {}

    def add(self, key: Key, until: int) -> None:
        number, *call = key
        looks, changes = _places(*call)
        for places, table in ((looks | changes, self._looking), (changes, self._changing)):
            for place in places:
                by = table.setdefault(place, {})
                by[number] = max(by.get(number, 0), until)

    def matters(self, key: Key, made: list[int]) -> bool:
        """Returns whether another process can still make a difference to the call, or the call to it."""
        number, *call = key
        looks, changes = _places(*call)
        return _others(number, looks, self._changing, made) or _others(number, changes, self._looking, made)


def _others(number: int, places: frozenset[Place], table: dict[Place, dict[int, int]], made: list[int]) -> bool:
    for place in places:
        by = table.get(place)
        if by is not None:
            for who, last in by.items():
                if last >= made[who] and who != number:
                    return True
    return False


class Footprints:
    """What each process of a line-up looks at and changes, and until which call of its own.

    What is found counts only from `take_up` on, so that schedules explored together stop at the same calls.

    Attributes:
        decisive: Whether another process may be chosen before the next call; where none may, a stop changes nothing.
        news: Whether anything was found since `take_up`.
    """

    def __init__(self) -> None:
        self._found: dict[Key, int] = {}
        self._known: dict[Key, int] = {}
        self._reach = _Reach()
        self._passed: dict[Key, list[int]] = {}
        self.decisive = True
        self.news = False

    def take_up(self) -> None:
        """Has what was found since the last time count."""
        for key, at in self._later():
            self._known[key] = at + _SLACK
            self._reach.add(key, at + _SLACK)
        self._passed.clear()
        self.news = False

    def missed(self) -> bool:
        """Returns whether a call that processes passed matters, after all that was found since `take_up`."""
        self.news = False
        later = _Reach()
        for key, at in self._later():
            later.add(key, at + _SLACK)
        return any(later.matters(key, made) for key, made in self._passed.items())

    def _later(self) -> list[tuple[Key, int]]:
        return [(key, at) for key, at in self._found.items() if at > self._known.get(key, -1)]

    def matters(self, number: int, call: Call, made: list[int]) -> bool:
        """Returns whether any other process could still make a difference to the call, or the call to it.

        As long as nothing is known every call matters.

        Args:
            number: Whose call it is.
            call: What it is about to do.
            made: How many calls each process has come to.
        """
        key = number, call.name, call.path, call.source
        if self._found.get(key, -1) < made[number]:
            self._found[key] = made[number]
            self.news |= made[number] > self._known.get(key, -1)
        if not self._known or self._reach.matters(key, made):
            return True
        if self.decisive:
            # The earliest moments: what matters at none of them matters at no later one.
            earliest = self._passed.get(key)
            self._passed[key] = [*made] if earliest is None else [*map(min, earliest, made)]
        return False
