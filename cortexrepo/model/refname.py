"""The name of a ref file: everything that ordering and choosing snapshots needs, so that neither reads a file."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.model.ids import SnapshotId, is_hex

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.snapshot import Snapshot

_WIDTHS = (8, 11, 8, 32)
HIGHEST = (1 << 32) - 1
"""The highest sequence number that a name can hold; writers that come to it tie, and the clock orders them."""


class RefName(NamedTuple):
    """`SEQUENCE-CREATED-MACHINE-ID` in lower-case hexadecimal: 8 digits, 11, the first 8 of 32, and 32."""

    sequence: int
    created_at: int
    machine: str
    id: SnapshotId

    def __str__(self) -> str:
        """Returns the name as it is on disk."""
        return f"{self.sequence:08x}-{self.created_at:011x}-{self.machine}-{self.id}"


def of(snapshot: Snapshot) -> RefName:
    """Returns the name that a snapshot's ref must have."""
    return RefName(snapshot.sequence, snapshot.created_at, snapshot.machine[:8], snapshot.id)


def parse(name: str) -> RefName | None:
    """Returns the parts of a name, or None when it is not a ref's."""
    parts = name.split("-")
    if len(parts) != len(_WIDTHS) or not all(map(is_hex, parts, _WIDTHS)):
        return None
    return RefName(int(parts[0], 16), int(parts[1], 16), parts[2], SnapshotId(parts[3]))


def newest_first(names: Iterable[RefName]) -> list[RefName]:
    """Returns the names, newest first.

    Within one machine the sequence decides, then the clock: a clock that was set back does not reorder what came after.
    Between machines the clock decides, taken never to go back within a machine.
    """
    latest: dict[str, int] = {}
    keyed = []
    for name in sorted(names):
        latest[name.machine] = max(latest.get(name.machine, 0), name.created_at)
        keyed.append((latest[name.machine], name))
    keyed.sort(reverse=True)
    return [name for _, name in keyed]


def last_of(machine: str, names: Iterable[str], count: int) -> list[RefName]:
    """Returns the refs of a machine with the highest sequence numbers, the highest first, at most `count`.

    Fast for very many names: only the few that are returned are taken apart, for text of fixed width sorts as they do.
    """
    start = _WIDTHS[0] + _WIDTHS[1] + 2
    part = f"{machine[: _WIDTHS[2]]}-"
    mine = sorted((name for name in names if name.startswith(part, start)), reverse=True)
    return list(islice(filter(None, map(parse, mine)), count))
