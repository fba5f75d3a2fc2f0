"""Packing: objects that nobody is likely to ask for soon go from files of their own into packs.

A pack is on disk, and each object in it has been read back, before the first file that it replaces is removed. Writers
never count on a pack: what they need and do not find in a file of its own they store again. So nobody can come to
need what a collector leaves out of a pack, except those whose pins and refs it has seen.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.codec.packed import packs as codec
from cortexrepo.disk.failure import is_full
from cortexrepo.errors import CorruptError, CortexError, FormatVersionError, MissingObjectError, StoreError
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout
from cortexrepo.repository.objects import objects
from cortexrepo.repository.objects.packs import Packs
from cortexrepo.repository.refs.unread import damage

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence

    from cortexrepo.codec.objects import Content
    from cortexrepo.codec.packed.writer import Packed as Made
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.progress import Progress
    from cortexrepo.model.snapshot import Slot
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.upkeep.tidiness import Tidiness
    from cortexrepo.store.upkeep import Collecting, Kept

_FULL = codec.COUNT_LIMIT * 3 // 4
"""A pack of so many objects is left alone: another one would hardly fit into it."""


class Needs(NamedTuple):
    """Which objects are needed, and of these which in files of their own; digests."""

    all: set[bytes]
    recent: set[bytes]


class Packed(NamedTuple):
    """What a packing did.

    Attributes:
        files: How many objects lost their files.
        dropped: How many left packs because nobody needs them.
        saved: How many bytes that saved.
    """

    files: int
    dropped: int
    saved: int


class Packing:
    """The packing of one collection."""

    def __init__(self, store: Kept, refs: Refs, tidiness: Tidiness, progress: Progress) -> None:
        """Takes what to pack, how much to leave as it is, and whom to tell how far it has come."""
        self._store = store
        self._refs = refs
        self._objects = objects.Objects(store)
        self._packs = Packs(store)
        self._tidiness = tidiness
        self._progress = progress
        self.damaged: dict[Damage, None] = {}
        """The packs and objects that cannot be read, and stay as they are."""

    def garbage(self, needed: set[bytes]) -> dict[str, int]:
        """Returns the packs that would be written again, with the number of objects in each that nobody needs."""
        beginnings = {digest[: codec.BEGINNING] for digest in needed}
        found = {}
        for name in filter(self._is_whole, self._packs.names()):
            entries = self._packs.beginnings(name)
            # One of a thousand may begin as one that is needed: it goes when the pack is written again.
            count = sum(beginning not in beginnings for beginning in entries)
            if count and count > self._tidiness.slack * len(entries):
                found[name] = count
        return found

    def run(self, work: Collecting, needs: Needs) -> Packed:
        """Packs what is not recent, and takes out of packs what nobody needs; nothing, where there is no room."""
        try:
            return self._run(work, needs)
        except StoreError as error:
            if not is_full(error):
                raise
            # Nothing was removed yet, and the next run takes it up.
            return Packed(0, 0, 0)

    def _run(self, work: Collecting, needs: Needs) -> Packed:
        dirty = self.garbage(needs.all)
        settled = needs.all - needs.recent
        loose = [identity for identity in self._loose() if bytes.fromhex(identity) in settled]
        if len(loose) < self._tidiness.least:
            loose = []
        old = self._listed([*dirty, *(self._small(loose, dirty) if loose else ())])
        if not old and not loose:
            return Packed(0, 0, 0)
        known = self._kept(loose, old)
        wanted = {one: name for name, ids in old.items() for one in ids if bytes.fromhex(one) in needs.all}
        dropped = sum(bytes.fromhex(one) not in needs.all for name in dirty for one in old.get(name, ()))
        order = self._order()
        identities = sorted({*wanted, *loose} - known, key=lambda one: order.get(bytes.fromhex(one), ()))
        new = [self._put(work, encoded) for encoded in self._encoded(identities, wanted)]
        packed = known.union(*(ids for _, ids in new))
        names = {name for name, _ in new}
        files = [layout.object_key(identity) for identity in loose if identity in packed]
        replaced = [name for name in old if name not in names]
        saved = sum(map(self._store.size, files)) + self._size(replaced) - self._size(names)
        work.remove(files)
        if replaced:
            work.remove(map(layout.pack_key, replaced))
            work.settle(layout.PACKS)
        return Packed(len(files), dropped, saved)

    # -- what there is

    def _loose(self) -> list[ObjectId]:
        return [identity for _, identity in objects.stored(self._store) if identity is not None]

    def _small(self, loose: Sequence[ObjectId], dirty: Iterable[str]) -> list[str]:
        """Returns the packs to be merged with what is new, as `Rolling` chooses segments."""
        total = len(loose)
        sizes = sorted(
            (len(self._packs.beginnings(name)), name) for name in self._packs.names() if self._is_whole(name)
        )
        chosen = []
        for size, name in sizes:
            if size > 2 * total or size >= _FULL:
                break
            if name not in dirty:
                chosen.append(name)
                total += size
        return chosen

    def _size(self, names: Iterable[str]) -> int:
        return sum(self._store.size(layout.pack_key(name)) for name in names)

    def _is_whole(self, name: str) -> bool:
        """Returns whether a pack can be read; one that is damaged stays, for `verify` to name."""
        try:
            return self._packs.check(name)
        except (CorruptError, FormatVersionError) as error:
            self.damaged[damage(layout.pack_key(name), error)] = None
            return False

    def _kept(self, loose: Sequence[ObjectId], old: Container[str]) -> set[ObjectId]:
        """Returns those of the objects that are whole in a pack that stays."""
        staying = [name for name in self._packs.names() if name not in old and self._is_whole(name)]
        return {identity for name in staying for identity in loose if self._has(name, identity)}

    def _has(self, name: str, identity: ObjectId) -> bool:
        try:
            return self._packs.read(name, identity) is not None
        except (CorruptError, FormatVersionError):
            return False

    def _listed(self, names: Iterable[str]) -> dict[str, list[ObjectId]]:
        """Returns the ids of all objects of each pack; without those packs of which not all can be read."""
        found = {}
        for name in names:
            with contextlib.suppress(CorruptError, FormatVersionError):
                found[name] = [codec.identify(content) for content in self._packs.contents(name)]
        return found

    def _order(self) -> dict[bytes, tuple[str, str, str]]:
        """Returns by what objects are to be sorted: like is next to like, and each beside its successor."""
        found: dict[bytes, tuple[str, str, str]] = {}
        last: tuple[Slot, ...] = ()
        tables = self._refs.tables()
        for name, slots in self._refs.slots(self._refs.names().every()):
            if slots is last or isinstance(slots, CortexError):
                continue
            table = tables.holding(slots)
            # Of two tables nearly all slots are the very same; to go through them again would change nothing much.
            same = frozenset() if table is None else frozenset(map(id, last))
            for slot in slots:
                if slot.object is not None and id(slot) not in same:
                    key = (slot.ecosystem, slot.environment, f"{name.machine}{name}")
                    found[bytes.fromhex(slot.object)] = key
            if table is not None:
                found[bytes.fromhex(table)] = ("", "", f"{name.machine}{name}")
            last = slots
        return found

    # -- what is made

    def _encoded(self, identities: Iterable[ObjectId], packed: dict[ObjectId, str]) -> Iterator[Made]:
        """Yields packs of these objects, from packs that go and from files of their own; few are in memory at once."""
        from cortexrepo.codec.packed.writer import Writer  # most collections pack nothing

        writer = Writer()
        for identity in identities:
            name = packed.get(identity)
            content = self._content(identity) if name is None else self._packs.read(name, identity)
            if content is not None:
                if writer.is_full:
                    yield writer.finish()
                    writer = Writer()
                writer.add(identity, content)
        if len(writer):
            yield writer.finish()

    def _content(self, identity: ObjectId) -> Content | None:
        """Returns an object that is to be packed; None for one that is damaged, which stays where it is."""
        try:
            return self._objects.whole(identity)
        except (MissingObjectError, CorruptError, FormatVersionError) as error:
            self.damaged[damage(layout.object_key(identity), error)] = None
            return None

    def _put(self, work: Collecting, encoded: Made) -> tuple[str, set[ObjectId]]:
        """Stores a pack, reads every object back, and returns the pack's name and the objects' ids."""
        work.make(layout.PACKS)
        # Not with the room of the ballast: this may fail, and what frees room may not.
        self._store.put_new(layout.pack_key(encoded.name), encoded.data)
        identities = set(encoded.ids)
        # Another reader than the one that is kept: it reads the file, and nothing that is remembered.
        back = Packs(self._store)
        if not back.check(encoded.name) or any(back.read(encoded.name, one) is None for one in encoded.ids):
            raise CorruptError(
                f"{layout.pack_key(encoded.name)}: the disk returned other bytes than were written",
                hint="nothing was removed; check the disk: `dmesg` shows its errors",
            )
        self._progress("packing objects", len(identities), 0)
        return encoded.name, identities
