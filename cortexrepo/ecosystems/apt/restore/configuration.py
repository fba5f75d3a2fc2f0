"""Configuration files that have changed their package, and that nobody edited: they are the other package's again.

dpkg does not know that the file in the place is a package's own: to it somebody has made the file, and it lays what
the package has beside it, as `.dpkg-dist`.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.installed.lists import conffiles
from cortexrepo.ecosystems.apt.places import STATUS
from cortexrepo.ecosystems.apt.restore.shapes import is_roots

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.package import Package

    Untouched = dict[str, bytes]
    """The digests of configuration files that are as their package has brought them, by their paths."""

_BESIDE = ".dpkg-dist"


def untouched(going: Iterable[Package]) -> Untouched:
    """Returns the configuration files of packages that are taken away or changed, and that nobody has edited."""
    found: Untouched = {}
    for files in _of(going).values():
        found |= {path: digest for path, digest in files.items() if _digest(path) == digest}
    return found


def put_right(put: Iterable[Package], before: Untouched) -> list[str]:
    """Puts the configuration files of packages into the places of those that nobody had edited; returns their paths.

    Nothing is renamed where somebody besides root could change a directory on the way: the file stays, and is named.
    """
    done = []
    for files in _of(put).values():
        for path, digest in files.items():
            is_left = path in before and digest != before[path] == _digest(path)
            if is_left and _digest(path + _BESIDE) == digest and is_roots(path):
                os.replace(path + _BESIDE, path)  # noqa: TID251 -- the file in the place is known, and nobody's own
                done.append(path)
    return done


def _of(packages: Iterable[Package]) -> dict[tuple[str, str], dict[str, bytes]]:
    """Returns the configuration files that dpkg knows of packages, with their digests."""
    keys = {(row.name, row.arch) for row in packages}
    try:
        with open(STATUS, "rb") as file:
            known = conffiles(file.read())
    except OSError:
        return {}
    return {
        key: {path: one.digest for path, one in files.items() if one.is_current}
        for key, files in known.items()
        if key in keys
    }


def _digest(path: str) -> bytes:
    """Returns the digest of a regular file; empty where there is none."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()
    except OSError:
        return b""
