"""Which moments of a clock are believed, where some contradict the order in which they were written down. Pure."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def in_order(moments: Sequence[int], latest: int | None = None) -> frozenset[int]:
    """Returns the indices of the most moments that are in order and not after `latest`: the clock was right in these.

    The longest subsequence that never goes back, by patience sorting.
    """
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, moment in enumerate(moments):
        place = bisect_right(tails, moment) if latest is None or moment <= latest else -1
        before.append(ends[place - 1] if place > 0 else -1)
        if place >= 0:
            tails[place : place + 1] = [moment]
            ends[place : place + 1] = [index]
    kept = set()
    index = ends[-1] if ends else -1
    while index >= 0:
        kept.add(index)
        index = before[index]
    return frozenset(kept)
