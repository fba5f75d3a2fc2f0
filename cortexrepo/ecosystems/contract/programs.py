"""Which files the programs of an environment are, load and are configured by: who can change one of them can run code.

An ecosystem with several environments needs this facet before the program trusts one of them. Where it is missing, the
programs are not known: root makes and keeps nothing of such an environment, and a restore refuses to work there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping


class Look(Protocol):
    """What looks at places: it notes who could change each of them, and anything on the way there."""

    def add(self, path: str) -> bool:
        """Looks at a place; returns whether nobody but root, and who looks, could change it."""
        ...

    def read(self, path: str) -> bytes:
        """Looks at a file; returns its content if nobody else could have made it, else nothing."""
        ...

    def names(self, path: str) -> list[str]:
        """Looks at a directory; returns the names in it."""
        ...

    def command(self, name: str) -> str:
        """Returns the path of the system's program of this name; empty where there is none."""
        ...

    def below(self, path: str, without: Container[str] = ()) -> None:
        """Looks at a place and at everything below it, except these names in the place itself."""
        ...


class Programs(Protocol):
    """The facet `programs`: a module of these functions. Every path in it is absolute."""

    def reached(self, environment: str, look: Look, homes: Iterable[str] = ()) -> Iterator[str]:
        """Yields what work in an environment changes or starts, and what configures that.

        Every ecosystem is asked of every environment, for one place may be several ecosystems' environment. So an
        environment of another kind gets an answer too. The name of a file leads nowhere else; only its content, or
        where a link leads, may.

        Args:
            environment: The path that identifies it.
            look: Reads files and directories, as far as they may be trusted; what was looked at with it counts as
                yielded.
            homes: The home directories of who is to work there.
        """
        ...

    def packages(self, environment: str, facts: Mapping[str, str]) -> tuple[str, ...]:
        """Returns the directories in an environment of this ecosystem that its packages are in.

        Args:
            environment: The path that identifies it.
            facts: What identifies it further, as in `Collected`; may say anything.
        """
        ...
