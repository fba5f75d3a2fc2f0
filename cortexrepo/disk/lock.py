"""The one lock of a repository: `flock` through portalocker, on a file that is never removed."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from typing import TYPE_CHECKING

import portalocker

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAUSE = 0.001
_LONGEST = 0.02
_COURTESY = 0.002
"""Whoever wants the lock alone waits so long first: one who takes it again and again lets the others in between."""
_UNAVAILABLE = {errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOSPC, errno.EDQUOT}
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}


@contextlib.contextmanager
def hold(path: str, *, exclusive: bool, timeout: float) -> Iterator[bool]:
    """Holds the lock; yields False where the lock file can be neither made nor opened, and where there are no locks.

    The file is opened here, with O_NOFOLLOW, and its descriptor handed on: portalocker opens paths through links and
    would truncate what they point to.

    Raises:
        TimeoutError: Another holds it for longer than `timeout` seconds.
    """
    descriptor = _open(path)
    if descriptor is None:
        yield False
        return
    try:
        yield _acquire(descriptor, path, exclusive=exclusive, timeout=timeout)
    finally:
        os.close(descriptor)


def _open(path: str) -> int | None:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    for access in (os.O_RDWR | os.O_CREAT, os.O_RDONLY):
        try:
            return os.open(path, access | flags, 0o600)
        except OSError as error:
            if error.errno not in _UNAVAILABLE:
                raise
    return None


def _acquire(descriptor: int, path: str, *, exclusive: bool, timeout: float) -> bool:
    mode = portalocker.LockFlags.EXCLUSIVE if exclusive else portalocker.LockFlags.SHARED
    if exclusive:
        time.sleep(_COURTESY)
    end = time.monotonic() + timeout
    pause = _PAUSE
    while True:
        try:
            portalocker.lock(descriptor, mode | portalocker.LockFlags.NON_BLOCKING)
        except portalocker.LockException as error:
            cause = error.args[0] if error.args else None
            if isinstance(cause, OSError) and cause.errno in _NO_LOCKS:
                return False
            if time.monotonic() >= end:
                raise _held(descriptor, path) from error
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST if exclusive else _COURTESY)
        else:
            return True


def _held(descriptor: int, path: str) -> TimeoutError:
    from cortexrepo.disk.holders import HeldError, holders  # few ever wait in vain

    error = HeldError(errno.ETIMEDOUT, "another process holds the lock", path)
    error.holders = holders(descriptor)
    return error
