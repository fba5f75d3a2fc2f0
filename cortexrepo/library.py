"""The C library, loaded once, and what a process settles by it about itself for good.

What a process has before it forks costs its children nothing. To load this is dear, and hardly any command needs it.
"""

from __future__ import annotations

import ctypes
import os

LIBRARY = ctypes.CDLL(None, use_errno=True)
"""Functions that Python has no name for; `ctypes.get_errno` has their error."""
LIBRARY.prctl.argtypes = ctypes.c_int, *[ctypes.c_ulong] * 4
LIBRARY.signal.argtypes = ctypes.c_int, ctypes.c_void_p
LIBRARY.signal.restype = ctypes.c_void_p
_DEATH, _DUMPABLE, _NO_NEW_RIGHTS = 1, 4, 38
"""PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS of prctl(2)."""


def die_with(parent: int, number: int) -> None:
    """Has this process get a signal when its parent ends, however it ends; it ends here where that has happened.

    A change of user takes this back, so it comes afterwards. What the process starts in its turn does not inherit it.
    """
    _set(_DEATH, number)
    if os.getppid() != parent:
        os._exit(1)


def renounce() -> None:
    """Has this process gain no right by any program, and lets only root look at its memory and descriptors."""
    _set(_NO_NEW_RIGHTS, 1)
    _set(_DUMPABLE, 0)


def end_by(number: int) -> None:
    """Has a signal end this process. Python does not learn of that: only for a process that never handles this signal.

    Python's own way writes to ten times as much memory, which a process that was just forked copies.
    """
    LIBRARY.signal(number, None)


def _set(option: int, value: int) -> None:
    if LIBRARY.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
