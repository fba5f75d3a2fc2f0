"""Where environments were looked for: only a place that was looked at and found empty is known to be empty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.coverage import above
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Covers = Callable[[str, str, str], bool]
    """(ecosystem, environment, its fact `kind`) to whether a look would have shown the environment."""

HOME = "~"
_ANY = "*"
_NOT_FIRST = (".", "@")
"""A `*` at the beginning of a name stands for no name that begins so."""
LIMIT = 4096
"""So many places of one ecosystem are compared; where there are more, none of them counts."""


class Place(NamedTuple):
    """Some names of environments, and what a look there shows.

    Attributes:
        path: The name of an environment, or, beginning with `~/`, one in each home. In each part of it one `*` stands
            for any letters; at the beginning of a part for none that begins with a dot or an `@`.
        kinds: The kinds of environments (the fact `kind`) that the look shows; empty for all.
    """

    path: str
    kinds: tuple[str, ...] = ()


class Looked(NamedTuple):
    """Where one ecosystem was looked for.

    Attributes:
        ecosystem: Its name.
        homes: The homes that were searched to the end, by the names that environments have; sorted.
        places: The places; sorted.
    """

    ecosystem: str
    homes: tuple[str, ...]
    places: tuple[Place, ...]


def is_exact(path: str) -> bool:
    """Returns whether a path that somebody gave can begin a place: it is absolute, and no `*` is in it."""
    return path.startswith("/") and _ANY not in path


def exact(looked: Iterable[Looked]) -> set[str]:
    """Returns the single places, each a path that can be looked at again; not those of homes and patterns."""
    return {place.path for one in looked for place in one.places if is_exact(place.path)}


def coverage(looked: Iterable[Looked]) -> Covers:
    """Returns what says whether a look would have shown an environment."""
    known = {one.ecosystem: _Coverage(one) for one in looked}

    def covers(ecosystem: str, environment: str, kind: str) -> bool:
        one = known.get(ecosystem)
        return one is not None and one.covers(environment, kind)

    return covers


class _Coverage:
    """The places of one ecosystem, by how many parts they have."""

    def __init__(self, looked: Looked) -> None:
        self._homes = frozenset(looked.homes)
        self._places: dict[int, list[tuple[list[str], tuple[str, ...]]]] = {}
        for place in looked.places if len(looked.places) <= LIMIT else ():
            parts = place.path.split("/")
            self._places.setdefault(len(parts), []).append((parts, place.kinds))

    def covers(self, environment: str, kind: str) -> bool:
        if not environment.startswith("/"):
            return False
        names = [environment]
        names += [HOME + environment[len(home) :] for home in above(environment) if home in self._homes]
        return any(self._has(name.split("/"), kind) for name in names)

    def _has(self, names: list[str], kind: str) -> bool:
        return any(
            (not kinds or kind in kinds) and all(map(_is_like, parts, names))
            for parts, kinds in self._places.get(len(names), ())
        )


def _is_like(part: str, name: str) -> bool:
    before, star, after = part.partition(_ANY)
    if not star:
        return part == name
    if not before and name.startswith(_NOT_FIRST):
        return False
    return len(name) >= len(before) + len(after) and name.startswith(before) and name.endswith(after)
