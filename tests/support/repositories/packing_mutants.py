"""Planted bugs of packing and rolling up, as those in `mutants`: one step left out, moved or done too early."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.codec import objects as frames
from cortexrepo.codec.packed import segments as segment_codec
from cortexrepo.errors import MissingObjectError
from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId
from cortexrepo.repository import layout
from cortexrepo.repository.objects.packs import Packs
from cortexrepo.repository.refs.look import Look
from cortexrepo.repository.refs.segments import View
from cortexrepo.store.local.store import LocalStore
from support.disk.crashes import Checker, kills, power_cuts
from support.disk.exploring import bounded
from support.repositories import steps
from support.repositories.mutants import LIMIT, Mutant
from support.repositories.world import BEFORE, LOCATION, PACKED, ROLLED, Broken, observe, world

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from cortexrepo.codec.objects import Content
    from cortexrepo.codec.packed.segments import Ref
    from cortexrepo.codec.packed.writer import Packed
    from cortexrepo.model.ids import ObjectId
    from cortexrepo.repository.objects.objects import Objects
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.refs.segments import Segments
    from cortexrepo.repository.upkeep.expiry import Expiry
    from cortexrepo.repository.upkeep.gc import Collector
    from cortexrepo.repository.upkeep.packing import Packing
    from cortexrepo.repository.upkeep.rolling import Rolling
    from cortexrepo.store.base import Intact
    from cortexrepo.store.local.collection import Collection
    from cortexrepo.store.local.placing import Placing
    from cortexrepo.store.local.publishing import Publishing
    from cortexrepo.store.upkeep import Collecting


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
    "schedules of create and pack": lambda: bounded(world(), ("create", "pack"), 1),
    "schedules of create and pack, packed": lambda: bounded(world(PACKED), ("create", "pack"), 1),
}
"""The quick ones, quickest first."""


# -- rolling up


def _refs_first(self: Rolling, work: Collecting, refs: Sequence[Ref]) -> tuple[str, int]:
    work.remove([layout.ref_key(refname.of(ref.snapshot)) for ref in refs])
    return steps.PUT_SEGMENT(self, work, refs)


def _old_segments_first(self: Rolling, work: Collecting, refs: Sequence[Ref]) -> tuple[str, int]:
    work.remove([layout.segment_key(name) for name in steps.segments_of(self).view().heads])
    return steps.PUT_SEGMENT(self, work, refs)


def _segment_not_synced(self: Rolling, _work: Collecting, refs: Sequence[Ref]) -> tuple[str, int]:
    encoded = segment_codec.encode(refs)
    with contextlib.suppress(FileExistsError):
        steps.put_without_sync(steps.store_of(self), layout.segment_key(encoded.name), encoded.data)
    return encoded.name, len(encoded.data)


def _settled_but_segments(self: Collection, prefix: str) -> None:
    if prefix != layout.SEGMENTS:
        steps.SETTLE(self, prefix)


def _forgotten_at_once(self: Expiry, work: Collecting) -> tuple[tuple[SnapshotId, ...], int]:
    claimed, size = steps.EXPIRE(self, work)
    self.forget(work, claimed)
    return claimed, size


def _loose_alone(self: Refs, snapshots: Container[SnapshotId]) -> bool:
    return any(name.id in snapshots for name in self.loose()[0])


def _claimed_need_nothing(self: Collector, _going: object) -> None:
    claimed = {SnapshotId(name.removesuffix(layout.CLAIMED)) for name in steps.store_of(self).names(layout.DELETED)}
    segments = steps.refs_of(self).segments()
    for name in segments.view().heads:
        steps.need(self, map(bytes.fromhex, segments.open(name).objects(claimed)[0]))


# -- packing


def _objects_first(self: Packing, work: Collecting, encoded: Packed) -> tuple[str, set[ObjectId]]:
    work.remove([layout.object_key(identity) for identity in encoded.ids])
    return steps.PUT_PACK(self, work, encoded)


def _old_packs_first(self: Packing, work: Collecting, encoded: Packed) -> tuple[str, set[ObjectId]]:
    work.remove([layout.pack_key(name) for name in steps.packs_of(self).names()])
    return steps.PUT_PACK(self, work, encoded)


def _pack_not_synced(self: Packing, _work: Collecting, encoded: Packed) -> tuple[str, set[ObjectId]]:
    with contextlib.suppress(FileExistsError):
        steps.put_without_sync(steps.store_of(self), layout.pack_key(encoded.name), encoded.data)
    return encoded.name, set(encoded.ids)


def _made_once(self: Placing, directory: str, path: str, data: bytes) -> None:
    with contextlib.suppress(FileExistsError):
        if self.files.info(directory) is None:
            self.files.make_directory(directory)
    self.put_data(data, lambda temporary: self.files.rename(temporary, path))


def _holds_packed(self: Publishing, key: str, path: str, size: int, intact: Intact) -> bool:
    store = LocalStore(steps.placing_of(self).location, steps.disk_of(self))
    return steps.LOOK_FOR_OBJECT(self, key, path, size, intact) or Packs(store).find(layout.object_of(key)) is not None


# -- reading


def _segments_first(self: Refs) -> Look:
    view = self.segments().view() if steps.store_of(self).names(layout.SEGMENTS) else None
    marked = frozenset(steps.store_of(self).names(layout.DELETED))
    loose, strangers = self.loose()
    return Look(marked, frozenset(name.removesuffix(layout.CLAIMED) for name in marked), loose, tuple(strangers), view)


def _gone_is_empty(self: Segments) -> View:
    heads = {name: head for name in steps.listed(self) if (head := steps.head_of(self, name)) is not None}
    return View(heads, {})


def _packs_first(self: Objects, identity: ObjectId, take: Callable[[Content], object]) -> object:
    packed = self.packs().find(identity)
    if packed is not None:
        return take(packed)
    data = steps.store_of(self).get(layout.object_key(identity), frames.FRAME_LIMIT)
    if data is None:
        raise MissingObjectError(identity)
    return take(frames.checked(data, identity))


def _listed_once(self: Packs, identity: ObjectId) -> Content | None:
    for _ in range(steps.LOOKS_INTO_PACKS.value):
        try:
            for name in self.names():
                found = steps.in_pack(self, name, identity)
                if found is not None:
                    return found
        except steps.Gone:
            continue
        return None
    return None


MUTANTS = {
    "refs go before their segment": Mutant("kills of pack", (steps.PUT_SEGMENT.by(_refs_first),)),
    "an old segment goes before the new one": Mutant(
        "kills of pack, rolled", (steps.PUT_SEGMENT.by(_old_segments_first),)
    ),
    "segments/ not fsynced before refs go": Mutant("cuts of pack", (steps.PUT_SEGMENT.by(_segment_not_synced),)),
    "segments/ not fsynced before claims go": Mutant(
        "cuts of pack, packed", (steps.SETTLE.by(_settled_but_segments),)
    ),
    "claims go before the segment without their snapshots": Mutant(
        "kills of pack, packed", (steps.EXPIRE.by(_forgotten_at_once),)
    ),
    "a young claim of a packed snapshot counts as begun": Mutant(
        "a young claim", (steps.COUNT_CLAIM_AS_BEGUN.by(_loose_alone),)
    ),
    "objects go before their snapshot is out of its segment": Mutant(
        "kills of pack, rolled", (steps.MARK_NEEDED_IN_SEGMENTS.by(_claimed_need_nothing),)
    ),
    "objects go before their pack": Mutant("kills of pack", (steps.PUT_PACK.by(_objects_first),)),
    "an old pack goes before the new one": Mutant("kills of pack, packed", (steps.PUT_PACK.by(_old_packs_first),)),
    "packs/ not fsynced before objects go": Mutant("cuts of pack", (steps.PUT_PACK.by(_pack_not_synced),)),
    "a writer makes a directory once, which a collector removes": Mutant(
        "schedules of create and pack", (steps.REPLACE.by(_made_once),)
    ),
    "writers rely on packs": Mutant(
        "schedules of create and pack, packed", (steps.LOOK_FOR_OBJECT.by(_holds_packed),)
    ),
    "readers list segments before refs": Mutant(
        "schedules of pack and list", (steps.LOOK_AT_NAMES.by(_segments_first),)
    ),
    "a segment that is gone counts as empty": Mutant(
        "schedules of pack and list, packed", (steps.LIST_SEGMENTS.by(_gone_is_empty),)
    ),
    "readers look into packs first": Mutant("schedules of pack and read", (steps.READ_OBJECT.by(_packs_first),)),
    "readers look into packs once": Mutant("schedules of pack and read, packed", (steps.LOOKS_INTO_PACKS.by(1),)),
    "readers list packs once": Mutant("schedules of pack and read, packed", (steps.FIND_IN_PACKS.by(_listed_once),)),
}  # fmt: skip
