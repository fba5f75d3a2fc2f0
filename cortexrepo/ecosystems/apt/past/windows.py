"""When apt was at work, by its history: which of its commands a run of dpkg belongs to. Pure."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.apt.past.apthistory import Entry
    from cortexrepo.machine.localtime import Clock

PAUSE = 60
"""Seconds. Runs of dpkg that belong to no command of apt's, and are further apart, are separate transactions."""

_OVERLAPPING = 8
_FINISHING = frozenset(("configure", "triggers-only"))


class _Window(NamedTuple):
    start: int
    end: int | None
    entry: Entry


class Windows:
    """All commands of apt's, by the moments in seconds since 1970 between which they were at work."""

    def __init__(self, entries: Iterable[Entry], clock: Clock) -> None:
        """Takes the entries in their order, and a clock that was not asked for anything else."""
        found = []
        for entry in entries:
            start = clock.moment(entry.start)
            found.append(_Window(start, None if entry.end is None else clock.moment(entry.end), entry))
        self._windows = sorted(found, key=lambda window: window.start)
        self._starts = [window.start for window in self._windows]

    def entry(self, moment: int, run: str, before: Entry | None, last: int) -> Entry | None:
        """Returns the command that a run of dpkg belongs to, the last to begin where they overlap; None for none.

        Where one ends in the second in which another begins, a run that only finishes something belongs to the earlier
        one. A command whose end is not known has ended when dpkg has rested for a `PAUSE`.

        Args:
            moment: When the run begins.
            run: What it does, in dpkg's word: `unpack`, `configure`.
            before: What the run before belongs to.
            last: When that one ended.
        """
        place = bisect_right(self._starts, moment)
        found = []
        for window in self._windows[max(place - _OVERLAPPING, 0) : place]:
            quiet = moment - (last if window.entry is before else window.start)
            if moment <= window.end if window.end is not None else abs(quiet) <= PAUSE:
                found.append(window.entry)
        if run in _FINISHING and any(entry is before for entry in found):
            return before
        return found[-1] if found else None
