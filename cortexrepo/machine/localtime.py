"""A machine's local time: what its clock showed, as a moment."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cortexrepo.machine.files import System

ZONE = "/etc/localtime"
_LIMIT = 1 << 16


def zone(system: System) -> dt.tzinfo:
    """Returns the machine's time zone; UTC where it has none that can be read, which is what its programs take then."""
    from io import BytesIO
    from struct import error as cut_off
    from zoneinfo import ZoneInfo

    try:
        data = system.read(ZONE, _LIMIT)
        return dt.UTC if data is None else ZoneInfo.from_file(BytesIO(data))
    except (OSError, ValueError, LookupError, OverflowError, EOFError, cut_off):
        return dt.UTC


class Clock:
    """Moments from what a machine's clock showed, asked for in the order in which they were written down.

    In the hour that comes twice when summer ends, a time is the earlier of its two moments unless that would be before
    the one that was asked for last. A time that does not exist, because summer begins, is taken as if it had not begun.
    """

    def __init__(self, where: dt.tzinfo) -> None:
        """Takes the time zone."""
        self._zone = where
        self._last = 0
        self._asked: tuple[int, int] = (-1, 0)

    def moment(self, clock: int) -> int:
        """Returns seconds since 1970 for what the clock showed in seconds since 1970 as if it were UTC."""
        if clock == self._asked[0]:
            return self._asked[1]
        first, second = self._at(clock, 0), self._at(clock, 1)
        found = second if first < self._last <= second else first
        self._last = found
        self._asked = (clock, found)
        return found

    def _at(self, clock: int, fold: int) -> int:
        try:
            shown = dt.datetime.fromtimestamp(clock, dt.UTC).replace(tzinfo=None)
            offset = self._zone.utcoffset(shown.replace(tzinfo=self._zone, fold=fold))
        except (OverflowError, ValueError):
            return clock
        return max(clock - int(offset.total_seconds() if offset is not None else 0), 0)
