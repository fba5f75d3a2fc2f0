"""The commands by which a person brings Python packages back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.package import OWNED

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.commands import Verb
    from cortexrepo.model.diff import Change
    from cortexrepo.model.package import Package

_SITES = ("/dist-packages", "/site-packages")


def owner(change: Change) -> str:
    """See `Commands.owner`."""
    if any(row is not None and row.flags & OWNED for row in (change.before, change.after)):
        return "dpkg owns the files"
    if change.environment.endswith(_SITES):
        return f"pip has no option to work in {change.environment}"
    return ""


def head(verb: Verb, environment: str, *, downgrades: bool) -> list[str]:  # noqa: ARG001 -- pip takes any version
    """See `Commands.head`."""
    place = ["--python", environment] if environment else []
    return ["pip", *place, *(["install"] if verb == "install" else ["uninstall", "-y"])]


def clearance(package: Package) -> list[str]:  # noqa: ARG001 -- what is removed leaves nothing
    """See `Commands.clearance`."""
    return []


def word(package: Package, verb: Verb) -> str:
    """See `Commands.word`."""
    return package.name if verb == "remove" else f"{package.name}=={package.version}"
