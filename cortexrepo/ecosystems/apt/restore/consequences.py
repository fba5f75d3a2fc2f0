"""What follows from changing packages, as their own files tell: services, this very tool, and what would be missed."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.names import is_there, place
from cortexrepo.ecosystems.apt.read import STATUS
from cortexrepo.ecosystems.apt.restore.hazards import risk, some
from cortexrepo.ecosystems.apt.state import by_place, files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.ecosystems.apt.names import Orders
    from cortexrepo.model.package import Manifest, Package
    from cortexrepo.model.plan import Risk

_UNIT = re.compile(r"(?:/usr)?/lib/systemd/system/[^/]+\.(?:service|socket)\Z")
_LIKES = re.compile(r"\nRecommends: ([^\n]*)")
_NAMES = re.compile(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)")


def risks(asked: Orders, now: Manifest, native: str) -> list[Risk]:
    """Returns what follows for the packages that are there now and are changed or taken away."""
    there = by_place(now.packages, native)
    changed = [there[key] for key in (place(row, native) for row in (*asked.put, *asked.take)) if key in there]
    own = _own_files()
    found = []
    for row in filter(is_there, changed):
        paths = files(row)
        units = sorted({os.path.basename(path) for path in paths if _UNIT.match(path)})
        if units:
            found.append(risk("service", row, f"{some(units)} may be restarted or stopped"))
        if not own.isdisjoint(paths):
            found.append(risk("this-tool", row, "cortex itself runs from files of this package"))
    return found + list(_missed(asked.take, now))


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
