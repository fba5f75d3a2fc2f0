"""The content of a package's files: npm keeps no checksums of them, but may still have the tarball that they came from.

The tarball counts if it has the very package.json that is installed.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

from cortexrepo.ecosystems.contract.files import Nobodys, Place
from cortexrepo.ecosystems.contract.installed import compared
from cortexrepo.ecosystems.npm.names import is_name, is_version
from cortexrepo.ecosystems.npm.tarballs.cache import NpmCache
from cortexrepo.ecosystems.npm.tarballs.settings import fetched
from cortexrepo.ecosystems.npm.tarballs.supply import read_as, spec_of
from cortexrepo.ecosystems.npm.tarballs.tarball import digests
from cortexrepo.errors import CortexError
from cortexrepo.model.installed import CHANGED, UNSEEN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.ecosystems.contract.installed import Seen
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.ecosystems.npm.installed.commands import Tops
    from cortexrepo.model.package import Package

_DESCRIPTION = "package.json"
_BY_SCRIPT = "the content differs, and a script of the package runs when it is installed"
_BY_NPM = "the content differs, and npm changes the line ends of commands"


def files(tops: Tops, row: Package, folder: str) -> Iterator[tuple[str, Seen]] | None:
    """Returns each file of a package with what was seen of it; None where no tarball of it is on the machine."""
    expected = _expected(tops, row, folder)
    return None if expected is None else _files(tops, folder, expected)


def _files(tops: Tops, folder: str, expected: dict[str, tuple[int, bytes]]) -> Iterator[tuple[str, Seen]]:
    described = tops.described(folder)
    commands = set(described.bins.values())
    for path, (size, digest) in expected.items():
        seen = compared(tops.system, f"{folder}/{path}", "sha256", digest, size)
        if seen.kind == CHANGED and described.scripts:
            seen = seen._replace(kind=UNSEEN, reason=_BY_SCRIPT)
        elif seen.kind == CHANGED and path in commands and _has_other_end(tops, f"{folder}/{path}", size):
            seen = seen._replace(kind=UNSEEN, reason=_BY_NPM)
        yield path, seen


def _has_other_end(tops: Tops, path: str, size: int) -> bool:
    """Returns whether a file is shorter by what npm removes from the first line of a program."""
    try:
        stamp = tops.system.stamp(path)
    except OSError:
        return False
    return stamp is not None and stamp[1] == size - 1


def _expected(tops: Tops, row: Package, folder: str) -> dict[str, tuple[int, bytes]] | None:
    spec = spec_of(row)
    if row.attribute("resolved") or not is_name(spec.name) or not is_version(spec.version):
        return None
    # Whoever could change a cache could change the answer, and nothing else: nothing is installed from it.
    place = Place(tops.system, cast("Room", None), Nobodys())
    for cache, registry in fetched(place, tops.prefix, spec.name):
        found = NpmCache(cache, tops.system).find(registry, *spec)
        if found is None:
            continue
        try:
            with os.fdopen(tops.system.open_straight(found.path), "rb") as source:
                path = f"/proc/self/fd/{source.fileno()}"
                if read_as(path, spec).raw == tops.system.read(f"{folder}/{_DESCRIPTION}"):
                    return digests(path)
        except (CortexError, OSError):
            continue
    return None
