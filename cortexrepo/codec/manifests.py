"""Manifests that differ little, one after the other: a row that was checked before is not checked again."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, cast

from cortexrepo.codec.canonical import unpack_table
from cortexrepo.codec.objects import TABLE, ascending, package_of
from cortexrepo.errors import CorruptError
from cortexrepo.model.package import Manifest, Package

if TYPE_CHECKING:
    from collections.abc import Iterable

_ROWS = 1 << 14
"""With more rows, that many more bytes of memory: some 400 each. They are forgotten when a manifest begins."""
_FLAGS = itemgetter(Package._fields.index("flags"))
_INT = {int}


class Manifests:
    """Reads whole manifests. Equal rows are the very same object, as long as they are remembered."""

    def __init__(self) -> None:
        """Remembers no row."""
        self._known: dict[object, Package] = {}

    def read(self, raw: bytes) -> Manifest:
        """Returns the manifest of these canonical bytes as `objects.manifest` does; raises CorruptError."""
        value = unpack_table(raw, TABLE)
        match value:
            case (str(ecosystem), tuple(rows)):
                packages = self._packages(rows)
            case _:
                raise CorruptError("the object is damaged: it is not a list of packages")
        if not ascending(packages):
            raise CorruptError("the object is damaged: its rows are out of order")
        return Manifest(ecosystem, packages)

    def _packages(self, rows: tuple[object, ...]) -> tuple[Package, ...]:
        if len(self._known) > _ROWS:
            self._known.clear()
        try:
            found = list(map(self._known.get, rows))
        except TypeError:  # a map, which no row has, cannot be looked up
            return tuple(map(package_of, rows))
        for place, package in enumerate(found):
            if package is None:
                row = rows[place]
                found[place] = self._known[row] = package_of(row)
        packages = cast("tuple[Package, ...]", tuple(found))
        # True equals 1, and is no flags.
        return packages if _are_numbers(rows) else tuple(map(package_of, rows))


def _are_numbers(rows: tuple[object, ...]) -> bool:
    """Returns whether the flags of all rows, which are as long as rows must be, are whole numbers."""
    return set(map(type, map(_FLAGS, cast("Iterable[tuple[object, ...]]", rows)))) <= _INT
