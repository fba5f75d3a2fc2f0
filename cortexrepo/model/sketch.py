"""Sketches: rows of which only name and version are known, as somebody else kept them, beside rows that are whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.content import bare
from cortexrepo.model.package import RESIDUAL, Package
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

SKETCHED = ("known", "names and versions")
"""The fact of a slot whose rows are sketches: no architecture, flag or attribute in them says anything."""


class Completed(NamedTuple):
    """Sketches that were completed, and the names of those that may have been installed or not."""

    packages: tuple[Package, ...]
    unsure: tuple[str, ...]


def complete(sketches: Iterable[Package], whole: Iterable[Package]) -> Completed:
    """Returns sketches with all that they do not say taken from the other side, so that only versions can differ.

    One sketch stands for every architecture of its name. Where the other side has only what a package left behind, the
    sketch may be of just that: it is taken for the same, and its name is among those that are unsure.

    Args:
        sketches: One side of a comparison.
        whole: The other side, whose rows say everything.
    """
    others: dict[str, list[Package]] = {}
    for package in whole:
        others.setdefault(package.name, []).append(package)
    mine: dict[str, list[Package]] = {}
    for package in sketches:
        mine.setdefault(package.name, []).append(package)
    packages: list[Package] = []
    for name, rows in mine.items():
        packages += _completed(rows, others.get(name, ()))
    unsure = [name for name in mine if _is_left_behind(others.get(name, ()))]
    return Completed(tuple(packages), tuple(sorted(unsure)))


def _is_left_behind(rows: Sequence[Package]) -> bool:
    return bool(rows) and all(package.flags & RESIDUAL for package in rows)


def _completed(sketches: Sequence[Package], whole: Sequence[Package]) -> list[Package]:
    """Returns the rows of one name: those of the other side, at the versions that the sketches say."""
    versions = {package.version for package in sketches}
    same = [package for package in whole if package.version in versions or package.flags & RESIDUAL]
    other = [package for package in whole if package not in same]
    there = {package.version for package in same}
    # A sketch whose version nobody has is the earlier or later version of a row that no sketch has.
    lost = [package for package in sketches if package.version not in there]
    if _is_left_behind(whole):
        return same
    sources = lost or list(sketches)
    paired = [bare(row)._replace(version=sources[min(at, len(sources) - 1)].version) for at, row in enumerate(other)]
    return [*same, *paired, *lost[len(other) :]]
