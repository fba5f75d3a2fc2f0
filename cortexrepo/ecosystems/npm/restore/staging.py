"""The staging of a prefix: the packages as they will be, in a prefix of their own, where npm builds them.

It is on the file system of the prefix and inside its `lib`, where neither npm nor a collector looks.
"""

from __future__ import annotations

import os
import secrets
import shutil
from typing import TYPE_CHECKING

from cortexrepo.disk.removal import removed
from cortexrepo.disk.tree import sync
from cortexrepo.disk.treecopy import copy_tree
from cortexrepo.ecosystems.npm.nodemodules import read_tree
from cortexrepo.ecosystems.npm.places import chain, place
from cortexrepo.ecosystems.npm.tarballs.description import describe
from cortexrepo.ecosystems.npm.tarballs.tarball import unpack
from cortexrepo.errors import RestoreError
from cortexrepo.machine.live_files import LiveSystem
from cortexrepo.model import enumeration
from cortexrepo.model.content import unlike
from cortexrepo.model.package import LINK, NESTED, Package
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.ecosystems.npm.program import Npm

_MARK = "staged-"
_NAME = ".cortex-restore-"
_DESCRIPTION_LIMIT = 4 << 20
_NAMED = 3
MODULES = "node_modules"
"""So many packages that differ are named."""


class Origin(NamedTuple):
    """Where the files of a package come from.

    Attributes:
        tarball: A path.
        inner: The path of the package in it.
        scripts: Whether npm runs something when it is installed.
    """

    tarball: str
    inner: str
    scripts: bool


class Staging:
    """One staging of a prefix. What it is called is noted in the private directory before it is there."""

    def __init__(self, prefix: str, room: Room) -> None:
        """Makes a new one: `path`, a prefix without packages, and `stash`, an empty folder."""
        name = secrets.token_hex(8)
        os.mkdir(f"{room.staging}/{_MARK}{name}")
        sync(room.staging, os.O_DIRECTORY)
        self.path = f"{prefix}/lib/{_NAME}{name}"
        self.modules = f"{self.path}/lib/node_modules"
        self.stash = f"{self.path}/old"
        self._prefix = prefix
        self._room = room
        os.mkdir(self.path, 0o700)  # Root's copies are nobody's to read before they have their place.
        os.makedirs(self.modules)
        os.mkdir(self.stash)

    def fill(self, rows: Sequence[Package], origins: Mapping[str, Origin]) -> None:
        """Puts packages in: those with an origin from there, others as they are installed; links come last (`link`).

        Args:
            rows: All packages of the outermost ones concerned, outer ones first.
            origins: By place.
        """
        for row in rows:
            if row.flags & LINK:
                continue
            target = f"{self.modules}/{place(row)}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            if origin := origins.get(place(row)):
                unpack(origin.tarball, origin.inner, target)
            else:
                _copy(f"{self._prefix}/lib/node_modules/{place(row)}", target)

    def build(self, npm: Npm, origins: Mapping[str, Origin]) -> None:
        """Lets npm link commands and run the scripts of what is new, as it is configured to; RestoreError."""
        self._npm(npm, ["rebuild", "--ignore-scripts"])
        scripted = [f"{self.modules}/{where}" for where, origin in origins.items() if origin.scripts]
        if scripted:
            self._npm(npm, ["rebuild", "--", *scripted])
        target = f"{self.modules}/npm/npmrc"
        if "npm" in origins and (builtin := npm.builtin()) and not os.path.lexists(target):
            # As npm does when it replaces itself: no tarball has it, and it says where global packages go.
            shutil.copyfile(builtin, target)

    def link(self, rows: Iterable[Package]) -> None:
        """Makes the links to packages elsewhere, and links to their commands; what they lead to is left alone."""
        for row in rows:
            if not row.flags & LINK:
                continue
            target = f"{self.modules}/{place(row)}"
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.symlink(row.attribute("target"), target)
            # Read from where the link will be: what it says may be relative.
            folder = link_target(self._prefix, row)
            for name, file in bins_of(folder).items() if not row.flags & NESTED else ():
                if not os.path.lexists(f"{self.path}/bin/{name}"):
                    os.makedirs(f"{self.path}/bin", exist_ok=True)
                    os.symlink(f"../lib/node_modules/{row.name}/{file}", f"{self.path}/bin/{name}")

    def check(self, rows: Iterable[Package]) -> None:
        """Checks that what a collector would read of it is exactly `rows`; RestoreError names the first differences.

        Of a link only itself is compared: what it leads to is not in here.
        """
        found = read_tree(LiveSystem({}), self.modules)
        have, want = unlike(map(_comparable, found.packages), map(_comparable, rows))
        if not have and not want and not found.problems:
            return
        named = [f"{'/'.join(chain(row))} {row.version}".strip() for row in sorted({*have, *want})]
        different = enumeration.names(named, _NAMED) or ", ".join(found.problems)
        raise RestoreError(
            f"npm built something else than the plan: {different}; no package was changed in {self._prefix}"
        )

    def settle(self) -> None:
        """Makes everything in it durable."""
        os.sync()

    def _npm(self, npm: Npm, arguments: Sequence[str]) -> None:
        room = self._room
        finished = npm.run(room.machine, arguments, room.staging, into=self.path, told=room.told, lasting=True)
        if finished.code:
            last = next((line for line in reversed(finished.output.splitlines()) if line.strip()), "")
            untouched = f"no package was changed in {self._prefix}"
            raise RestoreError(
                f"`npm rebuild` failed with exit code {finished.code}; {untouched}: {last}".rstrip(": "),
                hint=f"the whole output of npm is in {os.path.dirname(room.staging)}/log",
            )


def noted(prefix: str, directory: str) -> dict[str, str]:
    """Returns every staging of a prefix that is noted in the private directory, and the path of its note."""
    names = [name.removeprefix(_MARK) for name in sorted(os.listdir(directory)) if name.startswith(_MARK)]
    return {f"{prefix}/lib/{_NAME}{name}": f"{directory}/{_MARK}{name}" for name in names}


def discard(prefix: str, directory: str) -> None:
    """Removes every staging of a prefix that is noted in the private directory.

    A note stays until the staging is gone: a script that outlives a kill may still write there.
    """
    for path, note in noted(prefix, directory).items():
        if removed(path):
            os.rmdir(note)


def link_target(prefix: str, row: Package) -> str:
    """Returns where the link of a row leads, seen from where it is or will be."""
    return os.path.normpath(
        os.path.join(prefix, "lib/node_modules", os.path.dirname(place(row)), row.attribute("target"))
    )


def bins_of(folder: str) -> dict[str, str]:
    """Returns the commands that the package in a folder says it brings."""
    raw = LiveSystem({}).head(f"{folder}/package.json", _DESCRIPTION_LIMIT)
    return describe(raw).bins if raw else {}


def _comparable(row: Package) -> Package:
    if not row.flags & LINK:
        return row
    kept = tuple(pair for pair in row.attributes if pair[0] in {"inside", "target"})
    return Package(row.name, "", "", row.flags & (LINK | NESTED), kept)


def _copy(source: str, target: str) -> None:
    """Copies a package's own files, without the packages inside it: those have rows of their own."""
    try:
        copy_tree(source, target, without=(MODULES,))
    except OSError as error:
        raise RestoreError(
            f"{error.filename or source} cannot be copied: {error.strerror}; the package itself was not changed"
        ) from error
