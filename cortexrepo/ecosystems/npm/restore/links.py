"""The links outside of `node_modules` that lead to global packages: commands in `bin`, pages in `share/man`."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from cortexrepo.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Container

LINK_FOLDERS = ("bin", *(f"share/man/man{section}" for section in range(10)))
"""The folders, relative to a prefix, in which npm makes such links."""
_MODULES = "/lib/node_modules/"


def links(prefix: str) -> dict[str, str]:
    """Returns for each link that leads to a global package, its path relative to the prefix, and the package's name."""
    found = {}
    for folder in (folder for folder in LINK_FOLDERS if os.path.isdir(f"{prefix}/{folder}")):
        with os.scandir(f"{prefix}/{folder}") as entries:
            for entry in entries:
                if entry.is_symlink() and (owner := owner_of(prefix, f"{folder}/{entry.name}")):
                    found[f"{folder}/{entry.name}"] = owner
    return found


def owner_of(prefix: str, link: str) -> str:
    """Returns the name of the global package that a link leads to, or an empty string."""
    path = f"{prefix}/{link}"
    try:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(path), os.readlink(path)))
    except OSError:
        return ""
    if not target.startswith(prefix + _MODULES):
        return ""
    names = target.removeprefix(prefix + _MODULES).split("/")
    return "/".join(names[:2] if names[0].startswith("@") else names[:1])


def check_free(prefix: str, link: str, replaced: Container[str]) -> None:
    """Checks that nothing would be lost by a new link: npm would refuse as well.

    Args:
        prefix: The prefix.
        link: The path of the link, relative to it.
        replaced: The packages whose links go.

    Raises:
        RefusedError: Something else is there.
    """
    if os.path.lexists(f"{prefix}/{link}") and owner_of(prefix, link) not in replaced:
        raise RefusedError(
            f"{prefix}/{link} is in the way: no package of the plan owns this file",
            hint="move the file away, then `cortex snapshot restore --resume`",
        )
