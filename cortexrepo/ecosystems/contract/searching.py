"""Where an ecosystem's reader looks for environments: a module with this function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cortexrepo.machine.files import System
    from cortexrepo.model.looked import Place


class Searching(Protocol):
    """The facet `searched`, of an ecosystem with several environments."""

    INSIDE: tuple[str, ...]
    """The names of directories in which packages lie: a walk for environments does not go there."""

    def searched(self, variables: Mapping[str, str]) -> tuple[Place, ...]:
        """Returns the places at which `Reader.collect` always looks, with these variables. Pure.

        A place belongs here only where the reader would have found an environment of that name and kind. What the
        reader comes to in another way (a file that names a path) is left out: a snapshot then says nothing of it.
        """
        ...

    def marks(self, system: System, path: str, names: Collection[str]) -> bool:
        """Returns whether a directory that a walk has come to looks like an environment; raises OSError.

        Args:
            system: The machine.
            path: The directory.
            names: What is in it.
        """
        ...
