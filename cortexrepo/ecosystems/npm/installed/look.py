"""Whether npm's global packages are there with their files and commands. See `Inspector`.

npm writes down no checksum of an installed file. Where its cache still has a package's tarball, that says what the
files are; else no more is known than whether some of them are there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.installed import GONE_FILE, Tally, there
from cortexrepo.ecosystems.npm.installed import contents
from cortexrepo.ecosystems.npm.installed.commands import Tops, file_of
from cortexrepo.ecosystems.npm.managers import is_managed
from cortexrepo.ecosystems.npm.places import place
from cortexrepo.model.installed import COMPARED, MISSING, NOBODY, PRESENT, TAKEN, UNSEEN, WHOLE, Finding
from cortexrepo.model.package import BROKEN, LINK, OWNED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.ecosystems.contract.installed import Asked, Seen
    from cortexrepo.model.package import Package

_NO_SUMS = "npm keeps no checksums of a package's files, and its cache has no tarball of the package"
_LINKED = "the package is a link to a directory, whose files have no list"
_MANAGED = "another package manager than npm has put the package there, and keeps no checksums of files"
_NO_DESCRIPTION = "the package's description is damaged"


def look(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.look`."""
    if is_managed(asked.facts):
        yield from (Finding(UNSEEN, number, "", _MANAGED, WHOLE) for number in sorted(asked.chosen))
        return
    try:
        tops = _tops(asked, system)
    except OSError as error:
        yield Finding(UNSEEN, NOBODY, asked.environment, f"{error.strerror or error}")
        return
    for number in sorted(asked.chosen):
        if asked.rows[number].flags & OWNED:
            continue
        try:
            yield from _Package(number, asked.rows[number], tops).findings()
        except OSError as error:
            yield Finding(UNSEEN, number, error.filename or "", f"the file cannot be read: {error.strerror or error}")


def lost(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.lost`."""
    if is_managed(asked.facts):
        return
    tops = _tops(asked, system)
    for number, row in enumerate(asked.rows):
        if number in asked.chosen or row.flags & (OWNED | LINK | BROKEN):
            continue
        path = f"{tops.modules}/{place(row)}/package.json"
        if there(system, path).kind == MISSING:
            yield Finding(MISSING, number, path, GONE_FILE)
            continue
        for command in tops.commands(row):
            seen = tops.seen(row, command)
            if seen.kind not in {PRESENT, UNSEEN}:
                yield Finding(seen.kind, number, command.path, seen.reason)


def held(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.held`."""
    if is_managed(asked.facts):
        return
    tops = _tops(asked, system)
    for number, row in enumerate(asked.rows):
        for command in tops.commands(row) if number not in asked.chosen else ():
            holder = tops.holder(command, but=row)
            if holder is not None and holder in asked.chosen:
                yield Finding(TAKEN, number, command.path, f"the command is {asked.rows[holder].name}'s at present")


def booked(asked: Asked, system: Files) -> Iterator[Finding]:  # noqa: ARG001 -- npm keeps its own
    """See `Inspector.booked`."""
    return iter(())


def _tops(asked: Asked, system: Files) -> Tops:
    modules = system.realpath(f"{asked.environment}/lib/node_modules")
    return Tops(system, asked.environment, modules, asked.rows)


class _Package:
    """The look at one package."""

    def __init__(self, number: int, row: Package, tops: Tops) -> None:
        self._number, self._row, self._tops = number, row, tops
        self._folder = f"{tops.modules}/{place(row)}"
        self._tally = Tally(number)

    def findings(self) -> Iterator[Finding]:
        if self._row.flags & LINK:
            yield from self._told(self._folder, there(self._tops.system, self._folder))
            yield Finding(UNSEEN, self._number, "", _LINKED, WHOLE)
        elif self._row.flags & BROKEN:
            yield Finding(UNSEEN, self._number, "", _NO_DESCRIPTION, WHOLE)
        else:
            yield from self._whole()
        yield from self._tally.findings()

    def _whole(self) -> Iterator[Finding]:
        description = f"{self._folder}/package.json"
        seen = there(self._tops.system, description)
        if seen.kind != PRESENT:
            yield from self._told(description, seen)
            return
        files = contents.files(self._tops, self._row, self._folder)
        commands = self._tops.commands(self._row)
        if files is None:
            self._tally.add(PRESENT)
            yield Finding(UNSEEN, self._number, "", _NO_SUMS, WHOLE)
            for command in commands:
                yield from self._told(f"{self._folder}/{command.file}", file_of(self._tops, self._folder, command))
        else:
            for path, found in files:
                yield from self._told(f"{self._folder}/{path}", found)
        for command in commands:
            yield from self._told(command.path, self._tops.seen(self._row, command))

    def _told(self, path: str, seen: Seen) -> Iterator[Finding]:
        """Counts what is right, and yields everything else."""
        if seen.kind in {COMPARED, PRESENT}:
            self._tally.add(seen.kind)
        else:
            yield Finding(seen.kind, self._number, path, seen.reason)
