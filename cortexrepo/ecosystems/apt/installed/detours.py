"""Links in the place of directories: dpkg follows them, and puts the files of a package where another one has its own.

A version of a package may have a link where another version has a directory. dpkg replaces neither by the other; only a
script of the package can.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.installed import compared
from cortexrepo.model.installed import CHANGED, Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.apt.installed.database import Database
    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.model.package import Package

_ALGORITHM = "md5"
_LINK = "a link to {target} is in the place of the package's directory"
_WRITTEN_OVER = "a file of {name} was put over it, through a link in the place of a directory"


def detours(
    database: Database, rows: Sequence[Package], whole: Sequence[int], chosen: Iterable[int], system: Files
) -> Iterator[Finding]:
    """Yields links in the place of directories of chosen packages, and what other packages' files behind them lost.

    A link that is another package's own is the choice of that package, and none is told of it.

    Args:
        database: dpkg's files.
        rows: Every package.
        whole: Which of them are wholly there.
        chosen: Which of them are meant.
        system: The machine.
    """
    found = [one for number in sorted(chosen) for one in _links(database, number, rows[number], system)]
    if not found:
        return
    owned = _owned({path for _, path in found}, database, rows, whole)
    behind: dict[str, int] = {}
    for number, path in found:
        if path in owned:
            continue
        yield Finding(CHANGED, number, path, _LINK.format(target=system.readlink(path)))
        target = database.plain(system.realpath(path))
        below = (name for name in database.paths(rows[number]) or () if name.startswith(f"{path}/"))
        behind.update({target + name[len(path) :]: number for name in below})
    yield from _written_over(behind, database, rows, whole, system)


def _links(database: Database, number: int, row: Package, system: Files) -> Iterator[tuple[int, str]]:
    listed = database.paths(row) or []
    for path in sorted({posixpath.dirname(path) for path in listed}.intersection(listed)):
        try:
            if database.plain(f"{path}/") == f"{path}/" and system.readlink(path) is not None:
                yield number, path
        except OSError:
            continue


def _owned(paths: set[str], database: Database, rows: Sequence[Package], whole: Sequence[int]) -> set[str]:
    """Returns the paths that a package has as something else than a directory."""
    found: set[str] = set()
    for number in whole:
        listed = database.paths(rows[number]) or []
        some = paths.intersection(listed)
        found |= some - {posixpath.dirname(path) for path in listed} if some else set()
    return found


def _written_over(
    behind: dict[str, int], database: Database, rows: Sequence[Package], whole: Sequence[int], system: Files
) -> Iterator[Finding]:
    for number in whole if behind else ():
        sums = database.sums(rows[number])
        for path, digest in (sums.digests if sums is not None else {}).items():
            by = behind.get(database.plain(path))
            if by is not None and by != number and compared(system, path, _ALGORITHM, digest).kind == CHANGED:
                yield Finding(CHANGED, number, path, _WRITTEN_OVER.format(name=rows[by].name))
