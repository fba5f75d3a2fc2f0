"""The name of a ref file: everything that ordering and choosing snapshots needs, so that neither reads a file."""

from __future__ import annotations

from bisect import bisect_left
from itertools import islice
from typing import TYPE_CHECKING

from cortexrepo.model.ids import SnapshotId, is_hex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.model.snapshot import Snapshot

MACHINE, _SEQUENCE, CREATED, _ID = slice(0, 32), slice(33, 41), slice(42, 53), slice(54, 86)
"""Where a name says on which machine, which number, when, and the id; text of fixed width sorts as numbers do."""
_DASHES = 3
_LETTERS = b"0123456789abcdef-"
HIGHEST = (1 << 32) - 1
"""The highest sequence number that a name can hold."""
END = 1 << 44
"""The moment, in milliseconds since 1970, from which on no name has room: in the year 2527."""
IMPORTED = 0
"""The sequence number of what was not recorded when it was: its name sorts before all that was."""
_UNNUMBERED = f"-{IMPORTED:08x}-"
_RING = 1 << 128
_MIX = 0x9E3779B97F4A7C15F39CC0605CEDC835
_UNMIX = pow(_MIX, -1, _RING)


class RefName(str):
    """`MACHINE-SEQUENCE-CREATED-ID` in lower-case hexadecimal: 32 digits, 8, 11 and 32.

    A text and nothing beside it: there are tens of thousands, and few are ever taken apart. Sorted as texts they are
    sorted by machine, then by sequence, then by time.
    """

    __slots__ = ()

    @property
    def sequence(self) -> int:
        """The snapshot's number within its machine's."""
        return int(self[_SEQUENCE], 16)

    @property
    def created_at(self) -> int:
        """UTC, milliseconds since 1970."""
        return int(self[CREATED], 16)

    @property
    def machine(self) -> str:
        """The machine's id, 32 digits."""
        return self[MACHINE]

    @property
    def id(self) -> SnapshotId:
        """The snapshot's id."""
        return SnapshotId(self[_ID])


def make(sequence: int, created_at: int, machine: str, identity: SnapshotId) -> RefName:
    """Returns the name of these parts."""
    return RefName(f"{machine}-{sequence:08x}-{created_at:011x}-{identity}")


def identity(key: int, sequence: int, created_at: int) -> SnapshotId:
    """Returns the id of a snapshot: 128 bits, different for different parts, and well spread from the first digit.

    Nothing has to be stored for an id that follows from the rest of the name: a multiplication by an odd number, modulo
    2**128, which can be undone (Knuth, The Art of Computer Programming, 6.4, Fibonacci hashing).

    Args:
        key: 128 bits that stand for the machine and the repository in which the snapshot was made
            (`codec.identity.key`).
        sequence: The snapshot's number within its machine's.
        created_at: Milliseconds since 1970.
    """
    return SnapshotId(f"{(key + (created_at << 32 | sequence) * _MIX) % _RING:032x}")


def parts_of(key: int, identity: SnapshotId) -> tuple[int, int] | None:
    """Returns the sequence number and the moment from which `identity` made an id with this key, or None."""
    parts = (int(identity, 16) - key) * _UNMIX % _RING
    return (parts & HIGHEST, parts >> 32) if parts < END << 32 else None


def number_of(name: str) -> int:
    """Returns the sequence number in a name, or the beginning of one, that has a machine and a number; else 0."""
    digits = name[_SEQUENCE]
    return int(digits, 16) if is_hex(digits, _SEQUENCE.stop - _SEQUENCE.start) else 0


def is_numbered(name: RefName) -> bool:
    """Returns whether a snapshot was recorded when it was, and has a number for that."""
    return not name.startswith(_UNNUMBERED, MACHINE.stop)


def numbered_from(names: Sequence[RefName]) -> int:
    """Returns where, among names of one machine in ascending order, those with a number begin."""
    return bisect_left(names, True, key=is_numbered)


def of(snapshot: Snapshot) -> RefName:
    """Returns the name that a snapshot's ref must have."""
    return make(snapshot.sequence, snapshot.created_at, snapshot.machine, snapshot.id)


def parse(name: str) -> RefName | None:
    """Returns the name as one, or None when it is not a ref's."""
    # A quarter of what taking it apart would cost, and no regular expression has to be loaded.
    if len(name) != _ID.stop or not name.isascii() or name.encode().translate(None, _LETTERS):
        return None
    return RefName(name) if name[32] == name[41] == name[53] == "-" and name.count("-") == _DASHES else None


def made(machine: str, key: int, sequences: Sequence[int], moments: Sequence[int]) -> list[RefName]:
    """Returns the names of many snapshots of one machine with the ids of `identity`; fast, for there are very many."""
    return [
        RefName(f"{machine}-{sequence:08x}-{moment:011x}-{(key + (moment << 32 | sequence) * _MIX) % _RING:032x}")
        for sequence, moment in zip(sequences, moments, strict=True)
    ]


def beginnings(key: int, sequences: Iterable[int], moments: Iterable[int], digits: int) -> list[str]:
    """Returns the first digits of the ids that `identity` gives many snapshots with one key; fast."""
    form, cut, below = f"%0{digits}x", 128 - 4 * digits, (1 << 4 * digits) - 1
    return [
        form % (key + (moment << 32 | sequence) * _MIX >> cut & below)
        for sequence, moment in zip(sequences, moments, strict=True)
    ]


def rank(sequence: int, created_at: int) -> int:
    """Returns a number that orders names of one machine as they are ordered, except those of one moment."""
    return sequence << 44 | created_at


def last_of(machine: str, names: Iterable[str], count: int) -> list[RefName]:
    """Returns the refs of a machine with the highest sequence numbers, the highest first, at most `count`.

    Only the few that are returned are looked at closely.
    """
    mine = sorted((name for name in names if name.startswith(machine)), reverse=True)
    return list(islice(filter(None, map(parse, mine)), count))
