"""npm's global packages, one environment for each prefix, read from the file system without starting node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.reading import (
    LEADINGS,
    Collected,
    as_error,
    led,
    on_way,
    unlooked_places,
)
from cortexrepo.ecosystems.npm.nodemodules import read_tree
from cortexrepo.ecosystems.npm.origin import escaped
from cortexrepo.ecosystems.npm.prefix_search import NAME
from cortexrepo.ecosystems.npm.prefixes import find_prefixes
from cortexrepo.machine.budget import SpentError
from cortexrepo.model.package import LINK, NESTED, OWNED, Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.npm.nodemodules import Tree
    from cortexrepo.ecosystems.npm.prefix_search import Prefix
    from cortexrepo.machine.files import System

__all__ = ["NAME", "collect"]

_HOLDERS = ("nodejs", "npm", "node-*")
"""Packages of the system that bring global packages: the usual ones first, so that the others are seldom looked at."""
_HEADER_SIZE = 4096
_DIGITS = 8


def collect(system: System, named: Sequence[str]) -> list[Collected]:
    """See `Reader.collect`. `named` are prefixes or their `lib/node_modules`."""
    found = find_prefixes(system, named)
    collected = [
        on_way(_collect_prefix(system, prefix), escaped(found.ways.get(prefix.modules, "")))
        for prefix in found.prefixes
    ]
    for ground, reasons in found.unsearched.items():
        collected.append(Collected(ground, PARTIAL, None, as_error(list(reasons))))
    for ground, leadings in found.leadings.items():
        collected += [led(ground, lead) for lead in leadings[:LEADINGS]]
    collected = collected or [Collected("", ABSENT)]
    for ground, places in found.unlooked.items():
        collected += unlooked_places(ground, places)
    return collected


def _collect_prefix(system: System, prefix: Prefix) -> Collected:
    facts: tuple[tuple[str, str], ...] = ()
    try:
        facts = _facts(system, prefix)
        packages, problems, foreign = _tree(system, prefix)
    except OSError as error:
        return Collected(prefix.path, FAILED, None, f"{prefix.modules}: {error.strerror}", facts)
    except SpentError as error:
        return Collected(prefix.path, FAILED, None, str(error), facts)
    if prefix.path == "/usr" and packages:
        packages = _with_owners(system, prefix.modules, packages, problems)
    reason = as_error(problems)
    if foreign:
        import shlex  # few prefixes have such files

        # Early versions of npm gave files the owners that a tarball says: users of another machine.
        reason += f"; if these files are to be root's: `chown -hR root:root {shlex.quote(prefix.modules)}`"
    return Collected(prefix.path, PARTIAL if problems else OK, Manifest.of(NAME, packages), reason, facts)


def _tree(system: System, prefix: Prefix) -> Tree:
    if prefix.kind != "pnpm":
        return read_tree(system, prefix.modules)
    from cortexrepo.ecosystems.npm.pnpm import read_linked  # few machines have one

    return read_linked(system, prefix.path, prefix.modules)


def _facts(system: System, prefix: Prefix) -> tuple[tuple[str, str], ...]:
    facts = [("kind", prefix.kind)]
    try:
        if node := _node_version(system, prefix.path):
            facts.append(("node", node))
        if (owner := system.owner(prefix.modules)) is not None:
            facts.append(("owner", str(owner)))
    except OSError:
        # What cannot be read here is said by the tree itself.
        return tuple(facts)
    return tuple(facts)


def _node_version(system: System, prefix: str) -> str:
    """Returns the version of the node installed in this prefix with its headers, or an empty string."""
    header = system.head(f"{prefix}/include/node/node_version.h", _HEADER_SIZE) or b""
    numbers = []
    for part in (b"MAJOR", b"MINOR", b"PATCH"):
        words = header.partition(b"#define NODE_" + part + b"_VERSION ")[2].split(None, 1)
        if not words or not words[0].isdigit() or len(words[0]) > _DIGITS:
            return ""
        numbers.append(words[0].decode())
    return ".".join(numbers)


def _with_owners(system: System, modules: str, packages: list[Package], problems: list[str]) -> list[Package]:
    """Returns the packages: those whose files the system owns, and those inside them, with the flag for that.

    The system goes on listing them after npm has updated itself in place: the flag says who owns the path, the version
    says what is there.
    """
    tops = {_signature(modules, package): package.name for package in packages if not package.flags & NESTED}
    found: set[str] = set()
    owners = registry.owners()
    if not owners:
        from cortexrepo.ecosystems.contract.owning import UNKNOWN  # there is an answer as a rule

        problems.append(f"{modules}: {UNKNOWN}")
    for owner in owners:
        try:
            found |= owner.owned(system, tops, _HOLDERS)
        except OSError as error:
            problems.append(f"{error.filename or modules}: {error.strerror}")
    owned = {tops[path] for path in found}
    return [
        package._replace(flags=package.flags | OWNED) if package.outermost in owned else package for package in packages
    ]


def _signature(modules: str, package: Package) -> str:
    """Returns the path by which a list of files tells that a package is in it."""
    path = f"{modules}/{package.name}"
    return path if package.flags & LINK else f"{path}/package.json"
