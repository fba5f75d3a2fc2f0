"""renameat2(2): what rename(2) cannot do."""

from __future__ import annotations

import errno
import os

NOREPLACE, EXCHANGE = 1, 2
_HERE = -100
"""AT_FDCWD."""


def renameat2(source: str, target: str, flag: int) -> None:
    """Moves `source` to `target` as the flag says, at once; OSError(ENOSYS) where the C library cannot."""
    import ctypes  # dear, and few need it

    from cortexrepo.library import LIBRARY

    try:
        call = LIBRARY.renameat2
    except AttributeError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), target) from None
    if call(_HERE, os.fsencode(source), _HERE, os.fsencode(target), flag) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), target)
