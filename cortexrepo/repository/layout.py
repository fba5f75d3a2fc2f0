"""The keys of a repository: where each kind of thing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.ids import ObjectId
from cortexrepo.model.refname import CREATED, IMPORTED
from cortexrepo.store.keys import Shape

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.refname import RefName

CONFIG = "config"
OBJECTS, REFS, TAGS, DELETED, CACHE = "objects", "refs", "tags", "deleted", "cache"
DAMAGED, REMOVED, SIGNATURES = "damaged", "removed", "signatures"
PACKS, SEGMENTS = "packs", "segments"
PACK, SEGMENT = ".pack", ".refs"
"""The ends of the names in these directories."""
CLAIMED = ".claimed"
"""The end of a deletion mark's name once a collector has claimed it: from then on it cannot be taken back."""


SHAPE = Shape(
    config=CONFIG,
    prefixes=(DELETED, OBJECTS, PACKS, REFS, REMOVED, SEGMENTS, TAGS),
    later=frozenset((CACHE, DAMAGED, SIGNATURES)),
    flat=frozenset((PACKS, REMOVED, SEGMENTS, SIGNATURES)),
)


def object_key(identity: ObjectId) -> str:
    """Returns the key of an object."""
    return f"{OBJECTS}/{identity[:2]}/{identity[2:]}"


def object_of(key: str) -> ObjectId:
    """Returns the id of the object under a key that `object_key` made."""
    return ObjectId(key.removeprefix(f"{OBJECTS}/").replace("/", ""))


def pin_name(name: RefName) -> str:
    """Returns the name that nobody else at work has while a ref is being made: its machine and number.

    Snapshots that were not recorded when they were have one number; there it is the moment too.
    """
    return name[: CREATED.stop] if name.sequence == IMPORTED else name[: CREATED.start - 1]


def ref_key(name: RefName) -> str:
    """Returns the key of a ref."""
    return f"{REFS}/{name}"


def tag_key(name: str) -> str:
    """Returns the key of a tag."""
    return f"{TAGS}/{name}"


def claim_key(identity: SnapshotId) -> str:
    """Returns the key of a deletion mark that a collector has claimed."""
    return f"{DELETED}/{identity}{CLAIMED}"


def mark_key(identity: SnapshotId) -> str:
    """Returns the key of a deletion mark."""
    return f"{DELETED}/{identity}"


def removed_key(name: str) -> str:
    """Returns the key of a collector's note about removed snapshots; `name` is MACHINE-ORIGIN."""
    return f"{REMOVED}/{name}"


def pack_key(name: str) -> str:
    """Returns the key of a pack."""
    return f"{PACKS}/{name}{PACK}"


def segment_key(name: str) -> str:
    """Returns the key of a segment."""
    return f"{SEGMENTS}/{name}{SEGMENT}"
