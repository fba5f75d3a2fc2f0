"""Where snapshots that were not recorded when they were stand among those of the same machine that were. Pure.

Each stands before the first recorded snapshot with a later moment. A recorded snapshot whose moment contradicts the
order of the numbers was made while the clock was wrong: its number says where it stands, and its moment does not count,
except that of a machine's first one.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from cortexrepo.model.believed import in_order
from cortexrepo.model.refname import CREATED, MACHINE, numbered_from

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.model.refname import RefName


def are_among(edges: Iterable[tuple[RefName | None, RefName | None]]) -> bool:
    """Returns whether a machine has a snapshot without a number that is later than its first one with a number.

    Where none has, the order of the names is that of time.

    Args:
        edges: Of names of one machine that are somewhere together the last one without a number, and the first one
            with a number; None where there is none.
    """
    imported: dict[str, str] = {}
    first: dict[str, RefName] = {}
    for last, begin in edges:
        if last is not None:
            imported[last[MACHINE]] = max(imported.get(last[MACHINE], ""), last[CREATED])
        if begin is not None:
            first[begin[MACHINE]] = min(first.get(begin[MACHINE], begin), begin)
    return any(machine in first and moment > first[machine][CREATED] for machine, moment in imported.items())


def placed(names: Sequence[RefName]) -> list[RefName]:
    """Returns the names of one machine, given in ascending order, by time."""
    at = numbered_from(names)
    imported, recorded = deque(names[:at]), names[at:]
    # What is not later than the first one comes before it, whatever its clock did: `are_among` asks no further.
    believed = in_order([name.created_at for name in recorded]) | {0}
    found: list[RefName] = []
    for index, name in enumerate(recorded):
        while index in believed and imported and imported[0][CREATED] <= name[CREATED]:
            found.append(imported.popleft())
        found.append(name)
    return [*found, *imported]
