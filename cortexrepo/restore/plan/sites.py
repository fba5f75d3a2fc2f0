"""What an environment's path and facts tell: whether it can be one, and whether it may come and go. Pure."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cortexrepo.model.inventory import Reading

_SITES = frozenset({"user", "local", "system"})
"""Directories of an interpreter that is elsewhere: without packages they need not exist, yet all can be put there."""
_NODES = frozenset({"nvm", "volta", "fnm", "nodenv", "asdf", "mise", "n"})
"""Prefixes that a tool makes together with a node."""


def implausible(environment: str) -> str:
    """Returns why a path that a snapshot says cannot be an environment's, or an empty string."""
    if not environment:
        return "the snapshot does not say in which environments its packages were"
    if (
        not environment.startswith("/")
        or environment.startswith("//")
        or posixpath.normpath(environment) != environment
        or "\0" in environment
    ):
        return "is no plain absolute path"
    return ""


def is_site(reading: Reading | None) -> bool:
    """Returns whether an environment is only a directory of packages, which may be missing when it is empty.

    A prefix with a node of its own is more: npm came with that node, and not as a package that somebody chose.
    """
    if reading is None:
        return False
    facts = dict(reading.facts)
    if reading.ecosystem == "npm":
        return "node" not in facts and facts.get("kind") not in _NODES
    return facts.get("kind") in _SITES
