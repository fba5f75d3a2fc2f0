"""What follows from changing packages, as their own files tell: services, this very tool, the running kernel."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.names import is_there, place
from cortexrepo.ecosystems.apt.places import STATUS
from cortexrepo.ecosystems.apt.restore import kernel as apt_kernel
from cortexrepo.ecosystems.apt.restore.hazards import risk, some
from cortexrepo.ecosystems.apt.restore.refusals import refusals
from cortexrepo.ecosystems.apt.restore.writing import written
from cortexrepo.ecosystems.apt.state import by_place, files, script
from cortexrepo.ecosystems.contract.surroundings import RELEASE_FILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.apt.names import Orders
    from cortexrepo.machine.programs import Machine
    from cortexrepo.model.package import Manifest, Package
    from cortexrepo.model.plan import Obstacle, Risk

_UNIT = re.compile(r"(?:/usr)?/lib/systemd/system/[^/]+\.(?:service|socket)\Z")
_LIKES = re.compile(r"\nRecommends: ([^\n]*)")
_NAMES = re.compile(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)")


class Consequences(NamedTuple):
    """What the files of the packages that are changed or taken away tell.

    Attributes:
        obstacles: What speaks against the change.
        risks: What a person should know.
        directories: Where these files are.
        mounted: Those of these files at which something is mounted.
        with_release: Whether a package that is put in has the files that say which release this is.
    """

    obstacles: tuple[Obstacle, ...]
    risks: tuple[Risk, ...]
    directories: frozenset[str]
    mounted: tuple[str, ...]
    with_release: bool


def found(asked: Orders, now: Manifest, native: str, machine: Machine) -> Consequences:
    """Returns what follows for the packages that are there now and are changed or taken away.

    Args:
        asked: What is to be done.
        now: What is on the machine.
        native: The machine's own architecture.
        machine: Says which kernel runs, and what is mounted.
    """
    there = by_place(now.packages, native)
    put, taken = (_there(rows, there, native) for rows in (asked.put, asked.take))
    running = apt_kernel.Kernel(machine.kernel())
    points = {mount.point for mount in machine.mounts()}
    gone = set(taken)
    parts: dict[Package, str] = {}
    directories: set[str] = set()
    mounted: list[str] = []
    with_release = False
    told: list[Risk] = []
    own = _own_files()
    for row in (*put, *taken):
        paths = files(row)
        parts[row] = running.part(row, paths)
        directories |= written(paths)
        mounted += points.intersection(paths)
        with_release = with_release or (row not in gone and not RELEASE_FILES.isdisjoint(paths))
        told += _noticed(row, paths, own)
    leaving = [(row, parts[row]) for row in taken]
    stay = (row for row in now.packages if is_there(row) and row not in gone)
    against = tuple(apt_kernel.obstacles(running, leaving, stay, files))
    told += apt_kernel.risks(running, [(row, parts[row]) for row in put], leaving)
    refused, perhaps = refusals(taken, script, machine)
    told += [*perhaps, *_missed(asked.take, now)]
    return Consequences((*against, *refused), tuple(told), frozenset(directories), tuple(mounted), with_release)


def _there(rows: Iterable[Package], there: dict[tuple[str, str], Package], native: str) -> list[Package]:
    """Returns the packages as they are installed now, without those that are not."""
    keys = (place(row, native) for row in rows)
    return [there[key] for key in keys if key in there and is_there(there[key])]


def _noticed(row: Package, paths: Sequence[str], own: set[str]) -> Iterator[Risk]:
    units = sorted({os.path.basename(path) for path in paths if _UNIT.match(path)})
    if units:
        yield risk("service", row, f"{some(units)} may be restarted or stopped")
    if not own.isdisjoint(paths):
        yield risk("this-tool", row, "cortex itself runs from files of this package")


def _own_files() -> set[str]:
    """Returns files that this process needs, also as they are called where /bin and /lib are links into /usr."""
    paths = {os.path.realpath(sys.executable), os.path.realpath(os.__file__), os.path.realpath(__file__)}
    return paths | {path.removeprefix("/usr") for path in paths}


def _missed(taken: Iterable[Package], now: Manifest) -> Iterator[Risk]:
    """Yields what stays and recommends something that goes. What depends on it cannot stay: the simulation says."""
    gone = {row.name: row for row in taken}
    if not gone:
        return
    stays = {row.name for row in now.packages if is_there(row)} - gone.keys()
    missed: dict[str, list[str]] = {}
    for name, likes in _recommendations():
        if name in stays:
            for wanted in gone.keys() & set(_NAMES.findall(likes)):
                missed.setdefault(wanted, []).append(name)
    for name, by in sorted(missed.items()):
        yield risk("dependents", gone[name], f"the package is removed, and is recommended by {some(sorted(set(by)))}")


def _recommendations() -> Iterator[tuple[str, str]]:
    try:
        with open(STATUS, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return
    for stanza in text.split("\n\n"):
        found = _LIKES.search(stanza)
        if found and stanza.startswith("Package: "):
            yield stanza[9:].partition("\n")[0], found[1]
