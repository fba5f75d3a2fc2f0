"""What differs between two pictures, and whether what a command said of it is true."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from support.machines.drawn.brought import expected
from support.machines.drawn.places import SHARED, STRAYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from support.machines.drawn.brought import Remembering
    from support.machines.drawn.picture import Entry, Picture
    from support.machines.drawn.running import Said

_PASSING = {"triggers-pending", "triggers-awaited"}
_GONE = {"not-installed"}
_DIRECTORY = "0o4"
_LOCAL = ":"
_COMMANDS = "/etc/alternatives/"
_UNKNOWN = ("the snapshot does not say what was in the package", "what is in the installed package cannot be seen")
_OWNER = re.compile(r"cx[_-]p[0-9]|cxm[0-9]")
"""The names of packages of pip and npm."""
_SHARING = ["cx-p0", "cx-p1", "cx-p2"]
"""Those that have a file or a command together with others."""


class Differing(NamedTuple):
    """Something that is not as it was: what it is, and the names of which one must be said.

    What is old was so when the restore began, and must be named, but stands against no EXACT.
    """

    what: str
    names: tuple[str, ...]
    is_old: bool = False

    @property
    def packages(self) -> list[str]:
        """The packages that its path speaks of, as pip and npm call them."""
        path = self.what.partition(":")[0]
        return _SHARING if SHARED in path else [found.replace("_", "-") for found in _OWNER.findall(path)]


class Judge:
    """Compares pictures of one drawn machine."""

    def __init__(self, archives: tuple[Remembering, ...], free: Iterable[str], places: Sequence[str] = ()) -> None:
        """Takes what the packages bring, the paths that a person changed, and the environments."""
        self._archives = archives
        self._free = frozenset(free)
        self._places = tuple(places)

    def differing(self, before: Picture, after: Picture, start: Picture | None = None) -> list[Differing]:
        """Returns all in which a machine is not as before.

        Args:
            before: How it was.
            after: How it is.
            start: How it was when the restore began. What a person did by hand to files of packages that are the same
                in all three is not the restore's business, and not in what is returned.
        """
        files = self._files(before, after, start or after)
        return [*files, *_packages(before, after), *_marks(before, after), *_lines(before, after)]

    def _files(self, before: Picture, after: Picture, start: Picture) -> Iterable[Differing]:
        was, now, first = (expected(self._archives, one) for one in (before, after, start))
        changed = [line for line in before.lines ^ after.lines if "\t" in line and _is_allowed(line, before)]
        diverted = {path for line in changed for path in line.split("\t")[:2]}
        is_moved = any((*_packages(before, start), *_marks(before, start)))  # else nobody looks at files
        ruled = {line.split(" ")[-1] for line in before.lines ^ after.lines if "\t" not in line}
        for path in sorted(before.files.keys() | after.files.keys()):
            one, other = before.files.get(path), after.files.get(path)
            if one == other or self._is_free(path) or ".dpkg-" in path or (_is_folder(one) and _is_folder(other)):
                continue
            if path in diverted:
                continue  # The administrator has said where the file is.
            if path.startswith(_COMMANDS) and (one is None or one[-1] not in before.files):
                continue  # The command led nowhere.
            if os.path.basename(path) in STRAYS or (SHARED in path and _is_open(path, one, other, before, after)):
                continue
            if path in ruled and one is not None and other is not None and one[1:] == other[1:]:
                continue  # The administrator has said which mode the file has.
            if one not in was.get(path, ()) and other in now.get(path, ()):
                continue  # It was not as its package brings it, and now it is.
            by_hand = one not in was.get(path, ()) or start.files.get(path) not in first.get(path, ())
            if by_hand and other == start.files.get(path) and self._is_same(path, before, start):
                if other is None and path in now and is_moved:
                    yield Differing(f"{path}: missing when it began", self._names(path), is_old=True)
                continue
            is_old = other == start.files.get(path) and (path.startswith(_COMMANDS) or self._stays(path, before, start))
            names = (*self._names(path), *self._offering(one, other, before, after))
            yield Differing(f"{path}: {_shown(one)} before, {_shown(other)} now", names, is_old=is_old)

    def _offering(self, one: Entry | None, other: Entry | None, *pictures: Picture) -> list[str]:
        """Returns the packages of the programs that a command is, which is made by their scripts."""
        links = [str(entry[-1]) for entry in (one, other) if entry is not None and str(entry[-1]).startswith(_COMMANDS)]
        found = [picture.files.get(link) for link in links for picture in pictures]
        programs = [str(entry[-1]) for entry in found if entry is not None]
        return sorted({name for path in programs for archive in self._archives for name in archive.owners(path)})

    def free(self, paths: Iterable[str]) -> None:
        """Takes further paths that a person changed."""
        self._free = frozenset({*self._free, *paths})

    def _is_free(self, path: str) -> bool:
        return any(f"{path}/".startswith(f"{free}/") for free in self._free)

    def _is_same(self, path: str, before: Picture, start: Picture) -> bool:
        owners = {name for archive in self._archives for name in archive.owners(path)}
        return bool(owners) and all(_state(before, name) == _state(start, name) for name in owners)

    def _stays(self, path: str, before: Picture, start: Picture) -> bool:
        """Returns whether a package that has a path was there when the restore began as it was to be."""
        owners = {name for archive in self._archives for name in archive.owners(path)}
        return any(_state(before, name) == _state(start, name) != ("absent",) for name in owners)

    def _names(self, path: str) -> tuple[str, ...]:
        owners = {name for archive in self._archives for name in archive.owners(path)}
        places = [place for place in self._places if f"{path}/".startswith(f"{place}/")]
        command = [path.rpartition("/")[2]] if path.startswith(_COMMANDS) else []
        return (path, *sorted(owners), *places, *command)


def _is_open(path: str, one: Entry | None, other: Entry | None, before: Picture, after: Picture) -> bool:
    """Returns whether a file of several packages may be what it is: another's, or one left behind by nobody."""
    return _is_of_either(one, other, after) or _is_nobodys(path, one, before)


def _is_of_either(one: Entry | None, other: Entry | None, after: Picture) -> bool:
    """Returns whether a file or command of several packages is now that of another one, which is there too."""
    if one is None or other is None:
        return False
    owners = [_OWNER.search(str(part[-1])) for part in (one, other)]
    now = owners[1]
    if owners[0] is None or now is None:
        return False
    return any(f"/{now[0].replace('-', '_')}" in path.replace("-", "_") for path in after.files)


def _is_nobodys(path: str, one: Entry | None, before: Picture) -> bool:
    """Returns whether the package that a shared file was of is not in its environment."""
    owner = _OWNER.search(str(one[-1])) if one is not None else None
    place = re.split("/lib/|/bin/", path)[0]
    return owner is not None and not any(
        known.startswith(f"{place}/") and f"/{owner[0]}".replace("-", "_") in known.replace("-", "_")
        for known in before.files
    )


def _is_in(names: Iterable[str], lines: Iterable[str]) -> bool:
    return any(name in line for line in lines for name in names)


def _is_folder(one: Entry | None) -> bool:
    return one is None or (len(one) == 1 and str(one[0]).startswith(_DIRECTORY))


def _shown(one: Entry | None) -> str:
    return "nothing" if one is None else " ".join(str(part) for part in one)[:60]


def _packages(before: Picture, after: Picture) -> Iterable[Differing]:
    for name in sorted(before.packages.keys() | after.packages.keys()):
        one, other = _state(before, name), _state(after, name)
        if one != other:
            yield Differing(f"{name}: {' '.join(one)} before, {' '.join(other)} now", (name,))


def _state(picture: Picture, name: str) -> tuple[str, ...]:
    found = picture.packages.get(name)
    if found is None or found[-1] in _GONE:
        return ("absent",)
    return (*found[:-1], "installed") if found[-1] in _PASSING else found


def _is_allowed(line: str, before: Picture) -> bool:
    """Returns whether a diversion may come or go: the administrator's, or one that a package had left before."""
    package = line.rpartition("\t")[2]
    is_left = line in before.lines and _state(before, package)[-1] in {"absent", "config-files"}
    return package == _LOCAL or is_left


def _marks(before: Picture, after: Picture) -> Iterable[Differing]:
    for name in sorted(before.automatic ^ after.automatic):
        if "absent" not in {*_state(before, name), *_state(after, name)}:
            yield Differing(f"{name}: automatic {'before' if name in before.automatic else 'now'}", (name,))


def _lines(before: Picture, after: Picture) -> Iterable[Differing]:
    for line in sorted(before.lines ^ after.lines):
        path, *_, package = line.split("\t") if "\t" in line else (line.split(" ")[-1], _LOCAL)
        if package == _LOCAL or _is_allowed(line, before):
            continue
        yield Differing(f"dpkg's line {line!r} is {'gone' if line in before.lines else 'new'}", (path, package))


def faults(said: Said, differing: Sequence[Differing], what: str) -> list[str]:
    """Returns what is wrong with what a command said of what differs after it."""
    if "Traceback" in said.text:
        return [f"{what} ended in a traceback"]
    unnamed = [one for one in differing if not any(name and name in said.text for name in one.names)]
    if said.is_exact:
        differing = [one for one in differing if not one.is_old or one in unnamed]
        unknown = [line for line in said.text.splitlines() if any(text in line for text in _UNKNOWN)]
        return [f"{what} said EXACT: {one.what}" for one in differing if not _is_in(one.packages, unknown)]
    return [f"{what} did not name it: {one.what}" for one in unnamed]


def untouched(places: Sequence[str], start: Picture, after: Picture) -> list[str]:
    """Returns what a restore changed in environments at which its snapshot did not look."""
    return [
        f"{path} was changed, and the snapshot did not look there"
        for path in sorted(start.files.keys() | after.files.keys())
        if start.files.get(path) != after.files.get(path) and any(path.startswith(f"{place}/") for place in places)
    ]
