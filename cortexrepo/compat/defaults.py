"""What the old API took from its surroundings, where a caller said nothing."""

from __future__ import annotations

import os

from cortexrepo.disk.places import DATA, own
from cortexrepo.store.registry import absolute


def location() -> str:
    """Returns the command line's place: `CORTEX_REPO`, else the system's for root, else the user's own."""
    told = os.environ.get("CORTEX_REPO")
    return absolute(told) if told else f"{own(DATA)}/snapshots"


def account() -> str:
    """Returns the name of the user that this process runs as."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
