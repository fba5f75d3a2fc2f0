"""What is at a path, as tests compare it: whole trees before and after."""

from __future__ import annotations

import os
import stat


def entry(path: str) -> tuple[object, ...]:
    """Returns where a link points, mode and content of a file, and the mode of all else."""
    info = os.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        return ("link", os.readlink(path))
    if stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            return (oct(info.st_mode), file.read())
    return (oct(info.st_mode),)
