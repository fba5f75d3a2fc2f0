"""A package that goes has taken over files of one that comes: they are handed over, and not deleted with it.

Else dpkg does not unpack the files, for the going package has them, and deletes them with it. Where they are a library,
no program that needs it starts any more, and scripts of other packages fail before anything can be put in again. So
the names of these files are diverted for the coming package as long as apt runs, as Debian's own packages do it when
files move: for dpkg the file of the going package is elsewhere then, and that of the coming one is in its place. So is
the file of every other package that has one of these names and is put in at the same time: it goes to its place, or
goes, when the diversion ends.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.command import VARIABLES, divert, end_diversion
from cortexrepo.ecosystems.apt.database.relations import on_machine
from cortexrepo.ecosystems.apt.deb import DIRECTORY, entries
from cortexrepo.ecosystems.apt.installed.database import DIVERSIONS
from cortexrepo.ecosystems.apt.installed.diversions import parse
from cortexrepo.ecosystems.apt.names import is_there, place
from cortexrepo.ecosystems.apt.restore.shapes import is_roots
from cortexrepo.ecosystems.apt.state import files, rows
from cortexrepo.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from cortexrepo.ecosystems.apt.installed.diversions import Diversion
    from cortexrepo.ecosystems.apt.names import Orders, Place
    from cortexrepo.ecosystems.apt.restore.archive import Archive
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.model.package import Package

_NOTE = "handed-over.json"
_ASIDE = ".cortex-going"
_TORN = (".dpkg-new", ".dpkg-tmp")
"""What dpkg adds to the names of files that it was killed over."""
_NAMES = re.compile(r"(?:^|[,|])\s*([a-z0-9][a-z0-9+.-]+)")
_MERGED = ("/bin/", "/sbin/", "/lib")


class _Pair(NamedTuple):
    """A package that goes, and one that gets files of it.

    Attributes:
        going: The one that goes.
        coming: The one that comes.
        paths: The files, as the going one has them; where /usr is merged the coming one may have other names.
        names: All names of these files, and of others that the coming one brings.
    """

    going: Package
    coming: Package
    paths: list[str]
    names: set[str]


def begin(asked: Orders, there: dict[Place, Package], archive: Archive, room: Room, native: str) -> None:
    """Diverts the files that are handed over, each noted before for `end`.

    Diversions of the going packages that would put these files aside are ended; going packages need them no more.
    """
    pairs = _pairs(asked, there, archive, native)
    if not pairs:
        return
    # A file that has such a name already is somebody's own, and nothing is put over it.
    given = {path: pair.coming.name for pair in pairs for path in pair.paths if not os.path.lexists(path + _ASIDE)}
    ended = [one for one in diversions() if any(one[2] == pair.going.name and one[0] in pair.names for pair in pairs)]
    with open(f"{room.staging}/{_NOTE}", "w", encoding="utf-8", errors="surrogateescape") as file:
        json.dump({"handed": given, "ended": ended}, file)
    for source, _, name in ended:
        _run(end_diversion(name, source), room)
    for path, name in given.items():
        _run(divert(name, path, path + _ASIDE), room)


def end(room: Room) -> None:
    """Ends what `begin` began, in this process or in one that was killed. What did not go has its diversions again."""
    note = f"{room.staging}/{_NOTE}"
    try:
        with open(note, encoding="utf-8", errors="surrogateescape") as file:
            found = json.load(file)
    except (OSError, ValueError):
        return
    for path, name in found["handed"].items():
        _run(end_diversion(name, path), room)
        _settle(path, room)
    here = {row.name for row in rows().packages if is_there(row)} if found["ended"] else set()
    for source, target, name in found["ended"]:
        if name in here:
            _run(divert(name, source, target), room)
    os.unlink(note)


def _settle(path: str, room: Room) -> None:
    """Has no file stay aside: it goes where nothing is in its place, and else it is gone."""
    aside = path + _ASIDE
    left = [name for name in (aside, *(aside + end for end in _TORN)) if os.path.lexists(name)]
    if left and not is_roots(path):
        room.note(f"{', '.join(left)}: the file stays, because others than root can change its directory")
        return
    for name in left:
        if name == aside and not os.path.lexists(path):
            os.replace(aside, path)  # noqa: TID251 -- a file of a package, as dpkg ends a diversion
        else:
            os.unlink(name)


def _run(command: list[str], room: Room) -> None:
    room.machine.run(command, variables=VARIABLES, told=room.told, lasting=True)


def _pairs(asked: Orders, there: dict[Place, Package], archive: Archive, native: str) -> list[_Pair]:
    """Returns the going packages that have files of coming ones which are not there at all."""
    found = []
    for going, row in candidates(asked, there, native):
        brought = brought_by(archive.path(row))
        paths = handed(going, brought)
        if paths:
            found.append(_Pair(going, row, paths, {*paths, *brought}))
    return found


def candidates(asked: Orders, there: dict[Place, Package], native: str) -> Iterator[tuple[Package, Package]]:
    """Yields the packages that go and may have taken files over, each with one that comes and is not there at all."""
    new = [row for row in asked.put if not is_there(there.get(place(row, native)))]
    over = replaces({row.name for row in asked.take}) if new else {}
    for going in asked.take:
        yield from ((going, row) for row in new if row.name in over.get(going.name, ()) and row.arch == going.arch)


def handed(going: Package, brought: Sequence[str]) -> list[str]:
    """Returns the files of a package that another one brings too, as the first one has them."""
    has = {_plain(path): path for path in files(going) if path}
    return [has[_plain(path)] for path in brought if _plain(path) in has]


def diversions() -> list[Diversion]:
    """Returns dpkg's diversions; nothing where they cannot be read."""
    try:
        with open(DIVERSIONS, "rb") as file:
            return parse(file.read())[0]
    except OSError:
        return []


def brought_by(path: str) -> Sequence[str]:
    """Returns the files and links in a package's file; nothing where it cannot be read."""
    try:
        return [name for name, kind, _ in entries(path) if kind != DIRECTORY]
    except (CorruptError, OSError):
        return []


def _plain(path: str) -> str:
    """Returns the one name of a file that has two because /usr is merged."""
    if not path.startswith(_MERGED):
        return path
    return f"/usr{path}" if os.path.islink(f"/{path.split('/', 2)[1]}") else path


def replaces(names: Container[str]) -> dict[str, set[str]]:
    """Returns of which packages each of these has taken files over; nothing where dpkg's status file cannot be read."""
    found: dict[str, set[str]] = {}
    for name, fields in on_machine(names):
        if over := _NAMES.findall(fields.get("replaces", "")):
            found.setdefault(name, set()).update(over)
    return found
