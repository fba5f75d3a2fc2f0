"""What an ecosystem knows of names: which can be a package's, how it spells them, and how a person names a package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.package import Package


class Typed(NamedTuple):
    """What a person's word means in one ecosystem.

    Attributes:
        name: The name, or a glob, as the ecosystem spells it.
        arch: Only of this architecture; empty for any.
        inside: Only nested in these packages; empty for any.
    """

    name: str
    arch: str = ""
    inside: str = ""


class Names(Protocol):
    """The facet `names`: a module of these functions. Without it names are compared as they stand, by `plain`."""

    def is_name(self, name: str) -> bool:
        """Returns whether a package can have this name, and be asked for by it and by nothing else.

        A name that fails is never taken from a foreign file and never put into a command: a package manager would take
        it for an option, a path, an address, a pattern or a tag.
        """
        ...

    def is_version(self, version: str) -> bool:
        """Returns whether the package manager can be asked for exactly this version, and takes it for nothing else."""
        ...

    def is_offered(self, package: Package) -> bool:
        """Returns whether a source's package of this name and version is this one, as far as the row says.

        It is not where the package came from an address or a directory: what a source has is then a namesake.
        """
        ...

    def spelled(self, name: str) -> str:
        """Returns a name as the ecosystem compares names; two spellings of one package become equal."""
        ...

    def typed(self, text: str) -> Typed | None:
        """Returns what a person's word for packages means here, or None where it can mean no package of this kind.

        Args:
            text: A name or a glob (`lib*`), printable and without spaces, with what the ecosystem lets people add to a
                name, such as an architecture.
        """
        ...


def plain(text: str) -> Typed | None:
    """Returns the meaning of a word in an ecosystem that lets people add nothing to a name."""
    return None if not text or ":" in text or ">" in text else Typed(text)
