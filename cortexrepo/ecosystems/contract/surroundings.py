"""What is around the packages of an ecosystem, and whether it lets them be put back. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.model.plan import Obstacle, Risk


RELEASE_FILES = frozenset(("/etc/os-release", "/usr/lib/os-release"))
"""The files that say which release a machine runs. They come with a package."""


class Surroundings(NamedTuple):
    """What keeps the packages of then from this machine, and what is only worth knowing."""

    obstacles: tuple[Obstacle, ...]
    risks: tuple[Risk, ...]


class Surrounding(Protocol):
    """The facet `surroundings`: a module of this function. A restore changes nothing of what it compares."""

    def around(
        self, ecosystem: str, now: Mapping[str, str], then: Mapping[str, str], *, with_release: bool = False
    ) -> Surroundings:
        """Returns what differs around the packages of `ecosystem`; what one side lacks differs in nothing.

        Args:
            ecosystem: The one that is put back and belongs to the machine as a whole.
            now: The rows of this facet's own ecosystem as they are, name to version.
            then: Its rows in the snapshot.
            with_release: Whether the steps put back `RELEASE_FILES` too.
        """
        ...
