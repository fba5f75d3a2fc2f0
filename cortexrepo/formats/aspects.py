"""What differs between two rows of the same package, aspect by aspect: the version, a flag, an attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.content import DIGEST, contradict
from cortexrepo.model.package import BROKEN, FLAG_NAMES, HOLD, RESIDUAL, flag_names
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.package import Package


class Aspect(NamedTuple):
    """One aspect that differs: a flag's or an attribute's name, and its values; None where there is none."""

    name: str
    before: str | bool | None
    after: str | bool | None


_TELLING = HOLD | RESIDUAL | BROKEN
"""Flags that say that a package is not simply installed."""


def aspects(before: Package, after: Package) -> list[Aspect]:
    """Returns what differs besides name, architecture and version: flags in the table's order, then attributes.

    A digest counts only where the version is the same, and both rows have one of the same kind.
    """
    found = [
        Aspect(name, bool(before.flags & bit), bool(after.flags & bit))
        for bit, name in FLAG_NAMES
        if (before.flags ^ after.flags) & bit
    ]
    old, new = dict(before.attributes), dict(after.attributes)
    found += [
        Aspect(key, old.get(key), new.get(key))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key) and (key != DIGEST or contradict(before, after))
    ]
    return found


def traits(package: Package) -> list[tuple[str, str | bool]]:
    """Returns what is unusual in a package that there is nothing to compare with: flags, and dpkg's state."""
    found: list[tuple[str, str | bool]] = [(name, True) for name in flag_names(package.flags & _TELLING)]
    return found + [pair for pair in package.attributes if pair[0] == "state"]
