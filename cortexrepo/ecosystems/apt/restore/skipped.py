"""Files that dpkg did not unpack, because a package that went in the same transaction had taken them over.

dpkg skips them without a word: neither the list nor the checksums of the package have them, and nothing brings them
back except putting the package in again once the other one is gone.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.deb import paths
from cortexrepo.ecosystems.apt.installed.database import Database, installed
from cortexrepo.ecosystems.apt.names import is_there, place
from cortexrepo.ecosystems.apt.restore.archive import Archive
from cortexrepo.ecosystems.apt.restore.handover import replaces
from cortexrepo.ecosystems.apt.restore.transaction import carry_out
from cortexrepo.ecosystems.apt.state import architectures, by_place, rows
from cortexrepo.errors import CorruptError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.plan import MARK, REINSTALL, Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package


def put_in(steps: Iterable[Step]) -> list[Package]:
    """Returns the packages that the steps put in."""
    return [step.after for step in steps if step.kind != MARK and step.after is not None and is_there(step.after)]


def replaced(steps: Sequence[Step]) -> set[str]:
    """Returns the names of the packages of which those may have taken files over that the steps take away or change."""
    going = {step.before.name for step in steps if step.kind != MARK and step.before is not None}
    return set().union(*replaces(going).values())


def put_in_again(packages: Sequence[Package], room: Room) -> None:
    """Puts those of the packages in again of which dpkg skipped files that nobody has; raises as `carry_out`.

    What is not installed as it was put in is left alone.
    """
    if not packages:
        return
    now = rows().packages
    native = architectures(now)[0]
    there = by_place(now, native)
    same = [row for row in (there.get(place(one, native)) for one in packages) if row is not None and is_there(row)]
    whole = {now[number] for number in installed(now)}
    versions = {(one.name, one.arch, one.version) for one in packages}
    same = [row for row in same if row in whole and (row.name, row.arch, row.version) in versions]
    steps = [Step(REINSTALL, row, row) for row in _skipped(same, now, room)]
    if steps:
        room.told("dpkg skipped files that a removed package had taken over: the packages are put in again")
        carry_out(steps, room)


def _skipped(packages: Sequence[Package], now: Sequence[Package], room: Room) -> list[Package]:
    """Returns the packages whose own files name paths that are in no list, and that dpkg was not told to leave out."""
    archive, database = Archive(room.staging), Database(LiveSystem(os.environ))
    missing: dict[Package, set[str]] = {}
    for row in packages:
        if not archive.has(row):
            continue
        try:
            listed = set(database.paths(row) or ())
            own = {path for path in paths(archive.path(row)) if path not in listed}
        except (CorruptError, OSError) as error:
            room.told(f"{row.name}: its file cannot be looked into: {error}")
            continue
        missing[row] = {path for path in own if not database.filters.leaves_out(path)}
    lists = [database.paths(row) or () for row in now if is_there(row)] if any(missing.values()) else []
    owned = {path for listed in lists for path in listed if any(path in some for some in missing.values())}
    return [row for row, some in missing.items() if some - owned]
