"""The order of Python versions by PEP 440, made total, and PEP 440's specifiers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.version import Version

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.versions import Test


def compare(before: str, after: str) -> int:
    """See `Versions.compare`: by PEP 440; what is no version by it is older than all versions, and ordered as text."""
    old, new = _parsed(before), _parsed(after)
    if old is None or new is None:
        return (old is not None) - (new is not None) or (before > after) - (before < after)
    return (old > new) - (old < new)


def condition(operator: str, version: str) -> Test | None:
    """See `Versions.condition`: the specifiers of PEP 440, pre-releases included."""
    from packaging.specifiers import Specifier  # a comparison does without

    try:
        specifier = Specifier(operator + version)
        specifier.contains(Version("0"), prereleases=True)
    except ValueError:
        # InvalidSpecifier is one; another is raised, some of them late, for numbers of more digits than int() takes.
        return None

    def holds(one: str) -> bool:
        found = _parsed(one)
        return found is not None and specifier.contains(found, prereleases=True)

    return holds


def _parsed(text: str) -> Version | None:
    """Returns a version, or None; PEP 440 has no limit for a number, but int() refuses several thousand digits."""
    try:
        return Version(text)
    except ValueError:
        return None
