"""The order of Python versions by PEP 440, made total, and PEP 440's specifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.versions import Test


def compare(before: str, after: str) -> int:
    """See `Versions.compare`: by PEP 440; what is no version by it is older than all versions, and ordered as text."""

    def parsed(text: str) -> Version | None:
        try:
            return Version(text)
        except InvalidVersion:
            return None

    old, new = parsed(before), parsed(after)
    if old is None or new is None:
        return (old is not None) - (new is not None) or (before > after) - (before < after)
    return (old > new) - (old < new)


def condition(operator: str, version: str) -> Test | None:
    """See `Versions.condition`: the specifiers of PEP 440, pre-releases included."""
    from packaging.specifiers import InvalidSpecifier, Specifier  # a comparison does without

    try:
        specifier = Specifier(operator + version)
    except InvalidSpecifier:
        return None

    def holds(one: str) -> bool:
        try:
            return specifier.contains(Version(one), prereleases=True)
        except InvalidVersion:
            return False

    return holds
