"""A claim on a file: one process at a time has it, and nobody waits for it. It ends with the process that has it.

No lock of a repository: those go through portalocker (`cortexrepo.disk.lock`), which takes as long to load as all the
rest of `status`.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPEN = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@contextmanager
def claimed(path: str) -> Iterator[None]:
    """Has the claim on the file at `path`, which is made and never removed.

    Raises:
        BlockingIOError: Another process has it.
        OSError: The file cannot be opened, or its file system has no locks.
    """
    descriptor = os.open(path, _OPEN, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)
