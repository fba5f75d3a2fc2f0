"""Which processes hold a lock, as far as the kernel tells. Loaded by who waited in vain."""

from __future__ import annotations

import os
from pathlib import Path

_LOCKS = "/proc/locks"
_FIELDS = 8


class HeldError(TimeoutError):
    """A lock was not obtained in time.

    Attributes:
        holders: The ids of the processes that hold it; empty where that is not known.
    """

    holders: tuple[int, ...] = ()


def holders(descriptor: int, table: str = _LOCKS) -> tuple[int, ...]:
    """Returns the processes that hold a `flock` on an open file, in the order of the kernel's table.

    Not all: a process of another PID namespace or of another machine is not in the table, and some file systems have
    another device number there.
    """
    info = os.fstat(descriptor)
    place = f"{os.major(info.st_dev):02x}:{os.minor(info.st_dev):02x}:{info.st_ino}"
    try:
        lines = Path(table).read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return ()
    rows = (line.split() for line in lines)
    # Who waits has an arrow behind the number.
    found = [row[4] for row in rows if len(row) == _FIELDS and row[1] == "FLOCK" and row[5] == place]
    return tuple(dict.fromkeys(int(one) for one in found if one.isdecimal() and int(one)))
