"""A snapshot in the old tool's shape."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems import registry
from cortexrepo.importing.legacy import OLD_ID, OLD_TIME
from cortexrepo.model.package import NESTED, RESIDUAL
from cortexrepo.model.snapshot import ABSENT, OK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.snapshot import Snapshot

    Packages = dict[str, list[dict[str, str]]]

_RELEASE = "os/"


class SnapshotMetadata(NamedTuple):
    """What the old tool told of a snapshot, and `unknown`.

    Attributes:
        id: The snapshot's id here, 32 hexadecimal digits; the old one of an imported snapshot is in `system_info`.
        timestamp: Local time without a zone; of an imported snapshot what the old tool wrote.
        description: What a person wrote.
        packages: `{"apt": [{"name": ..., "version": ...}, ...], "pip": [...], "npm": [...]}`, each name and version
            once, from all environments, without what is nested or only left behind.
        system_info: What was recorded of the machine: `pretty_name`, `id`, `kernel`, `arch` and more; `legacy_id`.
        file_count: How many packages that are.
        size_bytes: 0, as it always was.
        unknown: The ecosystems of which not everything is known. An empty list in `packages` says that nothing was
            installed only where its ecosystem is not among them.
    """

    id: str
    timestamp: str
    description: str
    packages: Packages
    system_info: dict[str, str]
    file_count: int = 0
    size_bytes: int = 0
    unknown: tuple[str, ...] = ()


def of(snapshot: Snapshot, readings: Iterable[Reading]) -> SnapshotMetadata:
    """Returns a snapshot and what it holds in the old shape."""
    readings = tuple(readings)
    ecosystems = registry.able(registry.RESTORER)
    packages = {name: _rows(one for one in readings if one.ecosystem == name) for name in ecosystems}
    known = {one.ecosystem for one in readings} - {one.ecosystem for one in readings if one.status not in {OK, ABSENT}}
    return SnapshotMetadata(
        snapshot.id,
        snapshot.fact(OLD_TIME) or _local(snapshot.created_at),
        snapshot.message,
        packages,
        _system(snapshot, readings),
        sum(map(len, packages.values())),
        unknown=tuple(name for name in ecosystems if name not in known),
    )


def _rows(readings: Iterable[Reading]) -> list[dict[str, str]]:
    found = {
        (package.attribute("name") or package.name, package.version)
        for reading in readings
        if reading.manifest is not None
        for package in reading.manifest.packages
        if not package.flags & (NESTED | RESIDUAL)
    }
    return [{"name": name, "version": version} for name, version in sorted(found)]


def _local(moment: int) -> str:
    found = dt.datetime.fromtimestamp(moment // 1000).astimezone().replace(tzinfo=None)
    return found.replace(microsecond=moment % 1000 * 1000).isoformat()


def _system(snapshot: Snapshot, readings: Iterable[Reading]) -> dict[str, str]:
    rows = {
        package.name: package.version
        for reading in readings
        if registry.is_machine(reading.ecosystem) and reading.manifest is not None
        for package in reading.manifest.packages
    }
    found = {name.removeprefix(_RELEASE).lower(): rows[name] for name in rows if name.startswith(_RELEASE)}
    found["kernel"] = snapshot.fact("kernel") or rows.get("kernel/running", "")
    found["arch"] = snapshot.fact("arch") or rows.get("architecture/native", "")
    found["pretty_name"] = found.get("pretty_name") or snapshot.fact("os")
    found[OLD_ID] = snapshot.fact(OLD_ID)
    return {key: value for key, value in found.items() if value}
