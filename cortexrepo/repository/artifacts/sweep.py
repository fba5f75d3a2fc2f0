"""Artifacts that go: those that no snapshot needs any more, and under a limit those that only old ones need.

The order of the steps is the promise (docs/protocol.md, part 8): names of artifacts first, then what snapshots
need; what goes is set aside, then the snapshots that came meanwhile are read, and only what these do not need either is
removed. Who keeps an artifact has published its snapshot before, and looks only where nothing is set aside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import refs as codec
from cortexrepo.codec.artifacts import KEY_DIGITS
from cortexrepo.errors import CorruptError, CortexError, FormatVersionError
from cortexrepo.model.refname import is_numbered
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout
from cortexrepo.repository.artifacts import artifacts
from cortexrepo.repository.refs.unread import damage
from cortexrepo.store.keys import PINS

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Iterable, Iterator, Sequence

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.ids import ObjectId, SnapshotId
    from cortexrepo.model.package import Manifest
    from cortexrepo.model.progress import Progress
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot
    from cortexrepo.repository.objects.objects import Objects
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.refs.tags import Tags
    from cortexrepo.store.upkeep import Kept

_AT_ONCE = 256
"""So many are set aside at once: the directory then fits into the ballast of a full disk."""


class Swept(NamedTuple):
    """How many artifacts went, their bytes, how many bytes are over the limit still, and why none could be judged.

    `damaged` has the object that cannot be read, where that is why.
    """

    files: int = 0
    size: int = 0
    over: int = 0
    unknown: str = ""
    damaged: tuple[Damage, ...] = ()


class ArtifactSweep:
    """One look at the artifacts of one repository by a collector that has done everything else."""

    def __init__(self, store: Kept, refs: Refs, tags: Tags, objects: Objects, progress: Progress) -> None:
        """Takes the repository, and whom to tell how far it has come."""
        self._store = store
        self._large = store.large()
        self._refs = refs
        self._tags = tags
        self._objects = objects
        self._progress = progress
        self._known: set[RefName] = set()
        self._unread: tuple[Damage, ...] = ()

    def plan(self, limit: int | None, going: Container[SnapshotId] = ()) -> Swept:
        """Returns what `run` would remove where these snapshots are gone; changes nothing."""
        return Swept() if self._large.is_empty() else self._judge(limit, going)[0]

    def run(self, limit: int | None) -> Swept:
        """Removes what no snapshot needs, then what is over the limit, and returns how much that was.

        Where a manifest cannot be read nobody knows what it needs, and everything stays.

        Args:
            limit: As many bytes may stay. What the newest snapshot of a machine or a tagged one needs always stays.
        """
        if self._large.is_empty():
            return Swept()
        self._large.put_back_leftovers()
        swept, chosen = self._judge(limit, ())
        for start in range(0, len(chosen), _AT_ONCE):
            self._progress("removing artifacts", start, len(chosen))
            moved = self._large.set_aside(name for name, _ in chosen[start : start + _AT_ONCE])
            # Whose snapshot was there before an artifact was set aside may rely on it, and is found now; who comes
            # later does not find the artifact, and keeps it anew.
            back = self._needed_since(moved)
            self._large.put_back(back)
            self._large.discard(name for name in moved if name not in back)
            for name, size in chosen[start : start + _AT_ONCE]:
                if name in back:
                    swept = swept._replace(files=swept.files - 1, size=swept.size - size)
        return swept

    def _judge(self, limit: int | None, going: Container[SnapshotId]) -> tuple[Swept, list[tuple[str, int]]]:
        """Returns what goes: names and sizes."""
        sizes = dict(self._sizes())
        try:
            ranks, kept = self._ranks({name[:KEY_DIGITS] for name in sizes}, going)
        except CortexError as error:
            return Swept(unknown=str(error), damaged=self._unread), []
        chosen = [(name, size) for name, size in sizes.items() if name[:KEY_DIGITS] not in ranks]
        over = 0
        if limit is not None:
            rest = {name: size for name, size in sizes.items() if name[:KEY_DIGITS] in ranks}
            over = sum(rest.values()) - limit
            # What only the oldest snapshots need goes first, of that the largest.
            for name, size in sorted(rest.items(), key=lambda one: (-ranks[one[0][:KEY_DIGITS]], -one[1], one[0])):
                if over > 0 and ranks[name[:KEY_DIGITS]] >= kept:
                    chosen.append((name, size))
                    over -= size
        return Swept(len(chosen), sum(size for _, size in chosen), max(over, 0)), chosen

    def _sizes(self) -> Iterator[tuple[str, int]]:
        for fan in self._large.fans():
            for name in self._large.names(fan):
                size = self._large.size(name) if artifacts.is_name(fan, name) else None
                if size is not None:
                    yield name, size

    # -- what is needed

    def _ranks(self, wanted: set[str], going: Container[SnapshotId]) -> tuple[dict[str, int], int]:
        """Returns for each of these keys that is needed the number of the first snapshot that needs it.

        The first ones are those whose artifacts always stay, then come the others, newest first, then the deleted ones.
        Returns also how many the first ones are. No more is read than until all are found.
        """
        pinned = self._pinned(wanted)
        names = self._refs.names()
        kept = [name for name in names.kept if name.id not in going]
        always = self._always(kept)
        others = [name for name in kept if name not in always]
        ordered = [*always, *others, *(name for name in names.deleted if name.id not in going)]
        self._known.update(ordered)
        found = dict.fromkeys(pinned, 0)
        for number, keys in enumerate(self._keys(ordered, wanted)):
            for key in keys:
                found.setdefault(key, number)
            if len(found) == len(wanted):
                break
        return found, len(always)

    def _always(self, kept: Iterable[RefName]) -> dict[RefName, None]:
        """Returns the newest ones of each machine, recorded and rebuilt, and the tagged ones."""
        tagged = self._tags.by_snapshot()
        machines: dict[tuple[str, bool], RefName] = {}
        for name in kept:
            machines.setdefault((name.machine, is_numbered(name)), name)
        newest = dict.fromkeys(machines.values())
        return {**newest, **dict.fromkeys(name for name in kept if name.id in tagged)}

    def _needed_since(self, moved: Sequence[str]) -> set[str]:
        """Returns those that snapshots need which came since the names were read; all where that cannot be told."""
        try:
            wanted = {name[:KEY_DIGITS] for name in moved}
            keys = self._pinned(wanted)
            new = [name for name in self._refs.names().every() if name not in self._known]
            for found in self._keys(new, wanted):
                keys |= found
        except CortexError:
            return set(moved)
        return {name for name in moved if name[:KEY_DIGITS] in keys}

    def _keys(self, names: Sequence[RefName], wanted: Collection[str]) -> Iterator[set[str]]:
        """Yields for each snapshot which of these keys it needs and none before it; one that is gone is left out."""
        seen: set[tuple[str, ObjectId]] = set()
        for number, (_, slots) in enumerate(self._refs.slots(names)):
            self._progress("reading what snapshots need", number, len(names))
            if isinstance(slots, CortexError):
                raise slots
            yield self._of(slots, wanted, seen)

    def _of(self, slots: Iterable[Slot], wanted: Collection[str], seen: set[tuple[str, ObjectId]]) -> set[str]:
        found: set[str] = set()
        for slot in slots:
            held = slot.kept()
            if held is not None and (slot.ecosystem, held) not in seen:
                seen.add((slot.ecosystem, held))
                rows = self._load(held, slot.ecosystem).packages
                found.update(key for row in rows if (key := artifacts.key_of(slot.ecosystem, row)) in wanted)
        return found

    def _load(self, held: ObjectId, ecosystem: str) -> Manifest:
        try:
            return self._objects.load(held, ecosystem)
        except (CorruptError, FormatVersionError) as error:
            self._unread = (damage(layout.object_key(held), error),)
            raise

    def _pinned(self, wanted: Collection[str]) -> set[str]:
        """Returns what is needed by snapshots that are about to be published.

        Whose manifests are not there yet relies on nothing: it looks for artifacts once it is published.
        """
        found: set[str] = set()
        for name in self._store.names(PINS):
            try:
                data = self._store.get(f"{PINS}/{name}", codec.LIMIT)
                if data is not None:
                    snapshot = codec.decode(data)
                    table = snapshot.table()
                    slots = snapshot.slots if table is None else self._refs.tables().load(table)
                    found |= self._of(slots, wanted, set())
            except (CorruptError, FormatVersionError):
                continue
        return found
