"""The file systems that the kernel makes up."""

from __future__ import annotations

import os

_KERNELS = ("proc", "sys", "dev")


def kernels_devices(root: int) -> frozenset[int]:
    """Returns the devices of the file systems that the kernel makes up, below an open root directory.

    They hold no packages, and reading some of their files does something.
    """
    found = set()
    for name in _KERNELS:
        try:
            found.add(os.stat(name, dir_fd=root, follow_symlinks=False).st_dev)
        except OSError:
            continue
    return frozenset(found - {os.fstat(root).st_dev})
