"""Whether installed files are what dpkg's checksums say. See `Inspector`.

dpkg keeps a list and the checksums of each package's files. When another package takes a file over, dpkg removes it
from the list, and never from the checksums: that is how a file is found that has lost its package's content.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.installed.alternatives import broken
from cortexrepo.ecosystems.apt.installed.choices import unchosen
from cortexrepo.ecosystems.apt.installed.database import Database, installed
from cortexrepo.ecosystems.apt.installed.detours import detours
from cortexrepo.ecosystems.apt.installed.holding import held_files
from cortexrepo.ecosystems.apt.installed.leftovers import left_over
from cortexrepo.ecosystems.apt.installed.owners import Doubt, settled
from cortexrepo.ecosystems.apt.installed.settings import lost_or_left
from cortexrepo.ecosystems.apt.names import is_there
from cortexrepo.ecosystems.apt.state import condition
from cortexrepo.ecosystems.contract.installed import Listings, Tally, compared, there
from cortexrepo.model.installed import (
    COMPARED,
    CONFIGURATION,
    MISSING,
    NOBODY,
    PRESENT,
    TAKEN,
    UNSEEN,
    WHOLE,
    Finding,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.apt.installed.lists import Conffile, Sums
    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.ecosystems.contract.installed import Asked
    from cortexrepo.model.package import Package

_ALGORITHM = "md5"
_VOLATILE = ("/run/", "/var/run/", "/var/lock/", "/tmp/", "/dev/", "/proc/", "/sys/")  # noqa: S108 -- no file is made
"""What is there is not on the disk, and gone when the machine starts again."""
_NO_LIST = "dpkg has no list of the package's files"
_NO_SUMS = "dpkg has no checksums of the package's files"
_NO_SUM = "dpkg has no checksum of the file"


def look(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.look`."""
    try:
        database = Database(system)
    except OSError as error:
        yield Finding(UNSEEN, NOBODY, error.filename or "", f"dpkg's files cannot be read: {error.strerror}")
        return
    for path in database.damaged:
        yield Finding(UNSEEN, NOBODY, path, "the file is damaged, and not all of it was understood")
    whole = installed(asked.rows)
    doubts: list[Doubt] = []
    for number in sorted(asked.chosen):
        if number in whole:
            yield from _Package(number, asked.rows[number], database, system, doubts).findings()
        elif is_there(asked.rows[number]):
            yield Finding(UNSEEN, number, "", f"the package is {condition(asked.rows[number])}", WHOLE)
    yield from settled(doubts, database, asked.rows, whole)
    yield from left_over(database, asked.rows, whole, asked.chosen)
    if asked.chosen.issuperset(whole):
        yield from broken(database, system)


def lost(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.lost`: what is missing, and what has another content and no package any more.

    Configuration files, commands to choose from and links in the place of directories are those of chosen packages,
    too: `look` leaves them to whoever administers the machine.
    """
    database = Database(system)
    whole = installed(asked.rows)
    doubts: list[Doubt] = []
    listings = Listings(system)
    for number in whole:
        if number in asked.chosen:
            continue
        row = asked.rows[number]
        sums, listed = database.sums(row), set(database.paths(row) or ())
        current = database.conffiles(row)
        for path, digest in (sums.digests if sums is not None else {}).items():
            place = database.diversions.place(path, row.name)
            if path in current or database.filters.leaves_out(path):
                continue
            seen = listings.there(place) if path in listed else compared(system, place, _ALGORITHM, digest)
            if seen.kind not in {COMPARED, PRESENT, UNSEEN}:
                doubts.append(Doubt(number, path, place, seen))
    yield from settled(doubts, database, asked.rows, whole)
    yield from left_over(database, asked.rows, whole, frozenset())
    yield from broken(database, system)
    yield from lost_or_left(database, asked.rows, whole, system)
    chosen = asked.chosen.intersection(whole)
    yield from unchosen(database, asked.rows, chosen, system)
    yield from detours(database, asked.rows, whole, chosen, system)


def held(asked: Asked, system: Files) -> Iterator[Finding]:
    """See `Inspector.held`."""
    database = Database(system)
    whole = installed(asked.rows)
    for row, path, holder in held_files(database, asked.rows, whole, asked.chosen, system):
        yield Finding(TAKEN, row, path, f"the file is {holder.name}'s at present")


class _Package:
    """The look at one package that is wholly there; what another package may answer for goes to `doubts`."""

    def __init__(self, number: int, row: Package, database: Database, system: Files, doubts: list[Doubt]) -> None:
        self._number, self._row = number, row
        self._database, self._system, self._doubts = database, system, doubts
        self._tally = Tally(number)

    def findings(self) -> Iterator[Finding]:
        try:
            listed, sums = self._database.paths(self._row), self._database.sums(self._row)
        except OSError as error:
            yield self._finding(UNSEEN, error.filename or "", f"the file cannot be read: {error.strerror}")
            return
        conffiles = self._database.conffiles(self._row)
        if sums is not None:
            yield from self._summed(sums, conffiles)
        if listed is None:
            yield Finding(UNSEEN, self._number, "", _NO_LIST, WHOLE)
        else:
            known = sums.digests if sums is not None else {}
            yield from self._others(listed, known, conffiles, _NO_SUM if sums is not None else _NO_SUMS)
        yield from self._configured(conffiles)
        yield from self._tally.findings()

    def _finding(self, kind: str, path: str, reason: str) -> Finding:
        return Finding(kind, self._number, path, reason)

    def _place(self, path: str) -> str:
        return self._database.diversions.place(path, self._row.name)

    def _summed(self, sums: Sums, conffiles: dict[str, Conffile]) -> Iterator[Finding]:
        """Yields what is found of the files that have a checksum."""
        if sums.damaged:
            yield Finding(UNSEEN, self._number, "", "lines of dpkg's checksums cannot be understood", sums.damaged)
        for path, digest in sums.digests.items():
            if path in conffiles or _is_volatile(path):
                continue
            place = self._place(path)
            seen = compared(self._system, place, _ALGORITHM, digest)
            if seen.kind == COMPARED:
                self._tally.add(COMPARED)
            elif seen.kind == UNSEEN:
                yield self._finding(UNSEEN, place, seen.reason)
            elif seen.kind != MISSING or not self._database.filters.leaves_out(path):
                self._doubts.append(Doubt(self._number, path, place, seen))

    def _others(
        self, listed: Sequence[str], known: dict[str, bytes], conffiles: dict[str, Conffile], unsummed: str
    ) -> Iterator[Finding]:
        """Yields what is found of the files that have none: links, directories, and what only its list names."""
        folders = {posixpath.dirname(path) for path in listed}
        for path in listed:
            if path in known or path in conffiles or _is_volatile(path):
                continue
            if path in folders:
                # A link in its place leads on to what is in it, and is the choice of whoever made it.
                self._tally.add(PRESENT)
                continue
            place = self._place(path)
            seen = there(self._system, place)
            if seen.kind == PRESENT and self._is_file(place):
                self._tally.add(UNSEEN, unsummed)
            elif seen.kind == PRESENT:
                self._tally.add(PRESENT)
            elif seen.kind == UNSEEN:
                yield self._finding(UNSEEN, place, seen.reason)
            elif not self._database.filters.leaves_out(path):
                self._doubts.append(Doubt(self._number, path, place, seen))

    def _is_file(self, path: str) -> bool:
        try:
            return self._system.readlink(path) is None and not self._system.is_directory(path)
        except OSError:
            return False

    def _configured(self, conffiles: dict[str, Conffile]) -> Iterator[Finding]:
        """Yields the configuration files that are not as the package brought them; dpkg leaves these alone, too."""
        for path, one in conffiles.items():
            if not one.is_current:
                continue
            place = self._place(path)
            seen = compared(self._system, place, _ALGORITHM, one.digest)
            if seen.kind == COMPARED:
                self._tally.add(COMPARED)
            elif seen.kind == UNSEEN:
                yield self._finding(UNSEEN, place, seen.reason)
            elif seen.kind != MISSING or not self._database.filters.leaves_out(path):
                gone = "the configuration file was removed"
                changed = "the configuration file was changed"
                yield self._finding(CONFIGURATION, place, gone if seen.kind == MISSING else changed)


def booked(asked: Asked, system: Files) -> Iterator[Finding]:  # noqa: ARG001 -- nobody else keeps a book of dpkg's packages
    """See `Inspector.booked`."""
    return iter(())


def _is_volatile(path: str) -> bool:
    return f"{path}/".startswith(_VOLATILE)
