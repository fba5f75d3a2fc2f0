"""Where a user's journal of restores is, and whether one was interrupted: cheap enough for `status` to ask."""

from __future__ import annotations

import os

from cortexrepo.disk.places import STATE, own

JOURNAL = "journal.json"


def directory() -> str:
    """Returns the directory: the system's for root, else the user's own."""
    return f"{own(STATE)}/restore"


def is_interrupted() -> bool:
    """Returns whether a restore of this user was begun and has not been ended; one that runs now counts too."""
    return os.path.lexists(f"{directory()}/{JOURNAL}")
