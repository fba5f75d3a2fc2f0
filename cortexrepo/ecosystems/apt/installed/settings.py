"""Configuration files that a change of packages may lose or leave: before and after it they are looked at alike.

dpkg leaves configuration files to whoever administers the machine. One that a person removed stays away; one that
another version of a package brought stays, obsolete, and whatever reads it goes on reading it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.installed import there
from cortexrepo.model.installed import MISSING, OBSOLETE, PRESENT, UNSET, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.apt.installed.database import Database
    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.model.package import Package

_GONE = "the configuration file is missing"
_LEFT = "the configuration file of another version is left, and programs may read it"


def lost_or_left(database: Database, rows: Sequence[Package], whole: Sequence[int], system: Files) -> Iterator[Finding]:
    """Yields the configuration files that are missing, as `UNSET`, and those that are there and obsolete.

    Args:
        database: dpkg's files.
        rows: Every package.
        whole: Which of them are wholly there.
        system: The machine.
    """
    current = {path for number in whole for path, one in database.conffiles(rows[number]).items() if one.is_current}
    for number in whole:
        row = rows[number]
        for path, one in database.conffiles(row).items():
            place = database.diversions.place(path, row.name)
            kind = there(system, place).kind
            if one.is_current and kind == MISSING and not database.filters.leaves_out(path):
                yield Finding(UNSET, number, place, _GONE)
            elif not one.is_current and kind == PRESENT and path not in current:
                yield Finding(OBSOLETE, number, place, _LEFT)
