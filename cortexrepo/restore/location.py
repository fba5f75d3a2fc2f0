"""Where a user's journal of restores is, and whether one was interrupted: cheap enough for `status` to ask."""

from __future__ import annotations

import os

JOURNAL = "journal.json"


def directory() -> str:
    """Returns the directory: the system's for root, else the user's own."""
    if os.geteuid() == 0:
        return "/var/lib/cortex/restore"
    base = os.environ.get("XDG_STATE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.local/state")
    return os.path.join(base, "cortex", "restore")


def is_interrupted() -> bool:
    """Returns whether a restore of this user was begun and has not been ended; one that runs now counts too."""
    return os.path.lexists(f"{directory()}/{JOURNAL}")
