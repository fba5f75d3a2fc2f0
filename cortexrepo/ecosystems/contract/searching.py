"""Where an ecosystem's reader looks for environments: a module with this function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.model.looked import Place


class Searching(Protocol):
    """The facet `searched`, of an ecosystem with several environments."""

    def searched(self, variables: Mapping[str, str]) -> tuple[Place, ...]:
        """Returns the places at which `Reader.collect` always looks, with these variables. Pure.

        A place belongs here only where the reader would have found an environment of that name and kind. What the
        reader comes to in another way (a file that names a path) is left out: a snapshot then says nothing of it.
        """
        ...
