"""Packing: objects that nobody is likely to ask for soon go from files of their own into packs.

A pack is on disk, and each object in it has been read back, before the first file that it replaces is removed. Writers
never count on a pack: what they need and do not find in a file of its own they store again. So nobody can come to
need what a collector leaves out of a pack, except those whose pins and refs it has seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec.packed import packs as codec
from cortexrepo.disk.failure import is_full
from cortexrepo.errors import CorruptError, FormatVersionError, MissingObjectError, StoreError
from cortexrepo.repository import layout
from cortexrepo.repository.objects import objects
from cortexrepo.repository.objects.packs import Packs
from cortexrepo.repository.refs.unread import damage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.progress import Progress
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.upkeep.tidiness import Tidiness
    from cortexrepo.store.upkeep import Collecting, Kept

_FULL = codec.CONTENT_LIMIT * 3 // 4
"""A pack with so much content is left alone: another one would hardly fit into it."""
_KEPT = 2
"""So many packs' contents at once: packs are in the order in which their objects are asked for."""
_PREFIX = 8


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
        self._packs = Packs(store, _KEPT)
        self._tidiness = tidiness
        self._progress = progress
        self.damaged: dict[Damage, None] = {}
        """The packs and objects that cannot be read, and stay as they are."""

    def garbage(self, needed: set[bytes]) -> dict[str, int]:
        """Returns the packs that would be written again, with the number of objects in each that nobody needs."""
        prefixes = {digest[:_PREFIX] for digest in needed}
        found = {}
        for name in self._packs.names():
            entries = self._prefixes(name)
            count = sum(prefix not in prefixes for prefix in entries)
            if count and count > self._tidiness.slack * len(entries):
                found[name] = count
        return found

    def _prefixes(self, name: str) -> list[bytes]:
        """Returns the beginnings of the ids in a pack; none of one that cannot be read, which stays."""
        try:
            return self._packs.prefixes(name)
        except (CorruptError, FormatVersionError) as error:
            self.damaged[damage(layout.pack_key(name), error)] = None
            return []

    def run(self, work: Collecting, needs: Needs) -> Packed:
        """Packs what is not recent, and takes out of packs what nobody needs; nothing, where there is no room."""
        try:
            return self._run(work, needs)
        except StoreError as error:
            if not is_full(error):
                raise
            # Nothing was removed yet, and the next run takes it up.
            self._drop_strays(work)
            return Packed(0, 0, 0)

    def _run(self, work: Collecting, needs: Needs) -> Packed:
        self._mend(work)
        dropped = {name: count for name, count in self.garbage(needs.all).items() if self._is_whole(name)}
        loose = [identity for identity in self._loose() if bytes.fromhex(identity) in needs.all - needs.recent]
        if len(loose) < self._tidiness.least:
            loose = []
        old = [*dropped, *(self._small(loose, dropped) if loose else ())]
        if not old and not loose:
            return Packed(0, 0, 0)
        known = self._kept(loose, old)
        wanted = self._wanted(old, needs.all)
        order = self._order()
        identities = sorted({*wanted, *loose} - known, key=lambda one: order.get(bytes.fromhex(one), ()))
        new = [self._put(work, contents) for contents in self._chunks(identities, wanted)]
        packed = known.union(*(ids for _, ids in new))
        names = {name for name, _ in new}
        files = [layout.object_key(identity) for identity in loose if identity in packed]
        replaced = [name for name in old if name not in names]
        saved = sum(map(self._store.size, files)) + self._size(replaced) - self._size(names)
        work.remove(files)
        if replaced:
            work.remove(map(layout.pack_key, replaced))
            work.settle(layout.PACKS)
            # Last, as each comes first: nobody who verifies misses one, also after a power cut.
            work.remove(map(layout.index_key, replaced))
        return Packed(len(files), sum(dropped.values()), saved)

    # -- what there is

    def _loose(self) -> list[ObjectId]:
        return [identity for _, identity in objects.stored(self._store) if identity is not None]

    def _small(self, loose: Sequence[ObjectId], dirty: Iterable[str]) -> list[str]:
        """Returns the packs to be merged with what is new, as `Rolling` chooses segments."""
        total = sum(self._store.size(layout.object_key(identity)) for identity in loose)
        sizes = sorted((self._store.size(layout.pack_key(name)), name) for name in self._packs.names())
        chosen = []
        for size, name in sizes:
            if size > 2 * total:
                break
            if name in dirty or not self._is_whole(name) or len(self._packs.content(name) or b"") >= _FULL:
                continue
            chosen.append(name)
            total += size
        return chosen

    def _size(self, names: Iterable[str]) -> int:
        """Returns how many bytes packs take, with their indexes."""
        return sum(self._store.size(layout.pack_key(name)) + self._store.size(layout.index_key(name)) for name in names)

    def _is_whole(self, name: str) -> bool:
        """Returns whether a pack can be read; one that is damaged stays, for `verify` to name."""
        try:
            return self._packs.content(name) is not None
        except (CorruptError, FormatVersionError) as error:
            self.damaged[damage(layout.pack_key(name), error)] = None
            return False

    def _kept(self, loose: Sequence[ObjectId], old: Sequence[str]) -> set[ObjectId]:
        """Returns those of the objects that are whole in a pack that stays."""
        staying = [name for name in self._packs.names() if name not in old and self._is_whole(name)]
        # Pack by pack: each is decompressed once, and few are in memory.
        return {identity for name in staying for identity in loose if self._packs.holds(name, identity)}

    def _wanted(self, old: Iterable[str], needed: set[bytes]) -> dict[ObjectId, str]:
        """Returns the objects of packs that go which somebody needs, each with its pack."""
        found = {}
        for name in old:
            for _, content in codec.objects(self._packs.content(name) or b""):
                identity = codec.identify(content)
                if bytes.fromhex(identity) in needed:
                    found[identity] = name
        return found

    def _order(self) -> dict[bytes, tuple[str, str, str]]:
        """Returns by what objects are to be sorted: like is next to like, and each beside its successor."""
        found: dict[bytes, tuple[str, str, str]] = {}
        last: object = None
        for name, slots in self._refs.slots(self._refs.names().every()):
            if slots is not last and isinstance(slots, tuple):
                for slot in slots:
                    if slot.object is not None:
                        key = (slot.ecosystem, slot.environment, f"{name.machine}{name}")
                        found[bytes.fromhex(slot.object)] = key
            last = slots
        return found

    # -- what is made

    def _chunks(
        self, identities: Iterable[ObjectId], packed: dict[ObjectId, str]
    ) -> Iterator[list[tuple[ObjectId, bytes]]]:
        chunk: list[tuple[ObjectId, bytes]] = []
        size = 0
        for identity in identities:
            name = packed.get(identity)
            content = self._content(identity) if name is None else self._packs.read(name, identity)
            if content is None or len(content) + codec.LENGTH > codec.CONTENT_LIMIT:
                continue
            if chunk and (size + len(content) + codec.LENGTH > codec.CONTENT_LIMIT or len(chunk) == codec.COUNT_LIMIT):
                yield chunk
                chunk, size = [], 0
            chunk.append((identity, content))
            size += len(content) + codec.LENGTH
        if chunk:
            yield chunk

    def _content(self, identity: ObjectId) -> bytes | None:
        """Returns an object that is to be packed; None for one that is damaged, which stays where it is."""
        try:
            return self._objects.content(identity)
        except (MissingObjectError, CorruptError, FormatVersionError) as error:
            self.damaged[damage(layout.object_key(identity), error)] = None
            return None

    def _put(self, work: Collecting, objects_: Sequence[tuple[ObjectId, bytes]]) -> tuple[str, set[ObjectId]]:
        """Stores a pack and its index, reads every object back, and returns the pack's name and the objects' ids."""
        encoded = codec.encode(content for _, content in objects_)
        work.make(layout.PACKS)
        # The index first: so there is no moment at which somebody who verifies misses it.
        self._store.put(layout.index_key(encoded.name), encoded.index_data)
        # Not with the room of the ballast: this may fail, and what frees room may not.
        self._store.put_new(layout.pack_key(encoded.name), encoded.data)
        identities = {identity for identity, _ in objects_}
        if not all(self._packs.holds(encoded.name, identity) for identity in identities):
            raise CorruptError(
                f"{layout.pack_key(encoded.name)}: the disk returned other bytes than were written",
                hint="nothing was removed; check the disk: `dmesg` shows its errors",
            )
        self._packs.forget(encoded.name)
        self._progress("packing objects", len(objects_), 0)
        return encoded.name, identities

    def _mend(self, work: Collecting) -> None:
        """Makes indexes that are missing, and removes those whose packs are gone: a collector was stopped there."""
        indexes = self._packs.indexes()
        for name in self._packs.names():
            if name not in indexes and self._is_whole(name) and (raw := self._packs.content(name)) is not None:
                self._store.put(layout.index_key(name), codec.encode_index(name, raw))
        self._drop_strays(work)

    def _drop_strays(self, work: Collecting) -> None:
        names = self._packs.names()
        work.remove(layout.index_key(name) for name in self._packs.indexes() if name not in names)
