"""What only a garbage collector does to a store, step by step. The order of the steps is the caller's: `repository.gc`.

An object is never removed from where readers look: it is set aside first, where they look too, and removed from there
once it is certain that nothing needs it.
"""

from __future__ import annotations

import contextlib
import errno
import os
from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.disk.failure import failing
from cortexrepo.store.keys import PINS, name_is_safe
from cortexrepo.store.local.ballast import Ballast
from cortexrepo.store.local.directories import QUARANTINE, TEMPORARY, aside_key, aside_name
from cortexrepo.store.local.placing import Placing
from cortexrepo.store.local.quarantine import Quarantine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from contextlib import AbstractContextManager

    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.store.base import Intact

_DIGITS = 64
_LIMIT = 1 << 25
"""No object's file is larger, in bytes."""

_STAYING = {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.ENOENT, errno.EBUSY}
"""A directory in which something is, what is none, one that is gone, and one that something is mounted on."""


class Collection:
    """One run of a collector. Every method raises `StoreError` when the place fails it."""

    def __init__(self, location: str, files: FileSystem, renaming: Callable[[], AbstractContextManager[None]]) -> None:
        """Takes the directory, its file system, and the lock that keeps listers out while names change.

        Only `LocalStore.collecting` makes one, under the lock that excludes other collectors.
        """
        self.renaming = renaming
        self._location = location
        self._files = files
        self._ballast = Ballast(location, files)
        self._placing = Placing(location, files, rename=False)
        self._run = f"{QUARANTINE}/{os.urandom(16).hex()}"
        self._quarantine = self._in(self._run)
        self._made = False

    # -- what the dead left

    def restore_leftovers(self) -> int:
        """Puts back what collectors that died had set aside, and returns how many objects that were."""
        count = 0
        with failing(self._location, "put back", QUARANTINE):
            for run in self._names(QUARANTINE):
                directory = f"{QUARANTINE}/{run}"
                info = self._files.info(self._path(directory))
                # A link to a directory is not ours either: `verify` names it.
                if info is not None and info.kind == "directory":
                    names = self._objects_in(directory)
                    self._in(directory).put_back(names)
                    self._remove_run(directory)
                    count += len(names)
        return count

    def drop_abandoned(self) -> int:
        """Removes the pins and temporary files of writers that are gone, and returns how many."""
        count = 0
        for directory in (PINS, TEMPORARY):
            with failing(self._location, "clean", directory):
                names = self._names(directory)
            for key in (f"{directory}/{name}" for name in names):
                with failing(self._location, "remove", key), contextlib.suppress(FileNotFoundError):
                    if self._files.abandoned(self._path(key)):
                        self._files.unlink(self._path(key))
                        count += 1
        return count

    # -- names

    def rename(self, key: str, name: str) -> bool:
        """Moves a key to another name in its directory at one instant; False when it is not there."""
        source, target = self._path(key), self._path(f"{key.rpartition('/')[0]}/{name}")
        with failing(self._location, "rename", key):
            try:
                # Where the directory's blocks are full the new name needs another one, before the old one goes.
                self._ballast.with_room(partial(self._files.rename, source, target))
            except FileNotFoundError:
                return False
        return True

    def remove(self, keys: Iterable[str]) -> None:
        """Removes keys; those that are not there are passed over. Durable after `settle`."""
        for key in keys:
            with failing(self._location, "remove", key), contextlib.suppress(FileNotFoundError):
                self._files.unlink(self._path(key))

    def replace(self, key: str, data: bytes) -> None:
        """Stores a value in the place of the one before, durably."""
        path = self._path(key)
        directory = path.rpartition("/")[0]
        with failing(self._location, "write", key):
            self._ballast.with_room(partial(self._placing.replace, directory, path, data))
            self._files.sync_directory(directory)

    def make(self, directory: str) -> None:
        """Makes a directory of the repository, durably, where a copy of it has none."""
        with failing(self._location, "make", directory):
            if self._files.info(self._path(directory)) is None:
                self._files.make_directory(self._path(directory))
            # Whoever made it may have died before this.
            self._files.sync_directory(self._location)

    def settle(self, prefix: str) -> None:
        """Makes what was removed and renamed directly below `prefix` durable, if it is there; "" is the repository."""
        with failing(self._location, "sync", prefix or "the directory"), contextlib.suppress(FileNotFoundError):
            self._files.sync_directory(self._path(prefix) if prefix else self._location)

    def drop_empty(self, prefix: str) -> None:
        """Removes the directories below `prefix` in which nothing is; a writer that needs one makes it again.

        No object is lost: rmdir(2) refuses a directory in which something is, and acts at one instant. A writer that
        has made a directory and does not find it any more has put nothing into it yet.
        """
        with failing(self._location, "clean", prefix):
            for name in sorted(self._files.names(self._path(prefix))):
                try:
                    self._files.remove_directory(self._path(f"{prefix}/{name}"))
                except OSError as error:
                    if error.errno not in _STAYING:
                        raise

    # -- objects

    def set_aside(self, keys: Iterable[str], intact: Intact) -> None:
        """Moves objects into this run's quarantine; there is always one name left."""
        with failing(self._location, "move objects to", QUARANTINE):
            self._ballast.with_room(self._make_run)
            self._quarantine.set_aside(map(aside_name, keys), lambda name: self._leave(aside_key(name), intact))

    def put_back(self, keys: Iterable[str]) -> None:
        """Moves objects out of this run's quarantine, durably, before they leave it."""
        with failing(self._location, "put back objects from", QUARANTINE):
            self._quarantine.put_back(map(aside_name, keys))

    def discard_aside(self) -> int:
        """Removes what is left in this run's quarantine, and returns how many objects that were."""
        with failing(self._location, "remove objects from", QUARANTINE):
            names = self._objects_in(self._run) if self._made else []
            self._quarantine.discard(names)
        return len(names)

    def finish(self) -> None:
        """Removes the quarantine of this run, and puts the ballast back that a full disk took."""
        with failing(self._location, "remove", self._run):
            if self._made:
                self._remove_run(self._run)
        self._ballast.restore()

    # -- steps

    def _names(self, directory: str) -> list[str]:
        try:
            return self._files.names(self._path(directory))
        except FileNotFoundError:
            return []  # a copy of a repository may lack what is empty

    def _make_run(self) -> None:
        if not self._made:
            self._placing.furnish(QUARANTINE)
            self._files.make_directory(self._path(self._run))
            self._made = True
            # Before anything is moved into it: else a power cut may keep the move and not the directory.
            self._files.sync_directory(self._path(QUARANTINE))

    def _leave(self, key: str, intact: Intact) -> None:
        """Takes away the name in `objects/` of what was linked aside, if that is intact.

        A writer replaces what is damaged, so that it may be another file by now: an intact one, which must not go while
        the damaged one stays. A rename moves whichever it is.
        """
        aside = self._path(f"{self._run}/{aside_name(key)}")
        if self._is_intact(key, aside, intact):
            self._files.unlink(self._path(key))
            return
        # Renaming one name of a file to another one of it does nothing.
        self._files.unlink(aside)
        self._files.rename(self._path(key), aside)

    def _is_intact(self, key: str, path: str, intact: Intact) -> bool:
        try:
            return intact(key, self._files.read(path, _LIMIT))
        except FileNotFoundError:
            raise
        except OSError:
            return False

    def _remove_run(self, directory: str) -> None:
        try:
            self._files.remove_directory(self._path(directory))
        except OSError as error:
            # What is in there is no object: not ours to remove, and `verify` names it.
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise

    def _objects_in(self, directory: str) -> list[str]:
        names = self._files.names(self._path(directory))
        return [name for name in names if len(name) == _DIGITS and name_is_safe(name)]

    def _in(self, directory: str) -> Quarantine:
        return Quarantine(self._path(directory), self._files, self._ballast, lambda name: self._path(aside_key(name)))

    def _path(self, key: str) -> str:
        return f"{self._location}/{key}"
