"""Where things are kept unless somebody says where: for root in the system's directories, for others in their own.

Those of others are where the XDG Base Directory Specification has them. Root's never follow from variables, which may
be another user's.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Kind(NamedTuple):
    """A kind of things: the system's directory for them, the variable that names a user's, and where that is else."""

    system: str
    variable: str
    below_home: str


DATA = Kind("/var/lib", "XDG_DATA_HOME", ".local/share")
STATE = Kind("/var/lib", "XDG_STATE_HOME", ".local/state")
CACHE = Kind("/var/cache", "XDG_CACHE_HOME", ".cache")


def directory(kind: Kind, environment: Mapping[str, str], user: int, home: str) -> str:
    """Returns this tool's directory for a kind of things of a user; it is relative only where `home` is."""
    if user == 0:
        return f"{kind.system}/cortex"
    base = environment.get(kind.variable, "")
    if not os.path.isabs(base):
        base = os.path.join(home, kind.below_home)
    return os.path.join(base, "cortex")


def own(kind: Kind) -> str:
    """Returns this tool's directory for a kind of things of the user that this process runs as."""
    return directory(kind, os.environ, os.geteuid(), os.path.expanduser("~"))
