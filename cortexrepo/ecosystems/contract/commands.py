"""How a person would bring a package back by hand: words of a command line. Nothing here runs one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from cortexrepo.model.diff import Change
    from cortexrepo.model.package import Package

    Verb = Literal["install", "remove"]


class Commands(Protocol):
    """The facet `commands`: a module of these functions."""

    def owner(self, change: Change) -> str:
        """Returns whose a package is, where it is not this package manager's to change; else an empty string."""
        ...

    def head(self, verb: Verb, environment: str, *, downgrades: bool) -> list[str]:
        """Returns the words before the packages.

        Args:
            verb: What is done to them.
            environment: The path of the environment; empty where there is one for the machine.
            downgrades: Whether one of the packages becomes older.
        """
        ...

    def clearance(self, package: Package) -> list[str]:
        """Returns the command that removes what a removed package has left; empty where the user has no such one."""
        ...

    def word(self, package: Package, verb: Verb) -> str:
        """Returns the word for one package, at exactly its version where it is put in."""
        ...
