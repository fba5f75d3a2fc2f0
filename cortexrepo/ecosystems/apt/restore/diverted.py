"""Diversions that a version has left which a restore took away: nothing else would ever take them back."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.command import VARIABLES, undivert
from cortexrepo.ecosystems.apt.installed.database import Database, installed
from cortexrepo.ecosystems.apt.installed.leftovers import abandoned
from cortexrepo.ecosystems.apt.state import rows
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model.plan import MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.plan import Step

    Left = set[tuple[str, str]]
    """Diversions that no package needs: the package of each, and the file."""

_NOTE = "diversions.json"


def note(room: Room) -> None:
    """Notes which diversions no package needs already: none of them is this restore's."""
    with open(f"{room.staging}/{_NOTE}", "w", encoding="utf-8") as file:
        json.dump(sorted(_left(room)), file)


def take_back(steps: Sequence[Step], room: Room) -> None:
    """Takes back the diversions of packages that these steps took away or changed, which no package needs since then.

    Without a note nothing is taken back. A file that is in the way stays, and so does its diversion: the look at files
    names it.
    """
    names = {step.before.name for step in steps if step.before is not None and step.kind != MARK}
    try:
        with open(f"{room.staging}/{_NOTE}", encoding="utf-8") as file:
            before = {(str(package), str(path)) for package, path in json.load(file)}
    except (OSError, ValueError, TypeError):
        return
    for package, path in sorted(_left(room) - before):
        if package in names:
            room.told(f"taking back the diversion of {path}, which {package} left")
            room.machine.run(undivert(package, path), variables=VARIABLES, told=room.told, lasting=True)


def _left(room: Room) -> Left:
    try:
        database = Database(LiveSystem(os.environ))
        now = rows().packages
        return {(one.package, one.source) for one, _ in abandoned(database, now, installed(now))}
    except OSError as error:
        room.told(f"the diversions cannot be read: {error.filename}: {error.strerror}")
        return set()
