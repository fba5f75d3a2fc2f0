"""Whether what is recorded in a repository bears a collector's clock out. Moments in, an answer out: nothing is read.

All moments are milliseconds since 1970. docs/protocol.md, 7.1, has the rule.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.model.refname import RefName

DAY_MS = 24 * 3600 * 1000
"""So long a repository may be silent whatever it did before. A larger value lets a larger jump of the clock pass."""
YEAR_MS = 365 * DAY_MS
"""So long a rhythm is remembered. A larger value keeps one that was seen once, by a wrong clock, for longer."""


def rhythm(names: Sequence[RefName]) -> int:
    """Returns the longest time between two snapshots that followed each other in the last year that has snapshots.

    Their numbers say that they did: where snapshots were removed, the time between two that stayed says nothing. And no
    snapshot of another machine lies between them. The names are of snapshots that were recorded when they were.
    """
    since = max((name.created_at for name in names), default=0) - YEAR_MS
    taken = sorted((name.created_at, name.machine, name.sequence) for name in names if name.created_at >= since)
    return max(
        (later[0] - earlier[0] for earlier, later in pairwise(taken) if later[1:] == (earlier[1], earlier[2] + 1)),
        default=0,
    )


def is_borne_out(recorded: Iterable[int], collections: Sequence[int], usual: int, now: int, window: int) -> bool:
    """Returns whether the clock may be believed: each step from the newest record to now is a day, or usual.

    Collections are the steps between. A quarter more is no difference: timers are late, and months differ. A longer
    step is no matter either once the steps after it last for the whole window: all that was there has its age then.

    Args:
        recorded: When snapshots were made, and deleted.
        collections: When collections ran, those that did not believe their clock among them.
        usual: The rhythm of the snapshots.
        now: The collector's clock; what comes later does not count.
        window: How long a deleted snapshot can be brought back.
    """
    newest = max((moment for moment in recorded if moment <= now), default=min((*collections, now)))
    steps = (newest, *sorted(moment for moment in collections if newest < moment <= now), now)
    longest = max(DAY_MS, usual) * 5 // 4
    leaps = [later for earlier, later in pairwise(steps) if later - earlier > longest]
    return not leaps or now - leaps[-1] >= window
