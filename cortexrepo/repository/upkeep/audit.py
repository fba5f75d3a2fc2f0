"""The audit of what is packed: every byte of every pack and segment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.packed import packs
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.damage import shown
from cortexrepo.model.ids import is_hex
from cortexrepo.model.problem import DAMAGED_PACK, DAMAGED_SEGMENT, STRAY, Problem
from cortexrepo.repository import layout
from cortexrepo.repository.objects.packs import Packs
from cortexrepo.repository.refs.unread import problem
from cortexrepo.repository.upkeep.strangers import in_segments

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.progress import Progress
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.upkeep.slots import Slots
    from cortexrepo.store.base import Store

_DIGITS = 64
_ENDINGS = {layout.PACKS: (layout.PACK,), layout.SEGMENTS: (layout.SEGMENT,)}


class Audit:
    """One audit.

    Attributes:
        problems: What is wrong.
        size: How many bytes were read.
        strangers: What is in `segments/` under other names than a segment's: it may hold any snapshot.
    """

    def __init__(self, store: Store, refs: Refs, progress: Progress, slots: Slots) -> None:
        """Takes what to look at, whom to tell how far it has come, and what slots say of the manifests in packs."""
        self.problems: list[Problem] = []
        self.size = 0
        self.strangers: tuple[str, ...] = ()
        self._store = store
        self._refs = refs
        self._packs = Packs(store)
        self._progress = progress
        self._slots = slots

    def strays(self) -> None:
        """Looks for files that are no packs or segments."""
        for directory, endings in _ENDINGS.items():
            for name in sorted(self._store.names(directory)):
                if not any(name.endswith(end) and is_hex(name.removesuffix(end), _DIGITS) for end in endings):
                    reason = "the name is not the name of a pack or a segment"
                    way = in_segments(self._store, name) if directory == layout.SEGMENTS else ""
                    self._problem(STRAY, shown(f"{directory}/{name}"), f"{reason}; {way}" if way else reason)

    def snapshots(self) -> Iterator[tuple[Snapshot, bytes]]:
        """Yields every snapshot in the segments, with its ref's checksum."""
        segments = self._refs.segments()
        view = segments.view()
        self.strangers = view.strangers
        for name, error in view.damaged.items():
            self.problems.append(problem(DAMAGED_SEGMENT, layout.segment_key(name), error))
        for number, name in enumerate(view.heads):
            key = layout.segment_key(name)
            self._progress("reading segments", number, len(view.heads))
            self.size += self._store.size(key)
            try:
                segment = segments.open(name)
                found = [
                    (segment.snapshot(group, row), segment.checksum(group, row))
                    for group in segment.head.groups
                    for row, _ in enumerate(segment.names(group), group.start)
                ]
            except (CorruptError, FormatVersionError) as error:
                self.problems.append(problem(DAMAGED_SEGMENT, key, error))
            else:
                yield from found

    def objects(self) -> set[ObjectId]:
        """Returns the ids of all objects that are whole in a pack."""
        found: set[ObjectId] = set()
        names = self._packs.names()
        for number, name in enumerate(names):
            self._progress("reading packs", number, len(names))
            found |= self._pack(name)
        return found

    def _pack(self, name: str) -> set[ObjectId]:
        found: set[ObjectId] = set()
        try:
            for content in self._packs.contents(name):
                identity = packs.identify(content)
                self._slots.compare(identity, content)
                found.add(identity)
        except (CorruptError, FormatVersionError) as error:
            bad = problem(DAMAGED_PACK, layout.pack_key(name), error)
            self.problems.append(bad._replace(reason=f"{bad.reason}{self._left(name)}"))
        else:
            self.size += self._store.size(layout.pack_key(name))
        self._packs.forget(name)
        return found

    def _left(self, name: str) -> str:
        """Returns how much of a damaged pack can be read all the same, as the end of a sentence."""
        try:
            count, stated = sum(1 for _ in self._packs.whole(name)), self._packs.stated(name)
        except FormatVersionError:
            return ""  # how much that is, only a newer version knows
        if not stated:
            return "; no object in the pack can be read"
        some = f"all {stated}" if count == stated else f"{count} of {stated}"
        return f"; {some} objects in the pack can be read"

    def _problem(self, kind: str, key: str, reason: str) -> None:
        self.problems.append(Problem(kind, key, reason))
