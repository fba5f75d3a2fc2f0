"""The keys of a repository: where each kind of thing is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.ids import ObjectId
from cortexrepo.store.keys import Shape

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.refname import RefName

CONFIG = "config"
OBJECTS, REFS, TAGS, DELETED, CACHE = "objects", "refs", "tags", "deleted", "cache"
DAMAGED = "damaged"
PACKS, SEGMENTS = "packs", "segments"
PACK, SEGMENT = ".pack", ".refs"
"""The ends of the names in these directories."""
CLAIMED = ".claimed"
"""The end of a deletion mark's name once a collector has claimed it: from then on it cannot be taken back."""


SHAPE = Shape(
    config=CONFIG,
    prefixes=(DELETED, OBJECTS, PACKS, REFS, SEGMENTS, TAGS),
    later=frozenset((CACHE, DAMAGED)),
    flat=frozenset((PACKS, SEGMENTS)),
)


def object_key(identity: ObjectId) -> str:
    """Returns the key of an object."""
    return f"{OBJECTS}/{identity[:2]}/{identity[2:]}"


def object_of(key: str) -> ObjectId:
    """Returns the id of the object under a key that `object_key` made."""
    return ObjectId(key.removeprefix(f"{OBJECTS}/").replace("/", ""))


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


def pack_key(name: str) -> str:
    """Returns the key of a pack."""
    return f"{PACKS}/{name}{PACK}"


def segment_key(name: str) -> str:
    """Returns the key of a segment."""
    return f"{SEGMENTS}/{name}{SEGMENT}"
