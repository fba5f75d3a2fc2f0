"""Which part of a machine one reader searches, and what it leaves to a reader with another user's rights."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Place(NamedTuple):
    """A place that one reader found and may not open, for the reader of the user whose place it is.

    Attributes:
        ecosystem: Whose search found it.
        path: The path that the search came to.
        look: Takes a search of the ecosystem and makes it look at this place, as the first one would have done.
    """

    ecosystem: str
    path: str
    look: Callable[[Any], None]


class Task(NamedTuple):
    """What one user's process reads: whose rights it has, the homes, and the places that root's search left to it."""

    user: int
    homes: tuple[str, ...]
    places: tuple[Place, ...]

    @property
    def grounds(self) -> tuple[str, ...]:
        """The paths that may not be searched to the end."""
        return tuple(dict.fromkeys((*self.homes, *(place.path for place in self.places))))


class Scope:
    """What one reader searches. A system without a scope is searched as a whole.

    Attributes:
        is_wide: The places of the system, and what variables name, are searched too.
        homes: The home directories to search.
        places: Places that another reader left to this one.
        user: Whose environments count, or None for those of everybody.
        elsewhere: Environments that another reader has found already.
        left: The places that are left to others, each with the user whose rights it is to be read with.
    """

    def __init__(
        self,
        *,
        is_wide: bool,
        homes: tuple[str, ...] = (),
        places: tuple[Place, ...] = (),
        user: int | None = None,
        elsewhere: frozenset[str] = frozenset(),
    ) -> None:
        """Takes the attributes; nothing is left to others yet."""
        self.is_wide = is_wide
        self.homes = homes
        self.places = places
        self.user = user
        self.elsewhere = elsewhere
        self.left: list[tuple[int, Place]] = []
