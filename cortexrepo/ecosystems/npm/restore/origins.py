"""Which tarball the files of each package come from: its own, or the one of a package that has it bundled in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.npm.places import chain, outer_places, place
from cortexrepo.ecosystems.npm.restore.staging import Origin
from cortexrepo.ecosystems.npm.tarballs.supply import spec_of
from cortexrepo.model.artifact import own_name
from cortexrepo.model.content import is_other
from cortexrepo.model.package import BROKEN, LINK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.ecosystems.npm.tarballs.supply import Supply, Tarball
    from cortexrepo.ecosystems.npm.tarballs.tarball import Contents
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Source, Step


def changed(steps: Iterable[Step]) -> tuple[Package, ...]:
    """Returns the rows that come with files of their own, outer ones first."""
    rows = {step.after for step in steps if step.after is not None and not step.after.flags & (LINK | BROKEN)}
    return tuple(sorted(rows, key=lambda row: (len(chain(row)), row)))


def kept(rows: Iterable[Package], steps: Iterable[Step]) -> list[Package]:
    """Returns the rows that stay as they are, and are no links: their files are copied from where they are."""
    new = {place(row) for row in changed(steps)}
    return [row for row in rows if place(row) not in new and not row.flags & LINK]


class Origins:
    """The tarball and the path in it for each package that could be had."""

    def __init__(self) -> None:
        """Knows of none."""
        self._found: dict[str, tuple[Tarball, str]] = {}

    @classmethod
    def bring(cls, rows: Sequence[Package], supply: Supply) -> Origins:
        """Brings what is needed. What is bundled in a package that comes is not fetched alone: npm does likewise."""
        found = cls()
        for depth in sorted({len(chain(row)) for row in rows}):
            level = [row for row in rows if len(chain(row)) == depth]
            alone = [row for row in level if not found._bundled(row)]
            supply.bring(alone)
            for row in alone:
                tarball = supply.brought.get(spec_of(row))
                if tarball is None:
                    continue
                if is_other(row, tarball.contents.packages[""].content):
                    # The same version is elsewhere too, with another content: one tarball cannot be both.
                    supply.missing[spec_of(row)] = "the package was installed with two different contents"
                    continue
                found._found[place(row)] = (tarball, "")
        return found

    def has(self, row: Package) -> bool:
        """Returns whether the files of a row are here."""
        return place(row) in self._found

    def contents(self, row: Package) -> tuple[Contents, str]:
        """Returns what is in the tarball, and the package's path in it, for a row whose files are here."""
        tarball, inner = self._found[place(row)]
        return tarball.contents, inner

    def source(self, row: Package | None) -> Source | None:
        """Returns where the file of a row comes from; None where it has none of its own."""
        tarball, inner = self._found.get(place(row), (None, "")) if row is not None else (None, "")
        return tarball.source if tarball is not None and not inner else None

    def files(self, rows: Iterable[Package]) -> dict[str, Origin]:
        """Returns what a staging is filled from, by place."""
        found = {}
        for row in rows:
            tarball, inner = self._found[place(row)]
            found[place(row)] = Origin(tarball.path, inner, tarball.contents.packages[inner].scripts)
        return found

    def _bundled(self, row: Package) -> bool:
        for outer in outer_places(row):
            tarball, inner = self._found.get(outer, (None, ""))
            if tarball is None:
                continue
            below = f"{inner}/" if inner else ""
            path = f"{below}{place(row).removeprefix(outer + '/')}"
            there = tarball.contents.packages.get(path)
            is_it = there is not None and (there.name or row.name, there.version) == (own_name(row), row.version)
            if there is not None and is_it and not is_other(row, there.content):
                self._found[place(row)] = (tarball, path)
                return True
        return False
