"""Where a package manager of the system gets packages from, for which architectures, and whom it trusts.

Where no ecosystem has this facet, nobody knows. Whoever asks then says that this is unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.machine.files import System

UNKNOWN = "it is not known where the packages of the system come from"
"""What is said where no ecosystem has the facet."""


class Supply(NamedTuple):
    """What the files of one package manager say. Each path is that of a file whose content counts.

    Attributes:
        native: The machine's own architecture; empty where that is not known, or nothing is installed.
        foreign: The other architectures whose packages can be installed.
        sources: The lists of sources. They are text, and may hold credentials.
        keyrings: The files of keys of sources.
        preferences: The files of preferences (pins).
        problems: One line for each thing that could not be read, and for each setting that makes it unknown where the
            files are.
    """

    native: str
    foreign: tuple[str, ...]
    sources: tuple[str, ...]
    keyrings: tuple[str, ...]
    preferences: tuple[str, ...]
    problems: tuple[str, ...]


class Supplying(Protocol):
    """The facet `supply`: a module of these functions, for an ecosystem with one environment for the machine."""

    def supply(self, system: System) -> Supply:
        """Returns what this package manager's files say of a machine. Starts no program, and reads no credentials."""
        ...

    def enabling(self, architecture: str) -> str:
        """Returns the command by which a person has packages of one more architecture installed."""
        ...
