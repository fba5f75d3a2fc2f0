"""Counting the environments of a machine, and remembering those that a walk found."""

from __future__ import annotations

import pwd
from typing import TYPE_CHECKING

from cortexrepo.cli.tasks.latest import latest_of
from cortexrepo.ecosystems import registry
from cortexrepo.errors import CortexError
from cortexrepo.model.census import KNOWN, USUAL, WALKED, Census, Counted
from cortexrepo.model.inventory import Unlooked
from cortexrepo.model.snapshot import FAILED, PARTIAL
from cortexrepo.recording.collecting import collect, view_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from cortexrepo.model.inventory import Inventory, Reading
    from cortexrepo.repository.repository import Repository

NAMED = "named"
"""The way to an environment that was known before."""


def count(repository: Repository | None, root: str) -> Census:
    """Returns every environment of the machine under `root`, as `create` would find them."""
    snapshot, recorded = _recorded(repository, root)
    walked = repository.environments.known().places if repository is not None and root == "/" else ()
    return _census(root, recorded, walked, snapshot)


def search(repository: Repository, start: str) -> Census:
    """Walks through a directory of this machine, or all that is the caller's; remembers what only that finds."""
    from cortexrepo.recording.finding import find

    view = view_of("/")
    try:
        found = find(view, start)
    finally:
        view.close()
    snapshot, recorded = _recorded(repository, "/")
    before = repository.environments.known()
    walked = dict.fromkeys((*before.places, *found.places))
    census = _census("/", recorded, list(walked), snapshot)
    there = {one.environment for one in census.environments}
    lasting = [one.environment for one in census.environments if one.found == WALKED]
    gone = tuple(place for place in before.places if place not in there)
    stops = found.stops
    if not repository.environments.remember(before._replace(places=tuple(dict.fromkeys(lasting)))):
        stops = (
            *stops,
            "what was found could not be remembered: name it with `cortex snapshot create --environment PATH`",
        )
    return census._replace(gone=gone, stops=stops)


def _recorded(repository: Repository | None, root: str) -> tuple[str, set[tuple[str, str]]]:
    """Returns the id of the latest snapshot, and the environments that it has."""
    if repository is None:
        return "", set()
    try:
        snapshot = latest_of(repository, root)
    except CortexError:
        return "", set()
    return snapshot.id, {(slot.ecosystem, slot.environment) for slot in snapshot.slots if slot.object is not None}


def _census(root: str, recorded: set[tuple[str, str]], walked: Sequence[str], snapshot: str) -> Census:
    known = sorted({environment for _, environment in recorded if environment} | set(walked))
    found = collect(root, only=_spread(), known=known)
    ways = {(ecosystem, environment): way for ecosystem, environment, way in found.ways}
    rows = [_counted(one, ways, walked, recorded) for one in found.readings if _is_place(one)]
    rows.sort(key=lambda one: (one.environment, one.ecosystem))
    gaps = [one for one in found.readings if not _is_place(one) and one.status in {FAILED, PARTIAL}]
    return Census(tuple(rows), _unlooked(found, gaps), snapshot=snapshot, is_partial=bool(gaps))


def _spread() -> list[str]:
    return [row.name for row in registry.SLICES if row.place]


def _is_place(one: Reading) -> bool:
    """Returns whether a reading is of an environment, and not of a home in which not all could be searched."""
    return bool(one.environment) and (one.manifest is not None or bool(one.facts))


def _unlooked(found: Inventory, gaps: Sequence[Reading]) -> tuple[Unlooked, ...]:
    more = [Unlooked(one.ecosystem, one.environment or "the machine", one.error) for one in gaps]
    return tuple(sorted({*found.unlooked, *more}, key=lambda one: (one.path, one.ecosystem)))


def _counted(
    one: Reading, ways: Mapping[tuple[str, str], str], walked: Collection[str], recorded: set[tuple[str, str]]
) -> Counted:
    key = (one.ecosystem, one.environment)
    way = ways.get(key, USUAL)
    if way == NAMED:
        way = WALKED if one.environment in walked else KNOWN
    packages = -1 if one.manifest is None else one.manifest.installed
    facts = tuple(pair for pair in one.facts if pair[0] != "owner")
    owner = _name(dict(one.facts).get("owner", ""))
    return Counted(*key, one.status, packages, facts, owner, way, key in recorded, one.error)


def _name(user: str) -> str:
    try:
        return pwd.getpwuid(int(user)).pw_name
    except (KeyError, ValueError, OverflowError):
        return user
