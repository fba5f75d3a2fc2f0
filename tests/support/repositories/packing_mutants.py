"""Planted bugs of packing and rolling up, as those in `mutants`: one step left out, moved or done too early."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.codec import objects as frames
from cortexrepo.codec.packed import packs as codec
from cortexrepo.codec.packed import segments as segment_codec
from cortexrepo.errors import CorruptError, MissingObjectError
from cortexrepo.model import refname
from cortexrepo.repository import layout
from cortexrepo.repository.objects import packs
from cortexrepo.repository.objects.objects import Objects
from cortexrepo.repository.objects.packs import Packs
from cortexrepo.repository.refs.look import Look
from cortexrepo.repository.refs.refs import Refs
from cortexrepo.repository.refs.segments import Segments, View
from cortexrepo.repository.upkeep.expiry import Expiry
from cortexrepo.repository.upkeep.gc import Collector
from cortexrepo.repository.upkeep.packing import Packing
from cortexrepo.repository.upkeep.rolling import Rolling
from cortexrepo.store.local.collection import Collection
from cortexrepo.store.local.store import LocalStore
from support.disk.crashes import Checker, kills, power_cuts
from support.disk.exploring import bounded
from support.repositories.mutants import LIMIT, Mutant
from support.repositories.world import BEFORE, LOCATION, PACKED, ROLLED, Broken, observe, world

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from cortexrepo.codec.packed.segments import Ref
    from cortexrepo.model.ids import ObjectId, SnapshotId
    from cortexrepo.store.base import Intact
    from cortexrepo.store.upkeep import Kept

Contents = list[tuple["ObjectId", bytes]]


def young_claim() -> None:
    """A collector died with a claim that is not due for the next one: that one must take it back."""
    made = world(PACKED)
    disk = made.copy()
    mark = f"{LOCATION}/{layout.mark_key(made.ids['dead'])}"  # type: ignore[arg-type]
    disk.move(mark, f"{mark}{layout.CLAIMED}", replace=False)
    repository = made.open(disk, "next")
    repository.upkeep.gc()
    if observe(repository) != BEFORE:
        raise Broken("a young claim was not taken back")


HARNESSES: dict[str, Callable[[], object]] = {
    "a young claim": young_claim,
    "kills of pack": lambda: kills(Checker(world()), "pack"),
    "kills of pack, rolled": lambda: kills(Checker(world(ROLLED)), "pack"),
    "kills of pack, packed": lambda: kills(Checker(world(PACKED)), "pack"),
    "cuts of pack": lambda: power_cuts(Checker(world()), "pack", LIMIT),
    "cuts of pack, packed": lambda: power_cuts(Checker(world(PACKED)), "pack", LIMIT),
    "schedules of pack and list": lambda: bounded(world(), ("pack", "list"), 2),
    "schedules of pack and list, packed": lambda: bounded(world(PACKED), ("pack", "list"), 2),
    "schedules of pack and read": lambda: bounded(world(), ("pack", "read"), 1),
    "schedules of pack and read, packed": lambda: bounded(world(PACKED), ("pack", "read"), 1),
    "schedules of pack and verify": lambda: bounded(world(), ("pack", "verify"), 1),
    "schedules of create and pack, packed": lambda: bounded(world(PACKED), ("create", "pack"), 1),
}
"""The quick ones, quickest first."""

_put_segment, _put_pack, _settle, _holds, _expire = (
    Rolling._put, Packing._put, Collection.settle, LocalStore._holds, Expiry.expire,
)  # fmt: skip


# -- rolling up


def _refs_first(self: Rolling, work: Collection, refs: Sequence[Ref]) -> tuple[str, int]:
    work.remove([layout.ref_key(refname.of(ref.snapshot)) for ref in refs])
    return _put_segment(self, work, refs)


def _local(store: Kept) -> LocalStore:
    assert isinstance(store, LocalStore)
    return store


def _old_segments_first(self: Rolling, work: Collection, refs: Sequence[Ref]) -> tuple[str, int]:
    work.remove([layout.segment_key(name) for name in self._segments.view().heads])
    return _put_segment(self, work, refs)


def _segment_not_synced(self: Rolling, _work: Collection, refs: Sequence[Ref]) -> tuple[str, int]:
    encoded = segment_codec.encode(refs)
    with contextlib.suppress(FileExistsError):
        _local(self._store)._new(layout.segment_key(encoded.name), encoded.data)
    return encoded.name, len(encoded.data)


def _settled_but_segments(self: Collection, prefix: str) -> None:
    if prefix != layout.SEGMENTS:
        _settle(self, prefix)


def _forgotten_at_once(self: Expiry, work: Collection) -> tuple[tuple[SnapshotId, ...], int]:
    claimed, size = _expire(self, work)
    self.forget(work, claimed)
    return claimed, size


def _loose_alone(self: Refs, snapshots: Container[SnapshotId]) -> bool:
    return any(name.id in snapshots for name in self.loose()[0])


def _claimed_need_nothing(self: Collector, _going: object) -> None:
    claimed = {name.removesuffix(layout.CLAIMED) for name in self._store.names(layout.DELETED)}
    segments = self._refs.segments()
    for name in segments.view().heads:
        self._needed.update(map(bytes.fromhex, segments.open(name).objects(claimed)))  # type: ignore[arg-type]


# -- packing


def _objects_first(self: Packing, work: Collection, contents: Contents) -> tuple[str, set[ObjectId]]:
    work.remove([layout.object_key(identity) for identity, _ in contents])
    return _put_pack(self, work, contents)


def _old_packs_first(self: Packing, work: Collection, contents: Contents) -> tuple[str, set[ObjectId]]:
    work.remove([layout.pack_key(name) for name in self._packs.names()])
    return _put_pack(self, work, contents)


def _pack_not_synced(self: Packing, _work: Collection, contents: Contents) -> tuple[str, set[ObjectId]]:
    encoded = codec.encode(content for _, content in contents)
    with contextlib.suppress(FileExistsError):
        _local(self._store)._new(layout.pack_key(encoded.name), encoded.data)
        _local(self._store)._new(layout.index_key(encoded.name), encoded.index_data)
    return encoded.name, {identity for identity, _ in contents}


def _index_last(self: Packing, _work: Collection, contents: Contents) -> tuple[str, set[ObjectId]]:
    encoded = codec.encode(content for _, content in contents)
    self._store.put_new(layout.pack_key(encoded.name), encoded.data)
    self._store.put(layout.index_key(encoded.name), encoded.index_data)
    return encoded.name, {identity for identity, _ in contents}


def _holds_packed(self: LocalStore, key: str, size: int, intact: Intact) -> bool:
    return _holds(self, key, size, intact) or Packs(self).find(layout.object_of(key)) is not None


# -- reading


def _segments_first(self: Refs) -> Look:
    view = self.segments().view() if self._store.names(layout.SEGMENTS) else None
    marked = frozenset(self._store.names(layout.DELETED))
    loose, strangers = self.loose()
    return Look(marked, frozenset(name.removesuffix(layout.CLAIMED) for name in marked), loose, tuple(strangers), view)


def _gone_is_empty(self: Segments) -> View:
    heads = {name: head for name in self._names() if (head := self._head(name)) is not None}
    return View(heads, {})


def _packs_first(self: Objects, identity: ObjectId, from_frame: Callable[..., object], from_content: object) -> object:
    packed = self.packs().find(identity)
    if packed is not None:
        return from_content(packed)  # type: ignore[operator]
    data = self._store.get(layout.object_key(identity), frames.FRAME_LIMIT)
    if data is None:
        raise MissingObjectError(identity)
    return from_frame(data, identity)


def _listed_once(self: Packs, identity: ObjectId) -> bytes | None:
    for _ in range(packs._LOOKS):
        try:
            for name in self.names():
                found = self._in(name, identity)
                if found is not None:
                    return found
        except packs._GoneError:
            continue
        except CorruptError:
            raise
        return None
    return None


MUTANTS = {
    "refs go before their segment": Mutant("kills of pack", ((Rolling, "_put", _refs_first),)),
    "an old segment goes before the new one": Mutant(
        "kills of pack, rolled", ((Rolling, "_put", _old_segments_first),)
    ),
    "segments/ not fsynced before refs go": Mutant("cuts of pack", ((Rolling, "_put", _segment_not_synced),)),
    "segments/ not fsynced before claims go": Mutant(
        "cuts of pack, packed", ((Collection, "settle", _settled_but_segments),)
    ),
    "claims go before the segment without their snapshots": Mutant(
        "kills of pack, packed", ((Expiry, "expire", _forgotten_at_once),)
    ),
    "a young claim of a packed snapshot counts as begun": Mutant("a young claim", ((Refs, "has_any", _loose_alone),)),
    "objects go before their snapshot is out of its segment": Mutant(
        "kills of pack, rolled", ((Collector, "_segments", _claimed_need_nothing),)
    ),
    "objects go before their pack": Mutant("kills of pack", ((Packing, "_put", _objects_first),)),
    "an old pack goes before the new one": Mutant("kills of pack, packed", ((Packing, "_put", _old_packs_first),)),
    "packs/ not fsynced before objects go": Mutant("cuts of pack", ((Packing, "_put", _pack_not_synced),)),
    "an index comes after its pack": Mutant("schedules of pack and verify", ((Packing, "_put", _index_last),)),
    "writers rely on packs": Mutant(
        "schedules of create and pack, packed", ((LocalStore, "_holds", _holds_packed),)
    ),
    "readers list segments before refs": Mutant("schedules of pack and list", ((Refs, "look", _segments_first),)),
    "a segment that is gone counts as empty": Mutant(
        "schedules of pack and list, packed", ((Segments, "view", _gone_is_empty),)
    ),
    "readers look into packs first": Mutant("schedules of pack and read", ((Objects, "_read", _packs_first),)),
    "readers look into packs once": Mutant("schedules of pack and read, packed", ((packs, "_LOOKS", 1),)),
    "readers list packs once": Mutant("schedules of pack and read, packed", ((Packs, "find", _listed_once),)),
}  # fmt: skip
