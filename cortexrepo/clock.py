"""The one clock that is read."""

from __future__ import annotations

import time

from cortexrepo.errors import RequestError


def now_ms() -> int:
    """Returns the present in milliseconds since 1970, UTC; RequestError where Python cannot read the clock."""
    try:
        return time.time_ns() // 1_000_000
    except OverflowError as error:
        raise RequestError(
            "the clock of this machine shows a time after the year 2262, which cannot be read",
            hint="set the clock, then run the command again: `timedatectl set-time 'YYYY-MM-DD hh:mm:ss'`",
        ) from error
