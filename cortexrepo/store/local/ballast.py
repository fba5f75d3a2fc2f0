"""Room in reserve: a file that is given up when the disk is full, so that what frees room can be done there."""

from __future__ import annotations

import contextlib
import os
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from cortexrepo.disk.failure import FULL
from cortexrepo.store.local.directories import BALLAST, BALLAST_SIZE, TEMPORARY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cortexrepo.disk.filesystem import FileSystem

T = TypeVar("T")
_STEP = 1 << 12


class Ballast:
    """The reserve of one repository."""

    def __init__(self, location: str, files: FileSystem) -> None:
        """Takes the repository's directory and its file system."""
        self.is_given_up = False
        self._location = location
        self._files = files
        self._path = f"{location}/{BALLAST}"

    def make(self) -> None:
        """Makes it; FileExistsError where it is there."""
        self._write(self._path, BALLAST_SIZE)

    def with_room(self, step: Callable[[], T], *, leave: int = 0) -> T:
        """Does a step that may need room; on a full disk again, with the room of the ballast.

        Args:
            step: What to do; it raises OSError and has then changed nothing.
            leave: A ballast of so many bytes or less is not touched.
        """
        try:
            return step()
        except OSError as error:
            found = self._files.info(self._path) if error.errno in FULL else None
            if found is None or found.size <= leave:
                raise
        self._files.unlink(self._path)
        self.is_given_up = True
        # Freed blocks can be had only once that is on disk.
        self._files.sync_directory(self._location)
        return step()

    @contextlib.contextmanager
    def halved(self) -> Iterator[Callable[[Callable[[], T]], T]]:
        """Yields `with_room` for a step that may have half of the ballast, and puts back what was given up.

        The other half stays for the collector, which frees room for good.
        """
        yield partial(self.with_room, leave=BALLAST_SIZE // 2)
        if self.is_given_up:
            self.restore()

    def restore(self) -> None:
        """Puts back what was given up, or as much as there is room for; never raises, for nothing depends on it.

        One that is larger, as other versions made it, is replaced where there is room for both.
        """
        with contextlib.suppress(OSError):
            found = self._files.info(self._path)
            size = 0 if found is None else found.size
            least = BALLAST_SIZE - _STEP if size > BALLAST_SIZE else size
            for wanted in range(BALLAST_SIZE, least, -_STEP):
                if self._replace(wanted):
                    return

    def _replace(self, size: int) -> bool:
        """Has a file of that size take the place of the one that is there, if any; False where it does not fit."""
        temporary = f"{self._location}/{TEMPORARY}/{os.urandom(16).hex()}"
        try:
            with contextlib.suppress(FileExistsError):
                self._files.make_directory(f"{self._location}/{TEMPORARY}")
            self._write(temporary, size)
        except OSError as error:
            if error.errno not in FULL:
                raise
            return False
        self._files.rename(temporary, self._path)
        return True

    def _write(self, path: str, size: int) -> None:
        # Random bytes: no file system can store them in less.
        self._files.write_new(path, os.urandom(size))
