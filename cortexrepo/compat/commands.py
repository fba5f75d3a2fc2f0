"""The commands that would bring a machine back, as the old tool showed them; nothing here runs one."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.contract.names import is_exact_version, is_package_name
from cortexrepo.model.diff import CHANGED, DOWNGRADED, REMOVED
from cortexrepo.model.package import BROKEN, DPKG, EDITABLE, ESSENTIAL, LINK, NESTED, PROTECTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.model.diff import Change
    from cortexrepo.model.package import Package

_ORDER = ("apt", "pip", "npm")
_ELSEWHERE = ("alias", "resolved", "target", "url")
"""Attributes of what does not come from the registry under its own name."""
_SITES = ("/dist-packages", "/site-packages")


class Plan(NamedTuple):
    """Commands in their order, and what none of them puts right, a phrase each."""

    commands: tuple[str, ...]
    left: tuple[str, ...]


def plan(changes: Iterable[Change]) -> Plan:
    """Returns the commands that undo differences: removals first, then installations at exactly the version that was.

    A package gets a command only if its name and its version can be nothing else to a package manager, if it can be had
    under them, and if it is that package manager's to change.

    Args:
        changes: What changes from the machine as it is to the snapshot.
    """
    groups: dict[tuple[int, str], list[Change]] = {}
    for change in changes:
        if change.ecosystem in _ORDER and not change.package.flags & NESTED:
            groups.setdefault((_ORDER.index(change.ecosystem), change.environment), []).append(change)
    commands: list[str] = []
    left: list[str] = []
    for key in sorted(groups):
        possible = [change for change in groups[key] if not _obstacle(change)]
        left += [
            f"{change.ecosystem} {change.package.name}: {why}" for change in groups[key] if (why := _obstacle(change))
        ]
        gone = [change for change in possible if change.kind == REMOVED]
        commands += [shlex.join(words) for words in _commands(gone, [one for one in possible if one not in gone])]
    return Plan(tuple(commands), tuple(left))


def _obstacle(change: Change) -> str:
    """Returns why no command puts this difference right, or an empty string."""
    if change.kind == CHANGED:
        return "differs in more than its version"
    if not is_package_name(change.ecosystem, change.package.name):
        return "not a name that can be asked for"
    if change.kind != REMOVED and not is_exact_version(change.ecosystem, change.package.version):
        return "not a version that can be asked for"
    return _owner(change) if change.kind == REMOVED else _owner(change) or _origin(change)


def _owner(change: Change) -> str:
    """Returns whose a package is, where it is not its package manager's to change."""
    flags = [row.flags for row in (change.before, change.after) if row is not None]
    if change.ecosystem == "apt":
        needed = change.kind == REMOVED and any(flag & (ESSENTIAL | PROTECTED) for flag in flags)
        return "the system needs it" if needed else ""
    if any(flag & DPKG for flag in flags):
        return "dpkg owns it"
    if change.ecosystem == "pip" and change.environment.endswith(_SITES):
        return f"pip cannot be told to work in {change.environment}"
    return ""


def _origin(change: Change) -> str:
    """Returns why a package cannot be had by its name and version, or an empty string."""
    package = change.package
    odd = package.flags & (BROKEN | EDITABLE | LINK) or any(map(package.attribute, _ELSEWHERE))
    return "did not come from the registry" if odd else ""


def _commands(gone: Sequence[Change], come: Sequence[Change]) -> list[list[str]]:
    found = []
    for verb, changes in (("remove", gone), ("install", come)):
        if changes:
            ecosystem, environment = changes[0].ecosystem, changes[0].environment
            downgrades = any(change.kind == DOWNGRADED for change in changes)
            head = _head(ecosystem, environment, verb, downgrades=downgrades)
            found.append([*head, *(_word(ecosystem, change.package, verb) for change in changes)])
    return found


def _head(ecosystem: str, environment: str, verb: str, *, downgrades: bool) -> list[str]:
    if ecosystem == "apt":
        return ["sudo", "apt-get", verb, "-y", *(["--allow-downgrades"] if downgrades else [])]
    if ecosystem == "npm":
        place = ["--prefix", environment] if environment else []
        return ["npm", "install" if verb == "install" else "uninstall", "-g", *place]
    place = ["--python", environment] if environment else []
    return ["pip", *place, *(["install"] if verb == "install" else ["uninstall", "-y"])]


def _word(ecosystem: str, package: Package, verb: str) -> str:
    """Returns how a package is named to its package manager, with its version where it is installed."""
    arch = f":{package.arch}" if package.arch not in {"", "all"} else ""
    name = f"{package.name}{arch}"
    sign = {"apt": "=", "pip": "==", "npm": "@"}[ecosystem]
    return name if verb == "remove" else f"{name}{sign}{package.version}"
