"""Diversions that a version has left which a restore took away: nothing else would ever take them back."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.command import VARIABLES, undivert
from cortexrepo.ecosystems.apt.installed.database import Database, installed
from cortexrepo.ecosystems.apt.installed.diversions import LOCAL
from cortexrepo.ecosystems.apt.installed.leftovers import abandoned
from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.plan import MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.plan import Step

Diverted = frozenset[tuple[str, str]]
"""Diversions: the package of each, and the file."""

_NOTE = "diversions.json"


class _Found(NamedTuple):
    """The diversions of a machine.

    Attributes:
        left: Those that no package needs.
        spoken: Those of packages with a script that speaks of diversions.
        silent: Those of packages without one.
    """

    left: Diverted = frozenset()
    spoken: Diverted = frozenset()
    silent: Diverted = frozenset()


def note(room: Room) -> None:
    """Notes which diversions no package needs already, for none is this restore's, and of which one a script speaks."""
    found = _found(room)
    with open(f"{room.staging}/{_NOTE}", "w", encoding="utf-8") as file:
        json.dump({"left": sorted(found.left), "spoken": sorted(found.spoken)}, file)


def take_back(steps: Sequence[Step], room: Room) -> None:
    """Takes back the diversions of packages that these steps took away or changed, which no package needs since then.

    That is so too where a package brings the file itself, as the loader of the C library, and its script that spoke of
    the diversion is gone. Without a note nothing is taken back. A file that is in the way stays, and so does its
    diversion: the look at files names it.
    """
    names = {step.before.name for step in steps if step.before is not None and step.kind != MARK}
    before, now = _noted(room), _found(room)
    if before is None:
        return
    for package, path in sorted((now.left - before.left) | (now.silent & before.spoken)):
        if package in names:
            room.told(f"taking back the diversion of {path}, which {package} left")
            room.machine.run(undivert(package, path), variables=VARIABLES, told=room.told, lasting=True)


def _noted(room: Room) -> _Found | None:
    try:
        with open(f"{room.staging}/{_NOTE}", encoding="utf-8") as file:
            said = json.load(file)
        left, spoken = (frozenset((str(one), str(path)) for one, path in said[key]) for key in ("left", "spoken"))
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return _Found(left, spoken)


def _found(room: Room) -> _Found:
    try:
        database = Database(LiveSystem(os.environ))
        now = rows().packages
        whole = installed(now)
        left = {(one.package, one.source) for one, _ in abandoned(database, now, whole)}
        own = [one for one in database.all_diversions if one.package != LOCAL]
        names = {one.package for one in own}
        speak = {
            now[number].name for number in whole
            if now[number].name in names and database.has_script_with(now[number], b"divert")
        }  # fmt: skip
    except OSError as error:
        room.told(f"the diversions cannot be read: {error.filename}: {error.strerror}")
        return _Found()
    spoken = {(one.package, one.source) for one in own if one.package in speak}
    silent = {(one.package, one.source) for one in own if one.package not in speak}
    return _Found(frozenset(left), frozenset(spoken), frozenset(silent))
