"""The table of ways back. Adding one is one module in this folder and one row here."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cortexrepo.errors import EcosystemError

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.restoring import Restorer

NAMES = ("apt", "pip", "npm")
"""Every ecosystem that can be put back, in the order in which it is: Python and node come from apt."""


def load(name: str) -> Restorer:
    """Returns the restorer of that name; raises EcosystemError for another word."""
    if name not in NAMES:
        raise EcosystemError(f"{name!r} cannot be restored", hint=f"what can be is {', '.join(NAMES)}")
    from importlib import import_module

    return cast("Restorer", import_module(f"cortexrepo.ecosystems.{name}.restore.restorer"))
