"""Whose files on a machine are: a package manager of the system may own what another one finds in a directory.

Where no ecosystem has this facet, nobody can tell. Whoever asks then says that this is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.machine.files import System

UNKNOWN = "it is not known which of these packages belong to a package manager of the system"
"""What is said where no ecosystem has the facet."""


class Owning(Protocol):
    """The facet `owned`: a module of these functions, for an ecosystem with one environment for the machine."""

    def is_used(self, system: System) -> bool:
        """Returns whether this package manager keeps lists of its packages' files on a machine; raises OSError."""
        ...

    def owned(self, system: System, paths: Iterable[str], among: Sequence[str] = ()) -> set[str]:
        """Returns those of `paths` that some package of this package manager owns.

        It reads the lists one by one, which takes a while: ask only for what nothing cheaper can tell.

        Args:
            system: The machine.
            paths: The paths, as the package brought them: no link is followed.
            among: Names of the packages that come into question, the likeliest first. A name that ends in `*` stands
                for all that begin so. Empty for every package.

        Raises:
            OSError: A list cannot be read. Its `filename` names the list, or the place of all lists.
        """
        ...
