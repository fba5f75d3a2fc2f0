"""Whose an environment is: told by everything on the way to it as it is now, and never by what a snapshot says."""

from __future__ import annotations

import os
import posixpath
import stat
from typing import TYPE_CHECKING

from cortexrepo.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SITES = ("site-packages", "dist-packages")
_INSIDE = ("bin", "bin/python", "bin/python3", "bin/npm", "bin/node", "lib", "lib/node_modules", "share/man", "etc")
_OTHERS = "name the others: `cortex snapshot restore REV --environment OTHER`"
_HOPS = 200
"""So many names are followed on the way to one place; a loop of links ends here."""


def holder(environment: str, me: int) -> int:
    """Returns the user whose rights suffice to replace what is in an environment, or the programs that are run for it.

    That is the owner of any directory, link or program on the way there: who owns `/home/ada/venv` decides what is in
    it, whoever owns its site directory. Root's work there is done as that user.

    Args:
        environment: The path that identifies it.
        me: Who is to work there.

    Raises:
        RefusedError: Several users could, or everybody; or one could who is neither root nor `me`, which is not root.
    """
    found: dict[int, str] = {}
    for place in _places(environment):
        for path, about in _way(place):
            if stat.S_ISDIR(about.st_mode) and about.st_mode & (stat.S_IWOTH | stat.S_ISVTX) == stat.S_IWOTH:
                raise RefusedError(
                    f"every user may write to {path}: cortex runs no program from this directory",
                    hint=f"`chmod o-w {path}`, or {_OTHERS}",
                )
            if about.st_uid:
                found.setdefault(about.st_uid, path)
    theirs = {user: path for user, path in found.items() if user != me}
    if me and theirs:
        raise RefusedError(
            f"{next(iter(theirs.values()))} belongs to another user",
            hint=f"run the command as the owner of this path, or as root, or {_OTHERS}",
        )
    if len(found) > 1:
        raise RefusedError(
            f"{' and '.join(found.values())} belong to different users: no single user may change them",
            hint=f"give everything in {environment} one owner with `chown`, or {_OTHERS}",
        )
    return next(iter(found), 0)


def _places(environment: str) -> list[str]:
    """Returns what work in an environment changes or starts, as far as it decides who could replace it."""
    prefix, versions = environment, _versions(f"{environment}/lib")
    if posixpath.basename(environment) in _SITES:
        versions = [posixpath.basename(posixpath.dirname(environment))]
        prefix = posixpath.normpath(f"{environment}/../../..")
        return [environment, f"{prefix}/bin", f"{prefix}/bin/{versions[0]}"]
    pythons = [place for name in versions for place in (f"bin/{name}", f"lib/{name}/site-packages")]
    return [environment, *(f"{prefix}/{place}" for place in (*_INSIDE, *pythons))]


def _versions(library: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(library) if name.startswith(("python", "pypy")))
    except OSError:
        return []


def _way(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yields everything on the way to a path, from the root on, every link and what it leads through, while it is."""
    names = path.split("/")[::-1]
    here = "/"
    for _ in range(_HOPS):
        if not names:
            return
        name = names.pop()
        if name in {"", "."}:
            continue
        here = posixpath.normpath(f"{here}/{name}")
        try:
            about = os.lstat(here)
            target = os.readlink(here) if stat.S_ISLNK(about.st_mode) else ""
        except OSError:
            return
        yield here, about
        if target:
            names += target.split("/")[::-1]
            here = "/" if target.startswith("/") else posixpath.dirname(here)
