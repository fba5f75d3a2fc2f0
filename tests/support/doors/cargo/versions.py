"""Versions as numbers between dots: enough for a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.versions import ordered

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.versions import Test


def compare(before: str, after: str) -> int:
    """See `Versions.compare`."""
    first, second = ([int(part) for part in text.split(".") if part.isdigit()] for text in (before, after))
    return (first > second) - (first < second)


def condition(operator: str, version: str) -> Test | None:
    """See `Versions.condition`."""
    return ordered(compare, operator, version)
