"""The id of a snapshot follows from the rest of it: where many are kept together none has to be stored.

It is made from the snapshot's name and a salt of 16 bits (`model.refname`). The salt is the sum of what `mark` gives
for its cause, message, facts, optional fields and each slot, modulo 2**16: of two snapshots that one machine records in
one millisecond with one sequence number it differs where they do, except once in 65,536 times. Where it does not, they
have one name: whoever comes second finds that taken.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from cortexrepo.codec import records
from cortexrepo.codec.canonical import pack
from cortexrepo.model import refname

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.snapshot import Snapshot


def of(snapshot: Snapshot) -> SnapshotId:
    """Returns the id that a new snapshot gets; the one in it does not count. ValueError for text that is none."""
    return refname.identity(snapshot.machine, snapshot.sequence, snapshot.created_at, salt(snapshot))


def salt(snapshot: Snapshot) -> int:
    """Returns the salt of a snapshot: 0 for one that somebody else recorded, else from all that is not in its name."""
    if snapshot.sequence == refname.IMPORTED:
        return 0
    texts = (tuple(snapshot.cause), snapshot.message, snapshot.facts, snapshot.extensions)
    return sum(map(mark, (*texts, *map(records.slot_row, snapshot.slots)))) % refname.SALTS


def mark(value: object) -> int:
    """Returns what a part of a snapshot, as a record has it, adds to the salt: the CRC-32 of its encoding."""
    return zlib.crc32(pack(value))
