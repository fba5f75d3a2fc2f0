"""Directories that were links, and links that were directories: dpkg leaves the one that is there.

Where a version has a directory and a link is in its place, dpkg writes through the link, into another package's files.
Where it has a link and a directory is there, dpkg makes no link. Newer versions have scripts for this; no version has
one for the way back.
"""

from __future__ import annotations

import json
import os
import posixpath
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.deb import DIRECTORY, LINK, entries
from cortexrepo.ecosystems.apt.names import place
from cortexrepo.ecosystems.apt.state import files
from cortexrepo.errors import CorruptError
from cortexrepo.rights.ways import writers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.ecosystems.apt.names import Place
    from cortexrepo.ecosystems.apt.restore.archive import Archive
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package

    Links = dict[str, str]
    """Targets by the paths of links."""
    Filled = dict[Package, set[str]]
    """Directories that a package had files in, by what takes its place."""

_NOTE = "links.json"
_ASIDE = ".dpkg-backup"
"""What dpkg's own helper calls a directory that a link takes the place of."""


def in_the_way(put: Iterable[Package], there: dict[Place, Package], archive: Archive, native: str) -> Links:
    """Returns the links of packages in whose place their other versions, which are put in, have directories with files.

    See `in_the_way_of`; every file of a package is in the archive.
    """
    return in_the_way_of(put, there, archive.path, native)


def in_the_way_of(
    put: Iterable[Package], there: dict[Place, Package], at_hand: Callable[[Package], str], native: str
) -> Links:
    """Returns these links of the packages whose own file is at hand: `at_hand` returns its path, else nothing.

    An empty directory may be a link as well: nothing is written through it. A link at the top, such as /lib, is never
    one of them: the merged /usr is nobody's to change.
    """
    found: Links = {}
    for row in put:
        before = there.get(place(row, native))
        own = dict(_links(files(before))) if before is not None else {}
        if own and (path := at_hand(row)):
            brought = list(_entries(path))
            filled = {posixpath.dirname(path) for path, _, _ in brought}
            found |= {
                name: own[name] for name, kind, _ in brought if kind == DIRECTORY and name in own and name in filled
            }
    return found


def filled(put: Iterable[Package], there: dict[Place, Package], native: str) -> Filled:
    """Returns the directories in which the present versions of packages have files, of those that are put in."""
    found: Filled = {}
    for row in put:
        before = there.get(place(row, native))
        if before is not None:
            found[row] = {posixpath.dirname(path) for path in files(before)}
    return found


def note(links: Links, room: Room) -> None:
    """Notes links that will be taken away, for the way back; those noted before stay."""
    if links:
        with open(f"{room.staging}/{_NOTE}", "w", encoding="utf-8") as file:
            json.dump({**links, **_noted(room)}, file)


def put_back(room: Room) -> None:
    """Makes the links again that were noted and in whose place nothing is."""
    for path, target in _noted(room).items():
        if not os.path.lexists(path) and is_roots(path):
            os.symlink(target, path)


def make_links(before: Filled, archive: Archive, room: Room) -> None:
    """Makes the links of packages that dpkg did not make because the version before had a directory there.

    A directory that is not empty is moved aside, as dpkg's own helper does it, and named. One that the version before
    did not fill is the choice of whoever made it.
    """
    for row, directories in before.items():
        own = directories.intersection(_childless(files(row)))
        if not own:
            continue
        for path, kind, target in _entries(archive.path(row)):
            if kind == LINK and path in own and is_roots(path) and _gave_way(path, room):
                os.symlink(target, path)


def _gave_way(path: str, room: Room) -> bool:
    """Returns whether a directory is there no longer; what cannot be moved stays, and is named."""
    try:
        os.rmdir(path)
        return True
    except OSError:
        aside = path + _ASIDE
    try:
        os.rename(path, aside)  # noqa: TID251 -- a directory replaces an empty one at most
    except OSError as error:
        room.note(f"{path} is a link in its package, and stays a directory: it cannot be moved to {aside}: {error}")
        return False
    room.note(f"{path} is a link again; the directory in its place was not empty, and is {aside} now")
    return True


def _links(paths: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yields the links to directories among the paths, with their targets, that can be changed with nobody's help."""
    for path in paths:
        if path.count("/") > 1 and os.path.islink(path) and os.path.isdir(path) and is_roots(path):
            yield path, os.readlink(path)


def _childless(paths: Sequence[str]) -> Iterator[str]:
    """Yields the directories among the paths in which a package has nothing."""
    parents = {os.path.dirname(path) for path in paths}
    for path in paths:
        if path.count("/") > 1 and path not in parents and os.path.isdir(path) and not os.path.islink(path):
            yield path


def is_roots(path: str) -> bool:
    """Returns whether root alone can change what is in the directory of a path, which is there, and the way to it."""
    directory = posixpath.dirname(path)
    return os.path.isdir(directory) and not writers(directory)


def _entries(path: str) -> Iterator[tuple[str, str, str]]:
    try:
        yield from entries(path)
    except (CorruptError, OSError):
        return


def _noted(room: Room) -> Links:
    try:
        with open(f"{room.staging}/{_NOTE}", encoding="utf-8") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return {}
    return {str(path): str(target) for path, target in found.items()} if isinstance(found, dict) else {}
