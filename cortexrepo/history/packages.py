"""The rows of some packages in many manifests, most of which hold the same ones: few are ever decoded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.canonical import pack
from cortexrepo.history.rows import MARK, may_be_inside
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.history.rows import Rows
    from cortexrepo.history.sightings import Sighting
    from cortexrepo.history.subject import Subject
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.package import Package

    Packages = tuple[Package, ...]
    Read = Callable[[Sighting], Packages | None]
    """What was seen, or None where it cannot be read."""

_RUNS = 8
"""So many runs of an ecosystem are remembered: about as many environments as change in turns."""

_NEAR = 256
"""So many bytes before and behind the place where they were are searched first for rows that are meant."""


class Run(NamedTuple):
    """All rows of one name in a manifest, which are next to one another, and their bytes."""

    encoded: bytes
    packages: Packages


class _Seen(NamedTuple):
    """A run where it was seen last.

    Attributes:
        around: Its bytes, with the row before it, and what shows that no other row of the name follows.
        start: Where these begin.
        packages: The rows that are meant.
    """

    around: bytes
    start: int
    packages: Packages


class EveryPackage:
    """All rows of what was seen."""

    def __init__(self, rows: Rows) -> None:
        """Takes what reads manifests."""
        self._rows = rows

    def __call__(self, sighting: Sighting) -> Packages | None:
        """Returns the rows, none where it is known that nothing was there; None where they cannot be read."""
        if sighting.object is None:
            return ()
        return self._rows.read(sighting.ecosystem, sighting.object)


class PackagesOf:
    """Only the rows that a subject means. Each manifest is looked at once, and decoded only if it holds others."""

    def __init__(self, rows: Rows, subject: Subject) -> None:
        """Takes what reads manifests, and what is meant."""
        self._rows = rows
        self._subject = subject
        self._read: dict[tuple[str, ObjectId], Packages | None] = {}
        self._choosing: dict[str, _Choosing | None] = {}

    def __call__(self, sighting: Sighting) -> Packages | None:
        """Returns those rows, none where it is known that none was there; None where they cannot be read."""
        ecosystem, identity = sighting.ecosystem, sighting.object
        if identity is None:
            return ()
        key = (ecosystem, identity)
        if key not in self._read:
            if ecosystem not in self._choosing:
                self._choosing[ecosystem] = _choosing(self._rows, self._subject, ecosystem)
            choosing = self._choosing[ecosystem]
            self._read[key] = choosing.read(identity) if choosing is not None else ()
        return self._read[key]

    def ahead(self, found: Sequence[Sighting]) -> None:
        """Looks at all manifests, the oldest first: as packs hold them, so that each is made of the one before it."""
        for sighting in found:
            self(sighting)


class _Choosing:
    """The rows of one ecosystem's manifests that are meant."""

    def __init__(self, rows: Rows, ecosystem: str, meant: Callable[[Package], bool]) -> None:
        self._rows = rows
        self._ecosystem = ecosystem
        self._meant = meant

    def read(self, identity: ObjectId) -> Packages | None:
        content = self._rows.content(self._ecosystem, identity)
        return None if content is None else self._parsed(identity, content)

    def _parsed(self, identity: ObjectId, content: bytes) -> Packages | None:
        found = self._rows.parse(self._ecosystem, identity, content)
        return None if found is None else tuple(filter(self._meant, found))


class _ChoosingOne(_Choosing):
    """The same for one name: the bytes are searched for it, and decoded only where its rows are not known yet."""

    def __init__(self, rows: Rows, ecosystem: str, meant: Callable[[Package], bool], name: str) -> None:
        super().__init__(rows, ecosystem, meant)
        self._start = MARK + pack(name)
        self._runs: list[Run] = []
        self._last: _Seen | None = None

    def _parsed(self, identity: ObjectId, content: bytes) -> Packages | None:
        last = self._last
        if last is not None:
            # Between the same neighbours, near where they were, are these rows: they need not be searched from the
            # beginning. The row before is of another name, and rows of one name are next to one another.
            around = last.around
            start = content.find(around, max(last.start - _NEAR, 0), last.start + len(around) + _NEAR)
            if start > 0 and not may_be_inside(content, start):
                if start != last.start:
                    self._last = last._replace(start=start)
                return last.packages
        return self._searched(identity, content)

    def _seen(self, content: bytes, start: int, end: int, packages: Packages) -> Packages:
        """Remembers where the rows are, and what is around them."""
        behind = end + len(self._start)
        before = self._rows.before(content, start)
        is_between = before > 0 and behind <= len(content) and not content.startswith(self._start, before)
        self._last = _Seen(content[before:behind], before, packages) if is_between else None
        return packages

    def _searched(self, identity: ObjectId, content: bytes) -> Packages | None:
        position = content.find(self._start)
        if position < 0:
            return ()
        if may_be_inside(content, position):
            return super()._parsed(identity, content)
        for run in self._runs:
            # Bytes that are a whole row are that row: no encoding is the beginning of another one.
            end = position + len(run.encoded)
            if content.startswith(run.encoded, position) and not content.startswith(self._start, end):
                return self._seen(content, position, end, run.packages)
        end, found = self._rows.run(content, position, self._start)
        if not found:
            # The bytes are somewhere inside a row: all of them have to be told apart.
            return super()._parsed(identity, content)
        packages = tuple(filter(self._meant, found))
        self._runs = [Run(content[position:end], packages), *self._runs[: _RUNS - 1]]
        return self._seen(content, position, end, packages)


def _choosing(rows: Rows, subject: Subject, ecosystem: str) -> _Choosing | None:
    typed, meant = subject.typed(ecosystem), subject.meant(ecosystem)
    if typed is None or meant is None:
        return None
    if subject.is_glob:
        return _Choosing(rows, ecosystem, meant)
    return _ChoosingOne(rows, ecosystem, meant, typed.name)
