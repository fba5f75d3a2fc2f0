"""Diversions that packages left: they move files of others aside, and nothing will ever take them back."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.command import undivert
from cortexrepo.ecosystems.apt.installed.diversions import LOCAL
from cortexrepo.model.installed import DIVERSION, NOBODY, Finding

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from cortexrepo.ecosystems.apt.installed.database import Database
    from cortexrepo.ecosystems.apt.installed.diversions import Diversion
    from cortexrepo.model.package import Package


def left_over(
    database: Database, rows: Sequence[Package], whole: Sequence[int], chosen: Container[int]
) -> Iterator[Finding]:
    """Yields the diversions of chosen packages, and of packages that are not there, of which no package speaks.

    Args:
        database: dpkg's files.
        rows: Every package.
        whole: Which of them are wholly there.
        chosen: Which of them are meant.
    """
    for one, numbers in abandoned(database, rows, whole):
        if numbers and not any(number in chosen for number in numbers):
            continue
        state = "has nothing to do with it" if numbers else "is not installed"
        way = shlex.join(undivert(one.package, one.source))
        reason = f"the file is diverted to {one.target} by {one.package}, and the package {state}; to end this: `{way}`"
        yield Finding(DIVERSION, numbers[0] if numbers else NOBODY, one.source, reason)


def abandoned(
    database: Database, rows: Sequence[Package], whole: Sequence[int]
) -> Iterator[tuple[Diversion, list[int]]]:
    """Yields each diversion of which no package speaks, and the numbers of the packages of its name that are there.

    A package that diverts a file has a script that says so, for the diversion ends with the package; or it brings the
    file that the diversion makes room for.

    Args:
        database: dpkg's files.
        rows: Every package.
        whole: Which of them are wholly there.
    """
    there: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        there.setdefault(row.name, []).append(number)
    for one in database.all_diversions:
        numbers = [number for number in there.get(one.package, []) if number in whole]
        if one.package != LOCAL and not _is_used(database, [rows[number] for number in numbers], one.source):
            yield one, numbers


def _is_used(database: Database, rows: Sequence[Package], source: str) -> bool:
    return any(database.has_script_with(row, b"divert") or source in (database.paths(row) or ()) for row in rows)
