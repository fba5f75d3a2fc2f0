"""The ecosystem `pip`: the Python distributions of every environment, read from their site directories."""

from __future__ import annotations

import errno
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
from cortexrepo.ecosystems.pip.content import Records
from cortexrepo.ecosystems.pip.distributions import SiteReader
from cortexrepo.ecosystems.pip.environments.pythons import find
from cortexrepo.ecosystems.pip.environments.site_paths import added, beside
from cortexrepo.machine.budget import SpentError
from cortexrepo.machine.text import clean
from cortexrepo.model.content import bare
from cortexrepo.model.package import OWNED, Manifest
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cortexrepo.ecosystems.contract.owning import Owning
    from cortexrepo.ecosystems.pip.environments.python_prefix import PythonEnvironment
    from cortexrepo.machine.files import System

NAME = "pip"


def collect(system: System, named: Sequence[str]) -> list[Collected]:
    """See `Reader.collect`: one result for each environment, sorted by path."""
    finder = find(system, named)
    sites = {environment.site for environment in finder.found}
    records = Records(system)
    results = [
        on_way(_within_budget(system, environment, sites, records), clean(finder.ways.get(environment.path, "")))
        for environment in finder.found
    ]
    for ground, gaps in finder.gaps.items():
        results.append(Collected(ground, PARTIAL, None, "not searched: " + as_error([clean(gap) for gap in gaps])))
    for ground, leadings in finder.leadings.items():
        results += [led(ground, lead) for lead in leadings[:LEADINGS]]
    results.sort(key=lambda result: result.environment)
    results = results or [Collected("", ABSENT)]
    for ground, places in finder.unlooked.items():
        results += unlooked_places(ground, places)
    return results


def _within_budget(
    system: System, environment: PythonEnvironment, sites: Collection[str], records: Records
) -> Collected:
    try:
        return _read(system, environment, sites, records)
    except SpentError as error:
        return Collected(environment.path, FAILED, None, str(error))


def _read(system: System, environment: PythonEnvironment, sites: Collection[str], records: Records) -> Collected:
    path = environment.path
    facts = _facts(system, environment)
    if not environment.site:
        return Collected(
            path, FAILED, None, clean(f"{environment.path}/lib: the site-packages directory is missing"), facts
        )
    try:
        entries = system.entries(environment.site)
        owners = _owners(system, environment)
        reader = SiteReader(system, records, is_owned=bool(owners))
    except OSError as error:
        return Collected(path, FAILED, None, clean(f"{environment.site}: {error.strerror}"), facts)
    if owners is None:
        from cortexrepo.ecosystems.contract.owning import UNKNOWN  # there is an answer as a rule

        reader.problems.append(f"{environment.site}: {UNKNOWN}")
    try:
        reader.add(environment.site, entries)
        _settle_owners(system, reader, owners or ())
        further = beside(system, environment, sites, reader.problem)
        for directory in (*further, *added(system, environment.site, entries, sites, reader.problem)):
            _follow(system, reader, directory)
    except SpentError as error:
        reader.problems.insert(0, str(error))
    manifest = Manifest.of(NAME, reader.rows)
    if reader.problems:
        return Collected(path, PARTIAL, manifest, as_error(reader.problems), facts)
    return Collected(path, OK, manifest, "", facts)


def _facts(system: System, environment: PythonEnvironment) -> tuple[tuple[str, str], ...]:
    facts = [("base", clean(environment.base))] if environment.base else []
    facts.append(("kind", environment.kind))
    try:
        owner = system.owner(environment.site or environment.path)
    except OSError:
        owner = None
    if owner is not None:
        facts.append(("owner", str(owner)))
    if environment.python:
        facts.append(("python", environment.python))
    return tuple(facts)


def _owners(system: System, environment: PythonEnvironment) -> list[Owning] | None:
    """Returns the package managers of the system that may own what is in a site directory; None: nobody can say.

    Only the directories that Debian keeps for its own packages are theirs.
    """
    site = environment.site
    if not site.startswith("/usr/lib/") or not site.endswith("/dist-packages"):
        return []
    owners = registry.owners()
    return [owner for owner in owners if owner.is_used(system)] if owners else None


def _settle_owners(system: System, reader: SiteReader, owners: Collection[Owning]) -> None:
    """Marks the distributions with an INSTALLER that are the system's nevertheless.

    The system's have no such file as a rule, and what pip or uv puts into a directory of the system's has one: only
    then are the lists of files worth reading.
    """
    if not reader.unsure:
        return
    paths = [path for _, path in reader.unsure]
    found: set[str] = set()
    for owner in owners:
        try:
            found |= owner.owned(system, paths)
        except OSError as error:
            reader.problem(error.filename or "a list of the files of a package of the system", error)
    for index, path in reader.unsure:
        if path in found:
            row = bare(reader.rows[index])
            reader.rows[index] = row._replace(flags=row.flags | OWNED)


def _follow(system: System, reader: SiteReader, directory: str) -> None:
    """Adds a directory that a `.pth` file puts on the path; it is nobody's but the environment's.

    One that is another environment's is read for itself. Nor is one of another user part of this environment.
    """
    if system.scope is not None and any(_is_site_of(directory, one) for one in system.scope.elsewhere):
        return
    try:
        if system.scope is not None and system.scope.user is not None:
            owner = system.owner(directory)
            if owner not in {None, 0, system.scope.user}:
                reader.problem(directory, OSError(errno.EPERM, f"it belongs to the user {owner}, and is not read here"))
                return
        reader.add_foreign(directory, system.entries(directory))
    except OSError as error:
        reader.problem(directory, error)


def _is_site_of(directory: str, environment: str) -> bool:
    """Returns whether a directory is an environment's own directory of packages, or is the environment."""
    inside = directory.startswith(environment + "/lib/") and directory.endswith("/site-packages")
    return directory == environment or (inside and directory.count("/") == environment.count("/") + 3)
