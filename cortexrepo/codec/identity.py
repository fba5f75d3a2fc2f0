"""The id of a snapshot: it follows from where, of which machine, as which one and when it was made."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cortexrepo.codec.hashing import snapshot_key
from cortexrepo.model import refname

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId

_KNOWN = 256
"""So many machines and repositories are looked up faster than they are hashed."""


@lru_cache(_KNOWN)
def key(origin: str, machine: str) -> int:
    """Returns what stands for a machine, and the repository in which its snapshots are made, in their ids."""
    return snapshot_key(origin, machine)


def make(origin: str, machine: str, sequence: int, created_at: int) -> SnapshotId:
    """Returns the id of a snapshot.

    Args:
        origin: The id of the repository in which it is made.
        machine: The machine's id.
        sequence: Its number within the machine's.
        created_at: Milliseconds since 1970.
    """
    return refname.identity(key(origin, machine), sequence, created_at)
