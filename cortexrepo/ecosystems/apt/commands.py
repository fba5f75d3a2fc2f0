"""The commands by which a person brings apt's packages back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.names import ALL
from cortexrepo.model.diff import REMOVED
from cortexrepo.model.package import ESSENTIAL, PROTECTED

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.commands import Verb
    from cortexrepo.model.diff import Change
    from cortexrepo.model.package import Package


def owner(change: Change) -> str:
    """See `Commands.owner`."""
    rows = [row for row in (change.before, change.after) if row is not None]
    is_needed = change.kind == REMOVED and any(row.flags & (ESSENTIAL | PROTECTED) for row in rows)
    return "the system needs this package" if is_needed else ""


def head(verb: Verb, environment: str, *, downgrades: bool) -> list[str]:  # noqa: ARG001 -- apt has one environment
    """See `Commands.head`."""
    return ["sudo", "apt-get", verb, "-y", *(["--allow-downgrades"] if downgrades else [])]


def clearance(package: Package) -> list[str]:
    """See `Commands.clearance`."""
    return ["apt-get", "purge", word(package, "remove")]


def word(package: Package, verb: Verb) -> str:
    """See `Commands.word`."""
    name = package.name if package.arch in {"", ALL} else f"{package.name}:{package.arch}"
    return name if verb == "remove" else f"{name}={package.version}"
