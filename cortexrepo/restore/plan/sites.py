"""Whether a path can be that of an environment. Pure."""

from __future__ import annotations

import posixpath


def implausible(environment: str) -> str:
    """Returns why a path that a snapshot says cannot be an environment's, or an empty string."""
    if not environment:
        return "the snapshot does not say in which environments its packages were"
    if (
        not environment.startswith("/")
        or environment.startswith("//")
        or posixpath.normpath(environment) != environment
        or "\0" in environment
    ):
        return "the environment's path is not a plain absolute path"
    if "\\" in environment:
        return "the environment's path has a backslash, or bytes that are not text"
    return ""
