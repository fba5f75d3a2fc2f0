"""How a file gets its name in a store's directory: finished, fsynced, and at one instant."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from cortexrepo.store.local.directories import NEVER_MADE_AGAIN, PASSING, TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    from cortexrepo.disk.filesystem import FileSystem

    T = TypeVar("T")

ATTEMPTS = 8
"""So often a collector may take a writer's file away before the writer gives up."""


class Placing:
    """Files of one store's directory that are being written."""

    def __init__(self, location: str, files: FileSystem, *, rename: bool) -> None:
        """Takes the directory; `rename`: names are given by RENAME_NOREPLACE, for the file system has no links."""
        self.location = location
        self.files = files
        self.renames = rename

    def temporary(self) -> str:
        """Returns a new path for a file that is being written."""
        return f"{self.location}/{TEMPORARY}/{os.urandom(16).hex()}"

    @contextlib.contextmanager
    def held(self, temporary: str, held: int) -> Iterator[None]:
        """Holds a finished temporary file, so that no collector takes it for a dead writer's; removes it in the end."""
        try:
            yield
        finally:
            self.discard(temporary)
            # Nothing is lost by a close that fails: the file was fsynced, and what was published stays published.
            with contextlib.suppress(OSError):
                self.files.release(held)

    def write(self, temporary: str, data: bytes) -> int:
        """Makes a temporary file, and the directory for it where there is none; returns the lock."""
        return self._written(lambda path: self.files.write_held(path, data), temporary)

    def _written(self, write: Callable[[str], int], temporary: str) -> int:
        for _ in range(ATTEMPTS):
            try:
                return write(temporary)
            except FileNotFoundError as error:
                if error.filename != temporary:
                    raise  # what is to be written is missing
                # A collector removes the directory where it is empty; another writer may have made it again by now.
                self.furnish(TEMPORARY)
        return write(temporary)

    def furnish(self, name: str) -> None:
        """Makes a directory of the repository if it is not there; durably, if anything in it has to last."""
        if self.files.info(f"{self.location}/{name}") is None:
            with contextlib.suppress(FileExistsError):
                self.files.make_directory(f"{self.location}/{name}")
            if name not in PASSING:
                self.files.sync_directory(self.location)

    def place(self, write: Callable[[str], int], put: Callable[[str], T]) -> T:
        """Has `write` make a temporary file and `put` give it its name; returns what that returns.

        Between its making and its locking a collector may take the file for a dead writer's; then it is written again.
        """
        for attempt in range(1, ATTEMPTS + 1):
            temporary = self.temporary()
            with self.held(temporary, self._written(write, temporary)):
                try:
                    return put(temporary)
                except FileNotFoundError:
                    if attempt == ATTEMPTS:
                        raise
        raise AssertionError  # pragma: no cover -- the last attempt returns or raises

    def put_data(self, data: bytes, put: Callable[[str], None]) -> None:
        """Has `put` give a new file with these bytes its name."""
        self.place(lambda temporary: self.files.write_held(temporary, data), put)

    def put_new(self, path: str, data: bytes) -> None:
        """Makes a file under a free name; raises FileExistsError."""
        directory = path.removeprefix(f"{self.location}/").partition("/")[0]

        def put(temporary: str) -> None:
            if directory not in NEVER_MADE_AGAIN:
                self.furnish(directory)
            self.claim(temporary, path)

        self.put_data(data, put)

    def replace(self, directory: str, path: str, data: bytes) -> None:
        """Puts a file in place, over nothing or over another one, and makes its directory where there is none.

        A collector removes directories that are empty. It may do so between the two calls: then both come again.
        """
        is_made = directory.removeprefix(f"{self.location}/") not in NEVER_MADE_AGAIN

        def put(temporary: str) -> None:
            with contextlib.suppress(FileExistsError):
                if is_made and self.files.info(directory) is None:
                    self.files.make_directory(directory)
            self.files.rename(temporary, path)

        self.put_data(data, put)

    def claim(self, source: str, target: str) -> None:
        """Gives a finished file its final name if that is free: the instant at which it exists."""
        if self.renames:
            self.files.rename_new(source, target)
        else:
            self.files.link(source, target)

    def discard(self, path: str) -> None:
        """Removes a file that is needed no more."""
        # What is left behind by a failure here is garbage that a collector removes; the result stands all the same.
        with contextlib.suppress(OSError):
            self.files.unlink(path)
