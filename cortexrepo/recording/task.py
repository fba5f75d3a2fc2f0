"""What is left for the process of one user."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cortexrepo.machine.scope import Place


class Task(NamedTuple):
    """What one user's process reads: whose rights it has, the homes, and the places that root's search left to it."""

    user: int
    homes: tuple[str, ...]
    places: tuple[Place, ...]

    @property
    def grounds(self) -> tuple[str, ...]:
        """The paths that may not be searched to the end."""
        return tuple(dict.fromkeys((*self.homes, *(place.path for place in self.places))))
