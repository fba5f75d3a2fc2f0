"""Whether apt's own cache of what is known and installed can be older than what is installed.

apt compares the time of dpkg's status file in whole seconds, and its size. Where dpkg wrote the file twice in a second,
with versions of the same length, a cache from between the two passes for a new one, until dpkg writes again.
"""

from __future__ import annotations

import os
from pathlib import PurePath

from cortexrepo.ecosystems.apt.places import STATUS

UNREMEMBERED = ("Dir::Cache::pkgcache=",)
"""The settings under which apt reads what is installed, and no cache of it."""

_APART = 2
"""Seconds between the status file and a later cache, from which on the cache is from after all writing."""


def settings(archives: str, status: str = STATUS) -> tuple[str, ...]:
    """Returns the settings that a look at the machine needs: none, as a rule.

    Args:
        archives: apt's directory of downloaded files; its cache lies beside it.
        status: dpkg's status file.
    """
    try:
        written = os.stat(status).st_mtime
        cached = os.stat(PurePath(archives).parent / "pkgcache.bin").st_mtime
    except OSError:
        return ()
    return UNREMEMBERED if abs(cached - written) < _APART else ()
