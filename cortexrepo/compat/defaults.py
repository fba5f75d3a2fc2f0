"""What the old API took from its surroundings, where a caller said nothing."""

from __future__ import annotations

import os


def location() -> str:
    """Returns the command line's place: `CORTEX_REPO`, else the system's for root, else the user's own."""
    told = os.environ.get("CORTEX_REPO")
    if told:
        return os.path.abspath(told)
    if os.geteuid() == 0:
        return "/var/lib/cortex/snapshots"
    base = os.environ.get("XDG_DATA_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.local/share")
    return os.path.join(base, "cortex", "snapshots")


def account() -> str:
    """Returns the name of the user that this process runs as."""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())
