"""What there is on the machine: its architectures, its packages, and whether dpkg was left half way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.names import is_there, place
from cortexrepo.ecosystems.apt.places import ARCHITECTURES, INFO, UPDATES, places
from cortexrepo.ecosystems.apt.read import collect
from cortexrepo.errors import RestoreError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.apt.names import Place
    from cortexrepo.ecosystems.apt.places import Places
    from cortexrepo.model.package import Manifest, Package

MUST_AGAIN = "must be installed again"
"""Of a package that dpkg was killed in: no other order is taken for it."""

_WHOLE = ("installed", "config-files", "not-installed")
_WAITING = ("triggers-awaited", "triggers-pending")
"""Whatever dpkg does next ends these."""


def architectures(now: Iterable[Package]) -> tuple[str, ...]:
    """Returns the machine's own architecture, then those that are enabled besides."""
    try:
        with open(ARCHITECTURES, encoding="utf-8") as file:
            listed = file.read().split()
    except OSError:
        listed = []
    own = next((row.arch for row in now if row.name == "dpkg" and is_there(row)), "")
    if not own:
        own = listed[0] if listed else ""
    return tuple(dict.fromkeys((own, *listed)))


def here() -> Places:
    """Returns where apt keeps things on this machine."""
    return places(LiveSystem({})).places


def rows() -> Manifest:
    """Returns what is installed now.

    Raises:
        RestoreError: That cannot be read, or not all of it.
    """
    [found] = collect(LiveSystem(os.environ), ())
    if found.manifest is None or found.status != OK:
        raise RestoreError(f"dpkg's list of packages cannot be read: {found.error or found.status}")
    return found.manifest


def by_place(packages: Iterable[Package], native: str) -> dict[Place, Package]:
    """Returns the rows by where they are; one that is there comes before one of which only a mark is left."""
    found: dict[Place, Package] = {}
    for row in packages:
        key = place(row, native)
        if key not in found or is_there(row):
            found[key] = row
    return found


def interrupted() -> bool:
    """Returns whether dpkg's journal has entries: apt refuses to do anything then."""
    try:
        return any(name.isascii() and name.isdigit() for name in os.listdir(UPDATES))
    except OSError:
        return False


def condition(row: Package) -> str:
    """Returns what dpkg calls the state a package is in, where that is not a whole one; else an empty string."""
    _, _, rest = row.attribute("state").partition(" ")
    error, _, status = rest.partition(" ")
    if error == "reinstreq":
        return f"{status}, {MUST_AGAIN}"
    return "" if not status or status in (*_WHOLE, *_WAITING) else status


def unhealthy(packages: Iterable[Package]) -> list[Package]:
    """Returns those that are neither whole nor gone."""
    return [row for row in packages if condition(row)]


def files(package: Package) -> list[str]:
    """Returns the paths that an installed package brought, as dpkg lists them."""
    text = script(package, "list")
    return text.split("\n") if text else []


def script(package: Package, kind: str) -> str:
    """Returns one of the files that dpkg keeps of an installed package, such as `prerm`; empty where there is none."""
    for name in (package.name, f"{package.name}:{package.arch}"):
        try:
            with open(f"{INFO}/{name}.{kind}", encoding="utf-8", errors="surrogateescape") as file:
                return file.read()
        except OSError:
            continue
    return ""
