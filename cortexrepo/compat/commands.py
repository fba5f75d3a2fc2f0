"""The commands that would bring a machine back, as the old tool showed them; nothing here runs one."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems import registry
from cortexrepo.model.artifact import own_name
from cortexrepo.model.diff import CHANGED, DOWNGRADED, REMOVED
from cortexrepo.model.package import BROKEN, EDITABLE, LINK, NESTED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.ecosystems.contract.commands import Verb
    from cortexrepo.model.diff import Change


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
    order = registry.able(registry.COMMANDS)
    groups: dict[tuple[int, str], list[Change]] = {}
    for change in changes:
        if change.ecosystem in order and not change.package.flags & NESTED:
            groups.setdefault((order.index(change.ecosystem), change.environment), []).append(change)
    commands: list[str] = []
    left: list[str] = []
    for key in sorted(groups):
        possible = [change for change in groups[key] if not _obstacle(change)]
        left += [
            f"{change.ecosystem} {change.package.name}: {why}" for change in groups[key] if (why := _obstacle(change))
        ]
        gone = [change for change in possible if change.kind == REMOVED]
        commands += [shlex.join(words) for words in _words(gone, [one for one in possible if one not in gone])]
    return Plan(tuple(commands), tuple(left))


def _obstacle(change: Change) -> str:
    """Returns why no command puts this difference right, or an empty string."""
    if change.kind == CHANGED:
        return "more than its version differs"
    names, spoken = registry.spelling(change.ecosystem), registry.commands(change.ecosystem)
    if names is None or spoken is None or not names.is_name(change.package.name):
        return "its name cannot be used in a command"
    if change.kind != REMOVED and not names.is_version(change.package.version):
        return "its version cannot be used in a command"
    owner = spoken.owner(change)
    return owner if change.kind == REMOVED else owner or _origin(change)


def _origin(change: Change) -> str:
    """Returns why a package cannot be had by its name and version, or an empty string."""
    package = change.package
    is_itself = own_name(package) == package.name and registry.is_offered(change.ecosystem, package)
    odd = package.flags & (BROKEN | EDITABLE | LINK) or not is_itself
    return "it was not installed from the registry" if odd else ""


def _words(gone: Sequence[Change], come: Sequence[Change]) -> list[list[str]]:
    verbs: tuple[tuple[Verb, Sequence[Change]], ...] = (("remove", gone), ("install", come))
    found = []
    for verb, changes in verbs:
        if changes:
            spoken = registry.commands(changes[0].ecosystem)
            assert spoken is not None
            downgrades = any(change.kind == DOWNGRADED for change in changes)
            head = spoken.head(verb, changes[0].environment, downgrades=downgrades)
            found.append([*head, *(spoken.word(change.package, verb) for change in changes)])
    return found
