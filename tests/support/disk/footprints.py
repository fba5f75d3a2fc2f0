"""Which calls of different processes can notice one another: only before those does a schedule make a difference."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from support.disk.process import Call

Place = tuple[str, str]
"""`name` and a path: what a name stands for; `list` and a path: which names are there; `lock` and a file's own name."""

_LISTS = {"names", "next name"}
_CHANGES = {"create", "link", "rename", "rename_new", "unlink", "make_directory", "remove_directory", "write"}
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


class Footprints:
    """What each process of a line-up looks at and changes, and until which call of its own.

    What is found counts only from `take_up` on, so that schedules explored together stop at the same calls.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[int, str, str, str], int] = {}
        self._known: dict[tuple[int, str, str, str], int] = {}
        self._looking: dict[Place, dict[int, int]] = {}
        self._changing: dict[Place, dict[int, int]] = {}
        self._passed: dict[tuple[int, str, str, str], list[int]] = {}
        self.decisive = True
        """Whether another process may be chosen before the next call; where none may, a stop makes no difference."""

    def take_up(self) -> bool:
        """Has what was found since the last time count; False when that makes no call matter that did not before.

        Then the schedules that were explored last stopped at the same calls as they would now.
        """
        later = {key: at for key, at in self._found.items() if at > self._known.get(key, -1)}
        for key, at in later.items():
            self._known[key] = at + _SLACK
            number, *call = key
            looks, changes = _places(*call)
            for places, until in ((looks | changes, self._looking), (changes, self._changing)):
                for place in places:
                    by = until.setdefault(place, {})
                    by[number] = max(by.get(number, 0), at + _SLACK)
        missed = not self._known or any(self._matters(key, made) for key, made in self._passed.items())
        self._passed.clear()
        return missed

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
        if not self._known:
            return True
        if self._matters(key, made):
            return True
        if self.decisive:
            # The earliest moments: what matters at none of them matters at no later one.
            earliest = self._passed.get(key)
            self._passed[key] = [*made] if earliest is None else [*map(min, earliest, made)]
        return False

    def _matters(self, key: tuple[int, str, str, str], made: list[int]) -> bool:
        number, *call = key
        looks, changes = _places(*call)
        return any(self._others(number, place, self._changing, made) for place in looks) or any(
            self._others(number, place, self._looking, made) for place in changes
        )

    @staticmethod
    def _others(number: int, place: Place, until: dict[Place, dict[int, int]], made: list[int]) -> bool:
        by = until.get(place)
        return by is not None and any(last >= made[who] and who != number for who, last in by.items())
