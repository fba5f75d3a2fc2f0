"""Which files of packages that stay are in the hands of packages that go: they go with them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.names import is_there

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from cortexrepo.ecosystems.apt.installed.database import Database
    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.model.package import Package

    Held = tuple[int, str, Package]
    """The package that stays, its file, and the package that has the file."""


def held_files(
    database: Database, rows: Sequence[Package], numbers: Sequence[int], going: Container[int], system: Files
) -> Iterator[Held]:
    """Yields files of packages that stay: a package that goes has taken them over, diverts them, or has a link above.

    Args:
        database: dpkg's files.
        rows: Every package.
        numbers: Which of them are wholly there: only of these it is known which files they should have.
        going: Which of them are taken away, or changed.
        system: The machine.
    """
    holders: dict[str, Package] = {}
    for number, row in enumerate(rows):
        # One that is not configured, or only unpacked in part, has files in its hands all the same.
        if number in going and is_there(row):
            holders.update(dict.fromkeys(_holds(database, row, system), row))
    if not holders:
        return
    for number in numbers:
        if number in going:
            continue
        row = rows[number]
        for path in _bound_to(database, row, holders):
            holder = holders[path]
            if holder.name != row.name:
                yield number, path, holder


def _holds(database: Database, row: Package, system: Files) -> Iterator[str]:
    """Yields, each with its one name, the files and links of a package, and what it diverts without a way back."""
    listed = database.paths(row) or []
    folders = {posixpath.dirname(path) for path in listed}
    for path in listed:
        if path not in folders and _is_file_or_link(system, path):
            yield database.plain(path)
    if not database.has_script_with(row, b"divert"):
        yield from (database.plain(one.source) for one in database.all_diversions if one.package == row.name)


def _is_file_or_link(system: Files, path: str) -> bool:
    """Returns whether one is there: directories are anybody's, also one that is missing."""
    try:
        return system.readlink(path) is not None or (system.exists(path) and not system.is_directory(path))
    except OSError:
        return False


def _bound_to(database: Database, row: Package, holders: Container[str]) -> Iterator[str]:
    """Yields the paths, each with its one name, by which files of a package depend on a holder."""
    sums = database.sums(row)
    paths = {*(sums.digests if sums is not None else ()), *(database.paths(row) or ())}
    for path in sorted({database.plain(path) for path in paths}):
        if path in holders:
            yield path
