"""What `lstat` says, made up."""

from __future__ import annotations

import os


def about(mode: int, owner: int = 0, group: int = 0) -> os.stat_result:
    """Returns what `lstat` says of something with this mode, owner and group."""
    return os.stat_result((mode, 1, 1, 1, owner, group, 0, 0, 0, 0))
