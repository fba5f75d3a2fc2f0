"""What `cortexrepo.restore.plan.steps`, which makes the steps of a restore, must know of npm. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.npm.managers import is_managed, modules_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Settlement
    from cortexrepo.ecosystems.contract.versions import Compare
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Step

MARKS = 0
_NODES = frozenset({
    "nvm", "volta", "fnm", "nodenv", "asdf", "mise", "n", "nvs", "proto", "nodebrew", "pnpm-env", "snap"})  # fmt: skip
"""Prefixes that a tool makes together with a node."""


def merged(steps: Sequence[Step], compare: Compare) -> list[Step]:  # noqa: ARG001 -- npm has no architectures
    """See `Rules.merged`."""
    return list(steps)


def settlement(before: Package, after: Package) -> Settlement | None:  # noqa: ARG001 -- npm has no states
    """See `Rules.settlement`."""
    return None


def kept(before: Package | None, after: Package) -> str:  # noqa: ARG001 -- a link is made anew
    """See `Rules.kept`."""
    return ""


def is_site(reading: Reading) -> bool:
    """See `Rules.is_site`. A prefix with a node of its own is more: npm came with it, and not as a package."""
    facts = dict(reading.facts)
    return "node" not in facts and facts.get("kind") not in _NODES and not is_managed(reading.facts)


def may_have_book(kind: str) -> bool:  # noqa: ARG001 -- npm has the only one
    """See `Rules.may_have_book`."""
    return False


def contents(environment: str) -> str:
    """See `Rules.contents`."""
    return modules_at(environment)


def runs(environment: str, prefix: str) -> bool:  # noqa: ARG001 -- this program is none for node
    """See `Rules.runs`."""
    return False
