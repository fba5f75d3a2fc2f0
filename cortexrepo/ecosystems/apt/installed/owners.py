"""Whose a file is that is not what one package says: another package may have taken it over, and be right."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.model.installed import CHANGED, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.apt.installed.database import Database
    from cortexrepo.ecosystems.contract.installed import Seen
    from cortexrepo.model.package import Package


class Doubt(NamedTuple):
    """A file that is not what a package says: whose, where the package has it, where it is, and what was seen there."""

    row: int
    path: str
    place: str
    seen: Seen


def settled(
    doubts: Sequence[Doubt], database: Database, rows: Sequence[Package], numbers: Sequence[int]
) -> Iterator[Finding]:
    """Yields the doubts that are right: no other package answers for the file, as it is or as it should be.

    A package's list loses a file that another one takes over; its checksums keep it. So the other package answers for
    a file that its list has and the first one's has not. Where both lists have it, its checksum must be the file's.

    Args:
        doubts: What differs.
        database: dpkg's files.
        rows: Every package.
        numbers: Which of them are wholly there.
    """
    heirs = _heirs(doubts, database, rows, numbers) if doubts else {}
    for one in doubts:
        owners = heirs.get(database.plain(one.place), [])
        is_own = one.row in owners
        others = [number for number in owners if number != one.row]
        if others and not is_own:
            continue
        if one.seen.kind == CHANGED and any(_has(database, rows[number], one) for number in others):
            continue
        yield Finding(one.seen.kind, one.row, one.place, one.seen.reason)


def _heirs(
    doubts: Sequence[Doubt], database: Database, rows: Sequence[Package], numbers: Sequence[int]
) -> dict[str, list[int]]:
    """Returns for each file the packages whose lists have it and mean this place."""
    wanted = {name for one in doubts for path in {one.path, one.place} for name in database.names(database.plain(path))}
    found: dict[str, list[int]] = {}
    for number in numbers:
        for path in wanted.intersection(database.paths(rows[number]) or ()):
            place = database.plain(database.diversions.place(path, rows[number].name))
            found.setdefault(place, []).append(number)
    return found


def _has(database: Database, row: Package, doubt: Doubt) -> bool:
    """Returns whether a package's checksums say that the file is as it is."""
    if not doubt.seen.digest:
        return False
    sums = database.sums(row)
    names = database.names(database.plain(doubt.path))
    return sums is not None and any(sums.digests.get(name) == doubt.seen.digest for name in names)
