"""The table of ecosystems. Adding one is one file in this folder and one row here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import EcosystemError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.reading import Ecosystem

NAMES = ("apt", "npm", "pip", "system")
"""Every ecosystem, in the order in which slots are kept. Loaded on use: reading one does not import the others."""


def load(name: str) -> Ecosystem:
    """Returns the plug-in of that name; raises EcosystemError for another word."""
    if name == "apt":
        from cortexrepo.ecosystems.apt import read as apt

        return apt
    if name == "npm":
        from cortexrepo.ecosystems.npm import read as npm

        return npm
    if name == "pip":
        from cortexrepo.ecosystems.pip import read as pip

        return pip
    if name == "system":
        from cortexrepo.ecosystems.system import read as machine

        return machine
    raise EcosystemError(f"unknown ecosystem: {name!r}", hint=f"known are {', '.join(NAMES)}")


def choose(only: Sequence[str] | None) -> tuple[str, ...]:
    """Returns the names asked for in the table's order, all of them for None; raises EcosystemError."""
    if only is None:
        return NAMES
    for name in only:
        if name not in NAMES:
            load(name)
    return tuple(name for name in NAMES if name in only)
