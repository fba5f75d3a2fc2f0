"""What differs between two rows of the same package, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.aspects import aspects
from cortexrepo.formats.text.escape import escape
from cortexrepo.model.content import DIGEST
from cortexrepo.model.package import AUTO, FLAG_NAMES, RESIDUAL

if TYPE_CHECKING:
    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.package import Package

_PAIRS = {AUTO: ("manual", "auto"), RESIDUAL: ("installed", "residual")}
"""Flags whose absence has a name of its own."""


def phrases(before: Package, after: Package, style: Style) -> list[str]:
    """Returns the differing aspects for people: `manual → auto`, `hold`, `no hold`, `state: none → half-installed`."""
    found = []
    bits = {name: bit for bit, name in FLAG_NAMES}
    for name, old, new in aspects(before, after):
        if isinstance(old, bool):
            pair = _PAIRS.get(bits[name])
            if pair is not None:
                found.append(f"{pair[old]} {style.arrow} {pair[bool(new)]}")
            else:
                found.append(name if new else f"no {name}")
        elif name == DIGEST:
            found.append("other content")
        else:
            found.append(f"{escape(name)}: {_value(old)} {style.arrow} {_value(str(new or ''))}")
    return found


def _value(value: str | None) -> str:
    return escape(value) if value else "none"
