"""Large files under names that begin with two hexadecimal digits: written, read and checked in pieces, never edited.

A collector sets them aside before it removes them, as it does with objects. Who wants to rely on one that is there
already must look where it belongs and nowhere else: docs/protocol.md, part 8.
"""

from __future__ import annotations

import contextlib
import errno
import os
from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.disk.failure import confirming, failing, store_error
from cortexrepo.errors import CorruptError, StoreError
from cortexrepo.store.keys import ARTIFACTS, name_is_safe
from cortexrepo.store.local.ballast import Ballast
from cortexrepo.store.local.directories import ASIDE
from cortexrepo.store.local.quarantine import Quarantine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Protocol, TypeVar

    from cortexrepo.disk.filesystem import FileSystem

    T = TypeVar("T")

    class Place(Protocol):
        """See `LocalStore._place`."""

        def __call__(self, write: Callable[[str], int], put: Callable[[str], T]) -> T:
            """Takes a function that makes a file and holds it, and one that gives it its name."""
            ...


_FAN = 2
_DAMAGED = {errno.ELOOP, errno.EINVAL, errno.EISDIR, errno.ENXIO}


class LargeFiles:
    """The large files of one repository. Every method raises `StoreError` when the place fails it."""

    def __init__(self, location: str, files: FileSystem, claim: Callable[[str, str], None], place: Place) -> None:
        """Takes the directory and its file system.

        Args:
            location: The directory.
            files: The file system.
            claim: Gives a finished file a free name at one instant.
            place: Has a temporary file made, and its name given to it.
        """
        self._location = location
        self._files = files
        self._claim = claim
        self._place = place
        self._ballast = Ballast(location, files)
        self._quarantine = Quarantine(
            self._path(f"{ARTIFACTS}/{ASIDE}"), files, self._ballast, lambda name: self._path(_home(name))
        )
        self._made: set[str] = set()

    # -- reading

    def is_empty(self) -> bool:
        """Returns whether nothing was ever kept."""
        return not self._is_directory(ARTIFACTS)

    def fans(self) -> list[str]:
        """Returns the directories that files are in, sorted; a link to one is none: nothing behind it is ours."""
        if self.is_empty():
            return []
        found = (name for name in sorted(self._names(ARTIFACTS)) if name != ASIDE)
        return [name for name in found if self._is_directory(f"{ARTIFACTS}/{name}")]

    def names(self, fan: str) -> list[str]:
        """Returns the names below a beginning, without those that a collector has set aside."""
        return self._names(f"{ARTIFACTS}/{fan}")

    def aside(self) -> list[str]:
        """Returns the names of those that a collector has set aside."""
        return self._names(f"{ARTIFACTS}/{ASIDE}")

    def size(self, name: str) -> int | None:
        """Returns how many bytes a file has, wherever it is, or None when it is not there."""
        for key in _places(name):
            with failing(self._location, "examine", key):
                info = self._files.info(self._path(key))
            if info is not None:
                return info.size
        return None

    def part(self, name: str, offset: int, size: int) -> bytes | None:
        """Returns a part of a file, wherever it is; None when it is not there; CorruptError when it is no file."""
        for key in _places(name):
            try:
                return self._files.read_part(self._path(key), offset, size)
            except FileNotFoundError:
                continue
            except OSError as error:
                if error.errno in _DAMAGED:
                    raise CorruptError(f"{key}: {error.strerror}") from error
                raise store_error(self._location, "read", key, error) from error
        return None

    def export(self, pieces: Iterable[bytes], path: str) -> None:
        """Writes pieces to a new file outside; whatever they raise is raised, and nothing is left of the file."""
        try:
            self._files.release(self._files.write_pieces(path, pieces))
        except OSError as error:
            raise StoreError(
                f"cannot write {path}: {error.strerror or error}",
                hint=f"check the directory: `df {os.path.dirname(path)}`, `ls -ld {os.path.dirname(path)}`",
            ) from error

    # -- writing

    def put(self, pieces: Callable[[], Iterable[bytes]], name: Callable[[], str]) -> bool:
        """Stores a file under a free name; False when it is taken. Durable when it returns, whoever put it.

        Nothing but a whole file ever has a name. Whatever `pieces` raises is raised.

        Args:
            pieces: Begins to read the content; may be called again.
            name: Is asked for the name once all of the content was read.
        """
        with failing(self._location, "keep a file in", ARTIFACTS):
            return self._place(
                lambda temporary: self._files.write_pieces(temporary, pieces()),
                lambda temporary: self._publish(temporary, name()),
            )

    def _publish(self, temporary: str, name: str) -> bool:
        key = _home(name)
        try:
            if key.rpartition("/")[0] not in self._made:
                self._directory(key.rpartition("/")[0])
            self._claim(temporary, self._path(key))
        except FileExistsError:
            self.confirm([name])
            return False
        except FileNotFoundError:
            raise
        except OSError as error:
            raise store_error(self._location, "keep", key, error) from error
        self.confirm([name])
        return True

    def confirm(self, names: Iterable[str]) -> None:
        """Makes it durable that these are there: who put them may not have come so far."""
        for directory in sorted({_home(name).rpartition("/")[0] for name in names}):
            with confirming(self._location, directory):
                self._files.sync_directory(self._path(directory))
                if directory not in self._made:
                    self._files.sync_directory(self._path(ARTIFACTS))
                    self._files.sync_directory(self._location)
                    self._made.add(directory)

    def replace(self, name: str, pieces: Callable[[], Iterable[bytes]]) -> None:
        """Puts a good copy in the place of a damaged file, at one instant; the caller excludes collectors."""
        with failing(self._location, "replace", _home(name)):
            self._place(
                lambda temporary: self._files.write_pieces(temporary, pieces()),
                lambda temporary: self._files.rename(temporary, self._path(_home(name))),
            )
        self.confirm([name])

    def remove(self, name: str) -> bool:
        """See `Large.remove`."""
        was_there = True
        with failing(self._location, "remove", _home(name)):
            try:
                self._files.unlink(self._path(_home(name)))
            except FileNotFoundError:
                was_there = False
        if was_there:
            self.confirm([name])
        return was_there

    # -- what only a collector does

    def put_back_leftovers(self) -> int:
        """Puts back what a collector that died had set aside, and returns how many files that were."""
        names = self.aside()
        self.put_back(names)
        return len(names)

    def set_aside(self, names: Iterable[str]) -> list[str]:
        """Moves files to where readers look second, durably, and returns those that were there."""
        found = list(names)
        with failing(self._location, "move files in", ARTIFACTS):
            self._ballast.with_room(partial(self._directory, f"{ARTIFACTS}/{ASIDE}"))
            # Before anything is moved into it: else a power cut may keep the move and not the directory.
            self._files.sync_directory(self._path(ARTIFACTS))
            self._quarantine.set_aside(found, lambda name: self._files.unlink(self._path(_home(name))))
        there = set(self.aside())
        return [name for name in found if name in there]

    def put_back(self, names: Iterable[str]) -> None:
        """Moves files back to where they belong, durably, before they leave where they were set aside."""
        with failing(self._location, "put back files in", ARTIFACTS):
            self._quarantine.put_back(names)

    def discard(self, names: Iterable[str]) -> None:
        """Removes files that were set aside."""
        with failing(self._location, "remove files from", ARTIFACTS):
            self._quarantine.discard(names)

    # -- steps

    def _directory(self, key: str) -> None:
        """Makes a directory below that of the artifacts, and that one; refuses what is no directory.

        A collector would clean up wherever a link points to.
        """
        for path in (ARTIFACTS, key):
            with contextlib.suppress(FileExistsError):
                if self._files.info(self._path(path)) is None:
                    self._files.make_directory(self._path(path))
            self._check(path)

    def _check(self, key: str) -> bool:
        info = self._files.info(self._path(key))
        if info is not None and info.kind != "directory":
            raise StoreError(
                f"{self._location}/{key} is not a directory",
                hint="move it away: a directory of a repository cannot be a link",
            )
        return info is not None

    def _is_directory(self, key: str) -> bool:
        with failing(self._location, "examine", key):
            info = self._files.info(self._path(key))
        return info is not None and info.kind == "directory"

    def _names(self, key: str) -> list[str]:
        with failing(self._location, "list", key):
            for path in dict.fromkeys((ARTIFACTS, key)):
                if not self._check(path):
                    return []
            try:
                return [name for name in self._files.names(self._path(key)) if name_is_safe(name)]
            except FileNotFoundError:
                return []

    def _path(self, key: str) -> str:
        return f"{self._location}/{key}"


def _home(name: str) -> str:
    return f"{ARTIFACTS}/{name[:_FAN]}/{name}"


def _aside(name: str) -> str:
    return f"{ARTIFACTS}/{ASIDE}/{name}"


def _places(name: str) -> Iterator[str]:
    """Yields where a file may be; it may move while one looks, so where it belongs comes twice."""
    return iter((_home(name), _aside(name), _home(name)))
