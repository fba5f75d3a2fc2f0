"""What `verify` sees and `repair` keeps aside: the files of a repository as files, whatever they are."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from cortexrepo.disk.failure import NO_LINK, failing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.disk.filesystem import FileSystem, Info

_DEEPEST = 3


class Inspection:
    """A repository's directory. Every method raises `StoreError` when the place fails it."""

    def __init__(self, location: str, files: FileSystem) -> None:
        """Takes the directory and its file system."""
        self._location = location
        self._files = files

    def owner(self) -> int:
        """Returns the numeric id of the repository's owner."""
        with failing(self._location, "look at", "."):
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
            with failing(self._location, "look at", path):
                info = self._files.info(f"{directory}/{name}")
            if info is None:
                continue  # gone meanwhile
            yield path, info
            if info.kind == "directory" and depth < _DEEPEST:
                yield from self.walk(path, depth + 1)

    def is_abandoned(self, key: str) -> bool:
        """Returns whether a pin or temporary file is there and its writer is gone."""
        with failing(self._location, "look at", key), contextlib.suppress(FileNotFoundError):
            return self._files.abandoned(f"{self._location}/{key}")
        return False

    def keep_aside(self, key: str, directory: str) -> None:
        """Gives a file a second name in a directory of the repository, durably; where there are no links, moves it."""
        source = f"{self._location}/{key}"
        target = f"{self._location}/{directory}/{key.replace('/', '.')}.{os.urandom(4).hex()}"
        with failing(self._location, "keep aside", key):
            with contextlib.suppress(FileExistsError):
                self._files.make_directory(f"{self._location}/{directory}")
                self._files.sync_directory(self._location)
            try:
                self._files.link(source, target)
            except OSError as error:
                if error.errno not in NO_LINK:
                    raise
                self._files.rename(source, target)
            self._files.sync_directory(f"{self._location}/{directory}")
