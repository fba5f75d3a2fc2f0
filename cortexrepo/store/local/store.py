"""A store in a directory: every protocol step that touches the disk, in its order.

The order is the guarantee (docs/design.md, "Write order"). It is checked by a model checker together with the garbage
collector (tests/faults/protocol); no step may be moved without checking it again.
"""

from __future__ import annotations

import contextlib
import errno
import os
from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.disk.failure import confirming, failing, store_error
from cortexrepo.errors import CorruptError, StoreError
from cortexrepo.store.keys import PINS, name_is_safe
from cortexrepo.store.local.directories import QUARANTINE, TEMPORARY, aside_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager
    from typing import TypeVar

    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.store.base import Intact
    from cortexrepo.store.local.collection import Collection
    from cortexrepo.store.local.inspection import Inspection
    from cortexrepo.store.local.large import LargeFiles
    from cortexrepo.store.local.locking import Locks

    T = TypeVar("T")

_ATTEMPTS = 8
_LOOKS = 3


class LocalStore:
    """A directory on one machine. Holds no open file between calls; safe to use from several threads and processes."""

    def __init__(self, location: str, files: FileSystem, *, rename: bool = False) -> None:
        """Takes a directory that a `LocalSite` made; `rename`: publish by RENAME_NOREPLACE where there are no links."""
        self.location = location
        self._files = files
        self._rename = rename

    def path(self, key: str) -> str:
        """Returns where a key's bytes are; ValueError for a key with an unsafe component."""
        if not all(name_is_safe(part) for part in key.split("/")):
            raise ValueError(f"not a key: {key!r}")
        return f"{self.location}/{key}"

    def get(self, key: str, limit: int) -> bytes | None:
        """See `Store.get`. A key that a collector has set aside is found there.

        A collector may move it while this looks, so it looks in both places again; once would not do.
        """
        if not key.startswith("objects/"):
            return self._read(key, limit)
        for _ in range(_LOOKS):
            data = self._read(key, limit)
            for place in self._quarantined(key) if data is None else ():
                data = self._read(place, limit) if data is None else data
            if data is not None:
                return data
        return None

    def _read(self, key: str, limit: int) -> bytes | None:
        try:
            return self._files.read(self.path(key), limit)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.EINVAL, errno.EFBIG, errno.EISDIR, errno.ENXIO}:
                raise CorruptError(f"{key}: {error.strerror}") from error
            raise store_error(self.location, "read", key, error) from error

    def _quarantined(self, key: str) -> list[str]:
        try:
            runs = self._files.names(f"{self.location}/{QUARANTINE}")
        except OSError:
            return []
        return [f"{QUARANTINE}/{run}/{aside_name(key)}" for run in runs if name_is_safe(run)]

    def names(self, prefix: str) -> list[str]:
        """See `Store.names`."""
        with failing(self.location, "list", prefix):
            try:
                return [name for name in self._files.names(self.path(prefix)) if name_is_safe(name)]
            except FileNotFoundError:
                return []

    def size(self, key: str) -> int:
        """See `Store.size`."""
        with failing(self.location, "examine", key):
            return 0 if (info := self._files.info(self.path(key))) is None else info.size

    # -- writing

    def put_new(self, key: str, data: bytes) -> bool:
        """See `Store.put_new`: a temporary file, fsynced, then published under its name; the directory fsynced."""
        return self._put_new(key, partial(self._new, key, data))

    def put_mark(self, key: str, data: bytes) -> bool:
        """See `Store.put_mark`: as `put_new`, on a full disk with the room of half the ballast."""
        from cortexrepo.store.local.ballast import Ballast  # only deleting may do that

        with Ballast(self.location, self._files).halved() as with_room:
            return self._put_new(key, partial(with_room, partial(self._new, key, data)))

    def _put_new(self, key: str, put: Callable[[], None]) -> bool:
        is_new = True
        with failing(self.location, "write", key):
            try:
                put()
            except FileExistsError:
                is_new = False
        # Also where another one put it: it may not have come to its sync, and may say so nowhere any more.
        self._confirm(key)
        return is_new

    def publish(self, key: str, data: bytes, parts: Mapping[str, bytes], intact: Intact) -> bool:
        """See `Store.publish`: pin first, then parts, then the link that makes it visible."""
        for _ in range(_ATTEMPTS):
            with contextlib.suppress(_PinLostError):
                return self._publish(key, data, parts, intact)
        raise StoreError(
            f"{self.location}: `cortex snapshot gc` removed new files of this command {_ATTEMPTS} times",
            hint="run the command again when `gc` has ended; if it fails again, check the locks of the file system",
        )

    def _publish(self, key: str, data: bytes, parts: Mapping[str, bytes], intact: Intact) -> bool:
        with failing(self.location, "write", key), self._pinned(data) as pin:
            self._put_parts(parts, intact)
            try:
                self._claim(pin, self.path(key))
            except FileExistsError:
                return False
            except FileNotFoundError:
                # The fence: a collector judged this writer dead, and may have removed parts. Start again.
                raise _PinLostError from None
            self._confirm(key)
        return True

    @contextlib.contextmanager
    def _pinned(self, data: bytes) -> Iterator[str]:
        """Holds a complete copy of the ref under `pins/`: from here on a collector spares everything it names."""
        temporary = self._temporary()
        pin = f"{self.location}/{PINS}/{temporary.rpartition('/')[2]}"
        with self._held(temporary, self._files.write_held(temporary, data)):
            try:
                self._files.rename(temporary, pin)
            except FileNotFoundError:
                raise _PinLostError from None
            try:
                yield pin
            finally:
                self._discard(pin)

    @contextlib.contextmanager
    def _held(self, temporary: str, held: int) -> Iterator[None]:
        """Holds a finished temporary file, so that no collector takes it for a dead writer's; removes it in the end."""
        try:
            yield
        finally:
            self._discard(temporary)
            # Nothing is lost by a close that fails: the file was fsynced, and what was published stays published.
            with contextlib.suppress(OSError):
                self._files.release(held)

    def _new(self, key: str, data: bytes) -> None:
        self._put_data(data, lambda temporary: self._claim(temporary, self.path(key)))

    def _put_data(self, data: bytes, put: Callable[[str], None]) -> None:
        self._place(lambda temporary: self._files.write_held(temporary, data), put)

    def _place(self, write: Callable[[str], int], put: Callable[[str], T]) -> T:
        """Has `write` make a temporary file and `put` give it its name; returns what that returns.

        Between its making and its locking a collector may take the file for a dead writer's; then it is written again.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            temporary = self._temporary()
            with self._held(temporary, write(temporary)):
                try:
                    return put(temporary)
                except FileNotFoundError:
                    if attempt == _ATTEMPTS:
                        raise
        raise AssertionError  # pragma: no cover -- the last attempt returns or raises

    def _put_parts(self, parts: Mapping[str, bytes], intact: Intact) -> None:
        directories = {self.path(key).rpartition("/")[0] for key in parts}
        for key, data in parts.items():
            if not self._holds(key, len(data), intact):
                self._replace(self.path(key).rpartition("/")[0], self.path(key), data)
        # Skipped parts too: the writer that put them may not have come to this line yet. A directory that is gone was
        # empty when a collector removed it: what had been there is in a pack, durably.
        for directory in sorted(directories):
            with contextlib.suppress(FileNotFoundError):
                self._files.sync_directory(directory)
        # The maker of this repository may not have come to its last step either.
        for parent in (*sorted({directory.rpartition("/")[0] for directory in directories}), self.location):
            self._files.sync_directory(parent)

    def _holds(self, key: str, size: int, intact: Intact) -> bool:
        try:
            stored = self._files.read(self.path(key), max(4 * size, 1 << 21))
        except OSError:
            return False
        return intact(key, stored)

    def _replace(self, directory: str, path: str, data: bytes) -> None:
        """Puts a part in place, over nothing or over one that is damaged."""

        def put(temporary: str) -> None:  # a collector may remove the directory while it is empty: then it comes again
            with contextlib.suppress(FileExistsError):
                if self._files.info(directory) is None:
                    self._files.make_directory(directory)
            self._files.rename(temporary, path)

        self._put_data(data, put)

    def put(self, key: str, data: bytes) -> None:
        """See `Store.put`: as `put_cache`, and the directory fsynced."""
        self.put_cache(key, data)
        self._confirm(key)

    def put_cache(self, key: str, data: bytes) -> None:
        """See `Store.put_cache`."""
        with failing(self.location, "write", key):
            self._replace(self.path(key).rpartition("/")[0], self.path(key), data)

    def remove(self, key: str) -> bool:
        """See `Store.remove`."""
        was_there = True
        with failing(self.location, "remove", key):
            try:
                self._files.unlink(self.path(key))
            except FileNotFoundError:
                was_there = False
        # Also where another one removed it: it may not have come to its sync.
        self._confirm(key)
        return was_there

    def shared(self) -> AbstractContextManager[bool]:
        """See `Store.shared`."""
        return self._locks().shared()

    @contextlib.contextmanager
    def collecting(self) -> Iterator[Collection]:
        """See `Kept.collecting`. StoreError: read-only, not permitted, or a file system without locks."""
        from cortexrepo.store.local.collection import Collection  # only a collector needs it

        locks = self._locks()
        with locks.collecting():
            yield Collection(self.location, self._files, locks.renaming)

    def inspection(self) -> Inspection:
        """See `Kept.inspection`."""
        from cortexrepo.store.local.inspection import Inspection  # only one command looks at them so

        return Inspection(self.location, self._files)

    def large(self) -> LargeFiles:
        """See `Kept.large`."""
        from cortexrepo.store.local.large import LargeFiles  # few repositories keep any

        return LargeFiles(self.location, self._files, self._claim, self._place)

    def _locks(self) -> Locks:
        from cortexrepo.store.local.locking import Locks  # writers take none

        return Locks(self.location, self._files)

    # -- steps

    def _temporary(self) -> str:
        return f"{self.location}/{TEMPORARY}/{os.urandom(16).hex()}"

    def _claim(self, source: str, target: str) -> None:
        """Gives a finished file its final name if that is free: the instant at which it exists."""
        if self._rename:
            self._files.rename_new(source, target)
        else:
            self._files.link(source, target)

    def _discard(self, path: str) -> None:
        # What a failure here leaves is garbage that a collector removes; the result stands all the same.
        with contextlib.suppress(OSError):
            self._files.unlink(path)

    def _confirm(self, key: str) -> None:
        """Makes a name durable. It is visible already, so a failure here is never reported as "not stored"."""
        with confirming(self.location, key):
            self._files.sync_directory(self.path(key).rpartition("/")[0])


class _PinLostError(Exception):
    """A collector removed this writer's pin."""
