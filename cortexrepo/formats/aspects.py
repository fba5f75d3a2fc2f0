"""What differs between two rows of the same package, aspect by aspect: the version, a flag, an attribute."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.formats.escape import escape
from cortexrepo.model.package import AUTO, FLAG_NAMES, RESIDUAL

if TYPE_CHECKING:
    from cortexrepo.formats.style import Style
    from cortexrepo.model.package import Package


class Aspect(NamedTuple):
    """One aspect that differs: a flag's or an attribute's name, and its values; None where there is none."""

    name: str
    before: str | bool | None
    after: str | bool | None


_PAIRS = {AUTO: ("manual", "auto"), RESIDUAL: ("installed", "residual")}
"""Flags whose absence has a name of its own."""


def aspects(before: Package, after: Package) -> list[Aspect]:
    """Returns what differs besides name, architecture and version: flags in the table's order, then attributes."""
    found = [
        Aspect(name, bool(before.flags & bit), bool(after.flags & bit))
        for bit, name in FLAG_NAMES
        if (before.flags ^ after.flags) & bit
    ]
    old, new = dict(before.attributes), dict(after.attributes)
    found += [
        Aspect(key, old.get(key), new.get(key))
        for key in sorted(old.keys() | new.keys())
        if old.get(key) != new.get(key)
    ]
    return found


def phrases(before: Package, after: Package, style: Style) -> list[str]:
    """Returns the same for people: `manual → auto`, `hold`, `no hold`, `state: none → half-installed`."""
    found = []
    bits = {name: bit for bit, name in FLAG_NAMES}
    for name, old, new in aspects(before, after):
        if isinstance(old, bool):
            pair = _PAIRS.get(bits[name])
            if pair is not None:
                found.append(f"{pair[old]} {style.arrow} {pair[bool(new)]}")
            else:
                found.append(name if new else f"no {name}")
        else:
            found.append(f"{escape(name)}: {_value(old)} {style.arrow} {_value(str(new or ''))}")
    return found


def _value(value: str | None) -> str:
    return escape(value) if value else "none"
