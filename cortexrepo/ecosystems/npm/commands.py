"""The commands by which a person brings global npm packages back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.package import OWNED

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.commands import Verb
    from cortexrepo.model.diff import Change
    from cortexrepo.model.package import Package


def owner(change: Change) -> str:
    """See `Commands.owner`."""
    is_dpkgs = any(row is not None and row.flags & OWNED for row in (change.before, change.after))
    return "dpkg owns the files" if is_dpkgs else ""


def head(verb: Verb, environment: str, *, downgrades: bool) -> list[str]:  # noqa: ARG001 -- npm takes any version
    """See `Commands.head`."""
    place = ["--prefix", environment] if environment else []
    return ["npm", "install" if verb == "install" else "uninstall", "-g", *place]


def clearance(package: Package) -> list[str]:  # noqa: ARG001 -- what is removed leaves nothing
    """See `Commands.clearance`."""
    return []


def word(package: Package, verb: Verb) -> str:
    """See `Commands.word`."""
    return package.name if verb == "remove" else f"{package.name}@{package.version}"
