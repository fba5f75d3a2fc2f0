"""What a garbage collection removes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.damage import Damage
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
        artifacts: How many files of packages went.
        artifacts_over: How many bytes of artifacts are over the limit still, for what needs them always stays.
        artifacts_unknown: Why no artifact was judged, and all stayed; else empty.
        doubted: Deleted snapshots that stay although they are old enough by the clock, which may be wrong.
        refused: Whether they stay because the clock is ahead of all that is recorded, without reason: none was removed.
        waiting: Whether deleted snapshots stay because another process would not let go of the lock.
        holder: Who that is, as the subject of a sentence; else empty.
        damaged: The marks, packs and objects that cannot be read; all that they are about stays.
    """

    snapshots: tuple[SnapshotId, ...]
    objects: int
    size: int
    leftovers: int
    rolled: int = 0
    packed: int = 0
    artifacts: int = 0
    artifacts_over: int = 0
    artifacts_unknown: str = ""
    damaged: tuple[Damage, ...] = ()
    doubted: tuple[SnapshotId, ...] = ()
    refused: bool = False
    waiting: bool = False
    holder: str = ""
