"""An overview: all that is kept, column by column, in two parts: what is new, and a block that changes seldom.

The block has a description: as long as that is the same, the block is. So whoever has drawn it need not draw it again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.canonical import pack
from cortexrepo.codec.hashing import checksum
from cortexrepo.errors import CorruptError, CortexError, FormatVersionError
from cortexrepo.model.refname import RefName
from cortexrepo.model.stretch import BEGINNING, alone
from cortexrepo.named import NamedTuple
from cortexrepo.repository.refs.listing import damage_of, damaged_in, tags_of
from cortexrepo.repository.refs.walk import are_placed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.stretch import Stretch
    from cortexrepo.repository.refs.look import Look
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.refs.tags import Tags
    from cortexrepo.repository.refs.walk import Span

_OLD = 64
"""A block with more refs that have a file of their own is not described: each of them would have to be read."""


class Overview:
    """All snapshots that are kept, as one look found them.

    Attributes:
        repository: The repository's id.
        damaged: What could not be read so far, as a listing has it.
        size: How many snapshots the block's segments have.
    """

    def __init__(self, refs: Refs, tagged: Tags, repository: str) -> None:
        """Looks at all names, under the shared lock; raises LockTimeoutError, StoreError."""
        self.repository = repository
        self._refs = refs
        self._look = refs.locked_look()
        self._tags = tags_of(tagged)
        self._short = {snapshot[:BEGINNING] for snapshot in self._tags}
        self.damaged: list[Damage] = [
            *damaged_in(self._look, refs),
            *tagged.damaged,
            *tagged.missing_at(self._look, self._tags),
        ]
        heads = {} if self._look.view is None else self._look.view.heads
        self.size = sum(group.rows for head in heads.values() for group in head.groups)
        self._new = [] if are_placed(self._look, refs.rolled()) else _newer(self._look)

    def new(self) -> list[Stretch]:
        """Returns what is newer than all of the block, newest first."""
        kept = [name for name in self._new if name.id not in self._look.gone]
        return [stretch for name in kept for stretch in self._of_name(name)]

    def block(self) -> Iterator[Stretch]:
        """Yields all the rest, newest first, except what is in segments that turn out to be damaged."""
        self._check()
        new = frozenset(self._new)
        for part in self._refs.walk(self._look):
            if not isinstance(part, RefName):
                yield from self._of_span(part)
            elif part not in new:
                yield from self._of_name(part)

    def _check(self) -> None:
        """Compares all heads with the rows; looks again where one contradicts them, and names the segment."""
        segments, view = self._refs.segments(), self._look.view
        if view is not None and not segments.check(view.heads):
            self._look = self._refs.locked_look()
            self.damaged += [one for one in damaged_in(self._look, self._refs) if one not in self.damaged]

    def description(self) -> bytes | None:
        """Returns a digest over all that the block follows from, or None where that is not sure."""
        look, ours = self._look, {name.id for name in self._new}
        old = [name for name in look.loose if name.id not in ours]
        if look.view is None or look.view.damaged or look.view.strangers or len(old) > _OLD:
            return None
        try:
            refs = [
                (str(name), found[1]) for name, found in ((name, self._refs.read_raw(name)) for name in old) if found
            ]
        except (CorruptError, FormatVersionError):
            return None
        tags = [(snapshot, names) for snapshot, names in self._tags.items() if snapshot not in ours]
        gone = sorted(look.gone - ours)
        parts = (self.repository, sorted(look.view.heads), sorted(refs), sorted(tags), gone)
        return checksum(pack(parts)) if len(refs) == len(old) else None

    def _of_name(self, name: RefName) -> Iterator[Stretch]:
        for _, found in self._refs.snapshots([name], linked=False):
            error = found if isinstance(found, CortexError) else found.unknown()
            if error is not None:
                self.damaged.append(damage_of(name, error))
            if not isinstance(found, CortexError):
                yield alone(found, self._tags.get(found.id, ()))

    def _of_span(self, span: Span) -> Iterator[Stretch]:
        segment, group, start, stop = span
        try:
            found = segment.stretch(group, start, stop)
        except (CorruptError, FormatVersionError):
            # Then each is looked at alone: the others can be read.
            for row in range(stop - 1, start - 1, -1):
                yield from self._of_name(segment.name(group, row))
            return
        if any(one.table() is not None for one in found.alike.values()):
            # Each has another table, and each table may be damaged.
            for row in range(stop - 1, start - 1, -1):
                yield from self._of_name(segment.name(group, row))
            return
        tags: dict[int, tuple[str, ...]] = {}
        if not self._short.isdisjoint(found.ids):
            for at, short in enumerate(found.ids):
                if short in self._short:
                    tags[at] = self._tags.get(segment.name(group, stop - 1 - at).id, ())
        yield found._replace(tags={at: names for at, names in tags.items() if names})


class _Machine(NamedTuple):
    """The end of what is packed of a machine: its last name, and its latest moment."""

    last: str
    latest: int


def _newer(look: Look) -> list[RefName]:
    """Returns the refs of their own that come before everything in segments, newest first, deleted ones among them.

    Where some would have to stand within the segments of their machine, no order is known without opening these: none.
    """
    ends: dict[str, _Machine] = {}
    for head in look.view.heads.values() if look.view is not None else ():
        for group in head.groups:
            end = ends.get(group.last.machine, _Machine("", 0))
            ends[group.last.machine] = _Machine(max(end.last, group.last), max(end.latest, group.latest))
    top = max(((end.latest, end.last) for end in ends.values()), default=(0, ""))
    found: list[tuple[int, RefName]] = []
    moments = {machine: end.latest for machine, end in ends.items()}
    for name in sorted(look.loose):
        machine = name.machine
        if machine in ends and name <= ends[machine].last:
            return []
        moments[machine] = max(moments.get(machine, 0), name.created_at)
        if (moments[machine], name) > top:
            found.append((moments[machine], name))
    return [name for _, name in sorted(found, reverse=True)]
