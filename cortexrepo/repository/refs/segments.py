"""Segments of a repository: the refs that a collector has rolled up. Read at any moment, without a lock."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.codec.packed import segments
from cortexrepo.errors import CorruptError, FormatVersionError, StoreError
from cortexrepo.model.ids import is_hex
from cortexrepo.model.refname import IMPORTED
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout
from cortexrepo.repository.refs.order import Stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.codec.packed.rows import Group, Head, Segment
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.store.base import Store

_DIGITS = 64
_LOOKS = 8
"""So often a collector may have replaced what was listed before it is read; each time there is less to replace."""


class Place(NamedTuple):
    """Where a ref is: a segment, a machine's refs in it, and the row."""

    segment: Segment
    group: Group
    row: int

    def name(self) -> RefName:
        """Returns the name of the ref that is there."""
        return self.segment.name(self.group, self.row)

    def before(self) -> Place | None:
        """Returns where the ref is that comes before it, or None for a machine's first one in this segment."""
        return self._replace(row=self.row - 1) if self.row > self.group.start else None

    def snapshot(self) -> Snapshot:
        """Returns the snapshot that is there; raises CorruptError."""
        return self.segment.snapshot(self.group, self.row)

    def checksum(self) -> bytes:
        """Returns the checksum of its ref file; raises CorruptError."""
        return self.segment.checksum(self.group, self.row)


class View(NamedTuple):
    """The segments that were there at one look.

    Attributes:
        heads: Their heads, by name.
        damaged: Why others cannot be read, by name.
        strangers: What is in `segments/` besides: it may be a segment that was renamed.
    """

    heads: dict[str, Head]
    damaged: dict[str, CorruptError | FormatVersionError]
    strangers: tuple[str, ...] = ()


class Segments:
    """The segments of one repository. What is read once is kept: a segment never changes."""

    def __init__(self, store: Store) -> None:
        """Takes the store."""
        self._store = store
        self._files: dict[str, bytes] = {}
        self._heads: dict[str, Head] = {}
        self._opened: dict[str, Segment] = {}
        self.spoiled: dict[str, CorruptError | FormatVersionError] = {}
        """Those whose heads can be read, and which turned out to be damaged when they were opened, and why."""

    def view(self) -> View:
        """Returns the segments that are there: each ref that is in one throughout is in one of these.

        A collector puts the new one before it removes the old ones, so that whoever misses an old one looks again; so
        does who lists other ones now: one listing can miss the new and the old.
        """
        names, _ = self._names()
        for _ in range(_LOOKS):
            heads, damaged = {}, {}
            listed, (names, strangers) = names, self._names()
            for name in listed:
                if name in self.spoiled:
                    damaged[name] = self.spoiled[name]
                    continue
                try:
                    head = self._head(name)
                except (CorruptError, FormatVersionError) as error:
                    damaged[name] = error
                    continue
                if head is None:
                    break
                heads[name] = head
            else:
                if names == listed:
                    return View(heads, damaged, strangers)
        raise StoreError(
            f"{self._store.location}: other processes keep removing files from {layout.SEGMENTS}/",
            hint="run the command again; if it fails again, check which programs use this directory",
        )

    def check(self, names: Iterable[str]) -> bool:
        """Compares the heads of segments that a view named with their rows; returns whether all say the same.

        One whose head does not is among the damaged ones of each later view.
        """
        for name in names:
            with contextlib.suppress(CorruptError, FormatVersionError):
                for group in self._open(name).head.groups:
                    self.open(name, group)
        return self.spoiled.keys().isdisjoint(names)

    def streams(self, view: View) -> list[Stream]:
        """Returns the names in all segments, by machine. A segment is opened when somebody looks into it."""
        return [
            Stream(
                group.first,
                group.last,
                f"{group.latest:011x}",
                partial(self._open_names, name, group),
                partial(self._open_edge, name, group),
            )
            for name, head in view.heads.items()
            for group in head.groups
        ]

    def find(self, name: RefName, view: View | None = None) -> Place | None:
        """Returns where a ref is, or None; raises as `view` does, and CorruptError for a segment that is damaged."""
        for key, head in (self.view() if view is None else view).heads.items():
            for group in head.groups:
                if group.first <= name <= group.last:
                    segment = self._open(key)
                    with self._about(key):
                        row = segment.row(group, name)
                    if row is not None:
                        return Place(segment, group, row)
        return None

    def has_number(self, machine: str, sequence: int) -> bool:
        """Returns whether a ref of a machine has that number; raises as `find`."""
        for key, head in self.view().heads.items():
            for group in head.groups:
                if group.machine == machine and group.first.sequence <= sequence <= group.last.sequence:
                    with self._about(key):
                        if self._open(key).has_number(group, sequence):
                            return True
        return False

    def snapshot(self, name: RefName) -> Snapshot | None:
        """Returns the snapshot of that name, or None."""
        place = self.find(name)
        return None if place is None else place.snapshot()

    def open(self, name: str, group: Group | None = None) -> Segment:
        """Returns a segment that a view named, the names of a machine's refs checked; raises CorruptError."""
        found = self._open(name)
        if group is not None:
            with self._about(name):
                found.check(group)
        return found

    def _names(self) -> tuple[list[str], tuple[str, ...]]:
        """Returns the names of segments, and what is there besides."""
        found: list[str] = []
        strangers: list[str] = []
        for file in sorted(self._store.names(layout.SEGMENTS)):
            name = file.removesuffix(layout.SEGMENT)
            if name != file and is_hex(name, _DIGITS):
                found.append(name)
            else:
                strangers.append(file)
        return found, tuple(strangers)

    def _head(self, name: str) -> Head | None:
        if name not in self._heads:
            key = layout.segment_key(name)
            data = self._store.get(key, segments.FILE_LIMIT)
            if data is None:
                return None
            with _naming(key):
                head = segments.decode_head(data, name)
            self._files[name], self._heads[name] = data, head
        return self._heads[name]

    def _open(self, name: str) -> Segment:
        if name not in self._opened:
            with self._about(name):
                self._opened[name] = segments.decode(self._files[name], name)
        return self._opened[name]

    def _open_names(self, name: str, group: Group) -> list[RefName]:
        segment = self.open(name, group)
        with self._about(name):
            return segment.names(group)

    def _open_edge(self, name: str, group: Group) -> tuple[RefName, RefName]:
        segment = self.open(name, group)
        with self._about(name):
            at = segment.row_from(group, IMPORTED + 1)
            return segment.name(group, at - 1), segment.name(group, at)

    @contextlib.contextmanager
    def _about(self, name: str) -> Iterator[None]:
        """Has an error say which segment it is about, and remembers that this one is damaged."""
        try:
            with _naming(layout.segment_key(name)):
                yield
        except (CorruptError, FormatVersionError) as error:
            self.spoiled.setdefault(name, error)
            raise


@contextlib.contextmanager
def _naming(key: str) -> Iterator[None]:
    try:
        yield
    except (CorruptError, FormatVersionError) as error:
        if str(error).startswith(key):
            raise
        from cortexrepo.model.damage import FROM_COPY  # few ever need it

        raise type(error)(f"{key}: {error}", hint=error.hint or FROM_COPY) from error
