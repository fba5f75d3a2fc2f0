"""What stands against a restore of npm's packages, and what a person should know of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.restoring import LEAVE_OUT
from cortexrepo.ecosystems.npm.managers import way_out
from cortexrepo.ecosystems.npm.names import is_name, is_version
from cortexrepo.ecosystems.npm.places import chain, homeless, is_folder, outer_places, place, tops
from cortexrepo.ecosystems.npm.restore.staging import MODULES, link_target
from cortexrepo.ecosystems.npm.tarballs.description import describe
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.machine.whose.holding import held_below
from cortexrepo.model.artifact import own_name
from cortexrepo.model.package import BROKEN, LINK, OWNED, Package
from cortexrepo.model.plan import Obstacle, Risk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.ecosystems.npm.tarballs.tarball import Contents
    from cortexrepo.model.plan import Step

NAME = "npm"
_DESCRIPTION_LIMIT = 4 << 20
_WITH_APT = f"restore apt packages too: `cortex snapshot restore REV --only apt,npm`; or {LEAVE_OUT}"


def obstacle(kind: str, environment: str, package: Package | None, reason: str, hint: str = "") -> Obstacle:
    """Returns an obstacle of this ecosystem."""
    named = f"{package.name} {package.version}".strip() if package else ""
    return Obstacle(kind, NAME, environment, named, reason, hint)


def against_names(work: Work) -> Iterator[Obstacle]:
    """Yields what npm must not see, and what cannot be found on the disk by its name."""
    for step in work.steps:
        for row in filter(None, (step.before, step.after)):
            if not all(map(is_folder, chain(row))):
                yield obstacle(
                    "unsafe", work.environment, row, f"{row.name!r} is not a valid folder name of an npm package"
                )
                break
        else:
            after = step.after
            if after is not None and not after.flags & (LINK | BROKEN):
                yield from _against_name(work.environment, after)


def _against_name(environment: str, row: Package) -> Iterator[Obstacle]:
    bad = next((name for name in (own_name(row), *chain(row)) if not is_name(name)), None)
    if bad is not None:
        yield obstacle("unsafe", environment, row, f"{bad!r} is not a valid package name for a registry")
    elif not is_version(row.version):
        yield obstacle("unsafe", environment, row, f"{row.version!r} is not an exact version")


def against_owners(work: Work) -> Iterator[Obstacle]:
    """Yields what belongs to dpkg: apt's restore puts it back, and nothing else may."""
    for step in work.steps:
        row = next((row for row in (step.before, step.after) if row is not None and row.flags & OWNED), None)
        if row is not None:
            yield obstacle("unsafe", work.environment, row, "the package's files belong to an apt package", _WITH_APT)


def against_tree(work: Work, rows: Sequence[Package]) -> Iterator[Obstacle]:
    """Yields what would be left, or put, where it cannot be."""
    for row in homeless(rows):
        where = (outer_places(row) or [place(row)])[0]
        yield obstacle(
            "simulation",
            work.environment,
            row,
            f"the package is inside {where}, which would not be a package",
            "restore both packages: `cortex snapshot restore REV --package INNER --package OUTER`",
        )


def against_broken(work: Work) -> Iterator[Obstacle]:
    """Yields what was no whole package when the snapshot was made."""
    for step in work.steps:
        row = step.after
        if row is not None and row.flags & BROKEN and not row.flags & LINK:
            reason = "the package was damaged when the snapshot was made: its package.json could not be read"
            yield obstacle("missing", work.environment, row, reason, LEAVE_OUT)


def against_strangers(prefix: str, kept: Iterable[Package]) -> Iterator[Obstacle]:
    """Yields packages whose files root would copy, and another user could change: npm works on the copies as root."""
    if os.geteuid() != 0:
        return
    for row in kept:
        if not all(map(is_folder, chain(row))):
            yield obstacle("unsafe", prefix, row, f"{row.name!r} is not a valid folder name of an npm package")
            continue
        folder = f"{prefix}/lib/node_modules/{place(row)}"
        found = held_below(folder, 0, (MODULES,)).objection
        if found is not None:
            yield obstacle("unsafe", prefix, row, found.reason, f"`{found.remedy}`, or {LEAVE_OUT}")


def against_links(work: Work) -> Iterator[Obstacle]:
    """Yields links to what is no longer there, or no longer the same: a restore makes links and touches no target."""
    for step in work.steps:
        row = step.after
        if row is None or not row.flags & LINK:
            continue
        target = row.attribute("target")
        if not target or "\\" in target:
            yield obstacle("unsafe", work.environment, row, "the snapshot does not say where this link leads")
            continue
        if not row.flags & BROKEN and not os.path.isdir(link_target(work.environment, row)):
            yield obstacle(
                "missing", work.environment, row, f"the package was a link to {target}, which does not exist now"
            )
        elif _linked(work.environment, row) != (row.version, bool(row.flags & BROKEN)):
            yield obstacle(
                "changed-content", work.environment, row, f"the package was a link to {target}, which has changed since"
            )


def _linked(prefix: str, row: Package) -> tuple[str, bool]:
    """Returns the version of what a link leads to, and whether it is broken, as a collector would say."""
    try:
        found = describe(LiveSystem({}).head(f"{link_target(prefix, row)}/package.json", _DESCRIPTION_LIMIT) or b"")
    except OSError:
        return "", True
    return found.version, not found.version


def against_manager(work: Work, manager: str) -> Obstacle:
    """Returns that another package manager keeps its own record of a tree, and its commands that lead there."""
    reason = f"{manager} manages the packages of this tree, and keeps a record of its own of them"
    hint = "; or ".join(filter(None, (way_out(manager, work.steps), LEAVE_OUT)))
    return obstacle("environment", work.environment, None, reason, hint)


def against_environment(prefix: str) -> str:
    """Returns why nothing can be restored in this prefix, or an empty string."""
    modules = f"{prefix}/lib/node_modules"
    if not prefix.startswith("/") or os.path.normpath(prefix) != prefix or "\\" in prefix:
        return f"{prefix!r} is not a plain absolute path"
    if not os.path.isdir(modules):
        return f"{modules} does not exist"
    if os.path.realpath(modules) != modules:
        return f"the path {modules} contains a symbolic link"
    places = [
        f"{prefix}/lib",
        modules,
        *(path for path in (f"{prefix}/bin", f"{prefix}/share/man") if os.path.isdir(path)),
    ]
    if len({os.stat(path).st_dev for path in places}) > 1:
        return f"{prefix} is on more than one file system"
    unwritable = next((path for path in places[:3] if not os.access(path, os.W_OK | os.X_OK)), None)
    return f"this user may not write to {unwritable}" if unwritable else ""


def risks(work: Work, contents: Iterable[tuple[Step, Contents, str]]) -> Iterator[Risk]:
    """Yields what to know: scripts that will run, parts made for another node, npm itself.

    Args:
        work: What is to be done.
        contents: Each step that brings files, the tarball, and the package's path in it.
    """
    then, now = _major(work.then), _major(work.facts)
    for step, tarball, inner in contents:
        row = step.package
        named = f"{row.name} {row.version}"
        found = tarball.packages[inner]
        if found.scripts:
            yield Risk("scripts", NAME, work.environment, named, "the package runs a script during its installation")
        if (found.scripts or found.native) and then and now and then != now:
            reason = f"the package has parts for node {then}, and this prefix has node {now} now"
            yield Risk("scripts", NAME, work.environment, named, reason)
    if "npm" in tops(work.steps):
        yield Risk("package-manager", NAME, work.environment, "npm", "npm itself changes")


def _major(facts: Iterable[tuple[str, str]]) -> str:
    return dict(facts).get("node", "").partition(".")[0]
