"""Where things are kept unless somebody says where: for root in the system's directories, for others in their own.

Those of others are where the XDG Base Directory Specification has them. Root's never follow from variables, which may
be another user's.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Kind = tuple[str, str, str]


DATA = ("/var/lib", "XDG_DATA_HOME", ".local/share")
STATE = ("/var/lib", "XDG_STATE_HOME", ".local/state")
CACHE = ("/var/cache", "XDG_CACHE_HOME", ".cache")
"""Kinds of things: the system's directory, the variable that names a user's, and the user's own without it."""


def directory(kind: Kind, environment: Mapping[str, str], user: int, home: str) -> str:
    """Returns this tool's directory for a kind of things of a user; it is relative only where `home` is."""
    system, variable, below_home = kind
    if user == 0:
        return f"{system}/cortex"
    base = environment.get(variable, "")
    if not os.path.isabs(base):
        base = os.path.join(home, below_home)
    return os.path.join(base, "cortex")


def roots(kind: Kind) -> str:
    """Returns this tool's directory for a kind of things of root."""
    return directory(kind, {}, 0, "")


def own(kind: Kind) -> str:
    """Returns this tool's directory for a kind of things of the user that this process runs as."""
    return directory(kind, os.environ, os.geteuid(), os.path.expanduser("~"))
