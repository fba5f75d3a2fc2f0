"""dpkg's locks, looked at and never taken: a dpkg whose apt was killed goes on alone, and holds one."""

from __future__ import annotations

import os
import time

from cortexrepo.errors import RestoreError

LOCKS = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock")
PATIENCE = 600.0
"""Seconds. The script of one package may take minutes; it is waited for, for nothing is whole before it ends."""

_PAUSE = 0.1


def held() -> str:
    """Returns the path of a lock that another process holds, or an empty string."""
    return next((path for path in LOCKS if _is_held(path)), "")


def wait(patience: float = PATIENCE) -> None:
    """Returns when nobody holds a lock.

    Raises:
        RestoreError: Somebody still does after `patience` seconds.
    """
    end = time.monotonic() + patience
    while path := held():
        if time.monotonic() > end:
            raise RestoreError(
                f"another process has locked {path}",
                hint="wait until apt and dpkg have ended, then `cortex snapshot restore --resume`",
            )
        time.sleep(_PAUSE)


def _is_held(path: str) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        # Never used, or not ours to open: then there is nothing to be seen.
        return False
    try:
        # A test takes no lock, and this process has none that closing the file would end.
        os.lockf(descriptor, os.F_TEST, 0)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False
