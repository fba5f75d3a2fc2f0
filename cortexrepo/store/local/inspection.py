"""What `verify` sees and `repair` keeps aside: the files of a repository as files, whatever they are."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from cortexrepo.disk.failure import NO_LINK, failing
from cortexrepo.model.problem import OWNER, PERMISSIONS, STRAY
from cortexrepo.store.keys import ARTIFACTS, PINS, name_is_safe
from cortexrepo.store.local.directories import (
    BALLAST,
    BESIDE,
    COLLECTOR_LOCK,
    DROPPED,
    LOCK,
    OWN,
    QUARANTINE,
    TELLING,
    TEMPORARY,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.disk.filesystem import FileSystem, Info
    from cortexrepo.store.keys import Shape

_DEEPEST = 3
_OTHERS = 0o077
_NO_NAME = "no file of a repository has such a name"
_FILES = (BALLAST, COLLECTOR_LOCK, LOCK)


class Inspection:
    """A repository's directory. Every method raises `StoreError` when the place fails it."""

    def __init__(self, location: str, files: FileSystem) -> None:
        """Takes the directory and its file system."""
        self._location = location
        self._files = files

    def owner(self) -> int:
        """Returns the numeric id of the repository's owner."""
        with failing(self._location, "examine", "."):
            info = self._files.info(self._location)
        return -1 if info is None else info.owner

    def walk(self, below: str = "", depth: int = 1) -> Iterator[tuple[str, Info]]:
        """Yields the path of everything in the repository, and what it is; no link is followed."""
        directory = f"{self._location}/{below}".rstrip("/")
        with failing(self._location, "list", below or "."):
            try:
                names = sorted(self._files.names(directory))
            except FileNotFoundError:
                if not below:
                    raise
                names = []  # a collector has removed its quarantine
        for name in names:
            path = f"{below}/{name}".lstrip("/")
            with failing(self._location, "examine", path):
                info = self._files.info(f"{directory}/{name}")
            if info is None:
                continue  # gone meanwhile
            yield path, info
            if info.kind == "directory" and depth < _DEEPEST:
                yield from self.walk(path, depth + 1)

    def is_abandoned(self, key: str) -> bool:
        """Returns whether a pin or temporary file is there and its writer is gone."""
        with failing(self._location, "examine", key), contextlib.suppress(FileNotFoundError):
            return self._files.abandoned(f"{self._location}/{key}")
        return False

    def oddities(self, shape: Shape) -> Iterator[tuple[str, str, str]]:
        """See `Inspecting.oddities`: strangers, what is of the wrong kind, another user's, or open to others."""
        owner = self.owner()
        ours = frozenset((*shape.prefixes, *OWN, BESIDE, *_FILES, shape.config, ARTIFACTS, *shape.later))
        read = frozenset((*shape.prefixes, ARTIFACTS, QUARANTINE))
        own = self._files.info(self._location)
        if own is not None and own.mode & _OTHERS:
            yield PERMISSIONS, ".", f"the mode of the repository is {own.mode:04o}: other users have access"
        for path, info in self.walk():
            top = path.partition("/")[0]
            shown = path.encode(errors="backslashreplace").decode()
            if top not in ours:
                if path == top:
                    yield STRAY, shown, "the name is not the name of a file of a repository"
            elif top in read and not name_is_safe(path.rpartition("/")[2]):
                yield from () if _is_telling(path, top) else ((STRAY, shown, _NO_NAME),)
            elif info.kind == "other":
                yield STRAY, shown, "the entry is neither a file nor a directory"
            elif _is_misplaced(path, top, info.kind, shape):
                yield STRAY, shown, f"a {info.kind} in this place is not part of a repository"
            elif info.mode & _OTHERS:
                yield PERMISSIONS, shown, f"the mode is {info.mode:04o}: other users have access"
            elif info.owner != owner:
                yield OWNER, shown, f"the file belongs to user {info.owner}, and the repository to user {owner}"

    def absent(self, shape: Shape) -> list[str]:
        """See `Inspecting.absent`."""
        with failing(self._location, "examine", "."):
            wanted = (name for name in shape.prefixes if name not in DROPPED)
            return [name for name in wanted if self._files.info(f"{self._location}/{name}") is None]

    def leftovers(self) -> int:
        """See `Inspecting.leftovers`."""
        with failing(self._location, "examine", BESIDE):
            count = 0 if self._files.info(f"{self._location}/{BESIDE}") is None else 1
        for directory in (PINS, TEMPORARY):
            count += sum(self.is_abandoned(f"{directory}/{name}") for name in self._safe(directory))
        return count + len(self._safe(QUARANTINE))

    def _safe(self, directory: str) -> list[str]:
        with failing(self._location, "list", directory):
            try:
                names = self._files.names(f"{self._location}/{directory}")
            except FileNotFoundError:
                return []
        return [name for name in names if name_is_safe(name)]

    def keep_aside(self, key: str, prefix: str) -> None:
        """Gives a file a second name in a directory of the repository, durably; where there are no links, moves it."""
        source = f"{self._location}/{key}"
        target = f"{self._location}/{prefix}/{key.replace('/', '.')}.{os.urandom(4).hex()}"
        with failing(self._location, "keep a copy of", key):
            with contextlib.suppress(FileExistsError):
                self._files.make_directory(f"{self._location}/{prefix}")
                self._files.sync_directory(self._location)
            try:
                self._files.link(source, target)
            except OSError as error:
                if error.errno not in NO_LINK:
                    raise
                self._files.rename(source, target)
            self._files.sync_directory(f"{self._location}/{prefix}")


def _is_telling(path: str, top: str) -> bool:
    """Returns whether whoever reads the directory names a file in it, whatever its name."""
    return top in TELLING and path.count("/") == 1


def _is_misplaced(path: str, top: str, kind: str, shape: Shape) -> bool:
    """Returns whether it is a directory instead of a file, or the reverse; what is read by name is named by reading."""
    depth = path.count("/")
    flat = {PINS, TEMPORARY, BESIDE, *shape.flat}
    if path in {*_FILES, shape.config} or (top in flat and depth) or (top in {QUARANTINE, ARTIFACTS} and depth > 1):
        return kind == "directory"
    return kind == "file" and (path == top or (top in {QUARANTINE, ARTIFACTS} and depth == 1))
