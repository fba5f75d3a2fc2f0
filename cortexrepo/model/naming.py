"""What can be the name of a package: what is not is never taken from a foreign file, and never put into a command."""

from __future__ import annotations

_ALNUM = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
_INSIDE = {"apt": _ALNUM | frozenset("+-._"), "pip": _ALNUM | frozenset("-._"), "npm": _ALNUM | frozenset("-._~")}
_VERSION = _ALNUM | frozenset(".+-~:_!")
_LONGEST = 214
"""npm's bound; neither dpkg's names nor PyPI's come near it."""


def is_package_name(ecosystem: str, name: str) -> bool:
    """Returns whether a package of apt, pip or npm can have this name; what programs take for an option it cannot."""
    allowed = _INSIDE.get(ecosystem, frozenset())
    if len(name) > _LONGEST:
        return False
    if ecosystem == "npm" and name.startswith("@"):
        scope, _, rest = name[1:].partition("/")
        return _is_word(scope, allowed) and _is_word(rest, allowed)
    return _is_word(name, allowed)


def is_exact_version(version: str) -> bool:
    """Returns whether a package manager can be asked for exactly this version, and takes it for nothing else."""
    return len(version) <= _LONGEST and _is_word(version, _VERSION)


def _is_word(text: str, allowed: frozenset[str]) -> bool:
    return bool(text) and text[0] in _ALNUM and allowed.issuperset(text)
