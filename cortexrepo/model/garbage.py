"""What a garbage collection removes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId


class Garbage(NamedTuple):
    """What a collection removes, or would remove.

    Attributes:
        snapshots: Deleted so long ago that they go.
        objects: How many objects nothing needs any more.
        size: The bytes of their files, and what packing saved.
        leftovers: How many files of writers and collectors that died.
        rolled: How many refs it put into segments.
        packed: How many objects it put into packs.
    """

    snapshots: tuple[SnapshotId, ...]
    objects: int
    size: int
    leftovers: int
    rolled: int = 0
    packed: int = 0
