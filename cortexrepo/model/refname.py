"""The name of a ref file: everything that ordering and choosing snapshots needs, so that neither reads a file."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cortexrepo.model.ids import SnapshotId

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.model.snapshot import Snapshot

_SEQUENCE, _CREATED, _MACHINE, _ID = slice(0, 8), slice(9, 20), slice(21, 29), slice(30, 62)
_DASHES = 3
_LETTERS = b"0123456789abcdef-"
HIGHEST = (1 << 32) - 1
"""The highest sequence number that a name can hold; writers that come to it tie, and the clock orders them."""
END = 1 << 44
"""The moment, in milliseconds since 1970, from which on no name has room: in the year 2527."""
IMPORTED = 0
"""The sequence number of what was not recorded when it was: before everything that was, and ordered by the clock."""
SALTS = 1 << 16
"""How many different ids one machine, sequence number and moment can have."""
_RING = 1 << 128
_MIX = 0x9E3779B97F4A7C15F39CC0605CEDC835
_UNMIX = pow(_MIX, -1, _RING)


class RefName(str):
    """`SEQUENCE-CREATED-MACHINE-ID` in lower-case hexadecimal: 8 digits, 11, the first 8 of 32, and 32.

    A text and nothing beside it: there are tens of thousands, and few are ever taken apart. Sorted as texts they are
    sorted by sequence, then by time.
    """

    __slots__ = ()

    @property
    def sequence(self) -> int:
        """The snapshot's number within its machine's."""
        return int(self[_SEQUENCE], 16)

    @property
    def created_at(self) -> int:
        """UTC, milliseconds since 1970."""
        return int(self[_CREATED], 16)

    @property
    def machine(self) -> str:
        """The first 8 digits of the machine's id."""
        return self[_MACHINE]

    @property
    def id(self) -> SnapshotId:
        """The snapshot's id."""
        return SnapshotId(self[_ID])


def make(sequence: int, created_at: int, machine: str, identity: SnapshotId) -> RefName:
    """Returns the name of these parts; `machine` may be a whole id."""
    return RefName(f"{sequence:08x}-{created_at:011x}-{machine[:8]}-{identity}")


def identity(machine: str, sequence: int, created_at: int, salt: int) -> SnapshotId:
    """Returns the id of a new snapshot: 128 bits, different for different parts, and well spread from the first digit.

    Nothing has to be stored for an id that follows from the rest of the name: a multiplication by an odd number, modulo
    2**128, which can be undone (Knuth, The Art of Computer Programming, 6.4, Fibonacci hashing).

    Args:
        machine: The machine's id.
        sequence: The snapshot's number within its machine's.
        created_at: Milliseconds since 1970.
        salt: Below `SALTS`; different where the contents are (`codec.identity`), so that of two writers that chose the
            same number in the same millisecond neither takes the other's place.
    """
    return SnapshotId(f"{(_parts(machine[:8], sequence, created_at) << 16 | salt) * _MIX % _RING:032x}")


def salt_of(name: RefName) -> int | None:
    """Returns the salt from which `identity` makes the id in a name, or None for an id that was made otherwise."""
    parts, salt = divmod(int(name.id, 16) * _UNMIX % _RING, SALTS)
    return salt if parts == _parts(name.machine, name.sequence, name.created_at) else None


def named(identity: SnapshotId) -> RefName | None:
    """Returns the name from which `identity` made an id; for an id that was made otherwise, None or any name."""
    parts, _ = divmod(int(identity, 16) * _UNMIX % _RING, SALTS)
    rest, sequence = divmod(parts, HIGHEST + 1)
    created_at, machine = divmod(rest, HIGHEST + 1)
    return make(sequence, created_at, f"{machine:08x}", identity) if created_at < END else None


def _parts(machine: str, sequence: int, created_at: int) -> int:
    return (created_at << 32 | int(machine, 16)) << 32 | sequence


def of(snapshot: Snapshot) -> RefName:
    """Returns the name that a snapshot's ref must have."""
    return make(snapshot.sequence, snapshot.created_at, snapshot.machine, snapshot.id)


def parse(name: str) -> RefName | None:
    """Returns the name as one, or None when it is not a ref's."""
    # A quarter of what taking it apart would cost, and no regular expression has to be loaded.
    if len(name) != _ID.stop or not name.isascii() or name.encode().translate(None, _LETTERS):
        return None
    return RefName(name) if name[8] == name[20] == name[29] == "-" and name.count("-") == _DASHES else None


def made(machine: str, sequences: Sequence[int], moments: Sequence[int], salts: Sequence[int]) -> list[RefName]:
    """Returns the names of many snapshots of one machine whose ids `identity` made; fast, for there are very many."""
    number, short = int(machine[:8], 16), machine[:8]
    return [
        RefName(
            f"{sequence:08x}-{moment:011x}-{short}-"
            f"{(((moment << 32 | number) << 32 | sequence) << 16 | salt) * _MIX % _RING:032x}"
        )
        for sequence, moment, salt in zip(sequences, moments, salts, strict=True)
    ]


def beginnings(
    machine: str, sequences: Iterable[int], moments: Iterable[int], salts: Iterable[int], digits: int
) -> list[str]:
    """Returns the first digits of the ids of many snapshots of one machine that `identity` made; fast."""
    number, form, cut, below = int(machine[:8], 16), f"%0{digits}x", 128 - 4 * digits, (1 << 4 * digits) - 1
    return [
        form % ((((moment << 32 | number) << 32 | sequence) << 16 | salt) * _MIX >> cut & below)
        for sequence, moment, salt in zip(sequences, moments, salts, strict=True)
    ]


def rank(sequence: int, created_at: int) -> int:
    """Returns a number that orders names of one machine as they are ordered, except those of one moment."""
    return sequence << 44 | created_at


def last_of(machine: str, names: Iterable[str], count: int) -> list[RefName]:
    """Returns the refs of a machine with the highest sequence numbers, the highest first, at most `count`.

    Only the few that are returned are looked at closely.
    """
    part = f"{machine[:8]}-"
    mine = sorted((name for name in names if name.startswith(part, _MACHINE.start)), reverse=True)
    return list(islice(filter(None, map(parse, mine)), count))
