"""The present, as a snapshot, a tag or a deletion mark can record it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import RequestError
from cortexrepo.model import refname

if TYPE_CHECKING:
    from collections.abc import Callable


def present(clock: Callable[[], int]) -> int:
    """Returns what a clock shows, in milliseconds since 1970; RequestError where no reader would take that back."""
    found = clock()
    if 0 <= found < refname.END:
        return found
    where = "before the year 1970" if found < 0 else "after the year 2526"
    raise RequestError(
        f"nothing was changed: the clock of this machine shows a time {where}, which cannot be recorded",
        hint="set the clock, then run the command again: `timedatectl set-time 'YYYY-MM-DD hh:mm:ss'`",
    )
