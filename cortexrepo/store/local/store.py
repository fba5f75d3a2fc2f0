"""A store in a directory: every protocol step that touches the disk, in its order.

The order is the guarantee (docs/protocol.md). It is checked by a model checker together with the garbage
collector (tests/faults/protocol); no step may be moved without checking it again.
"""

from __future__ import annotations

import contextlib
import errno
from functools import cached_property, partial
from typing import TYPE_CHECKING

from cortexrepo.disk.failure import confirming, failing, store_error
from cortexrepo.errors import CorruptError
from cortexrepo.store.keys import PINS, name_is_one, name_is_safe
from cortexrepo.store.local.directories import NEVER_MADE_AGAIN, QUARANTINE, RENEWED, TELLING, aside_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from cortexrepo.disk.filesystem import FileSystem
    from cortexrepo.store.base import Intact
    from cortexrepo.store.keys import Ahead, Naming
    from cortexrepo.store.local.collection import Collection
    from cortexrepo.store.local.inspection import Inspection
    from cortexrepo.store.local.large import LargeFiles
    from cortexrepo.store.local.locking import Locks
    from cortexrepo.store.local.placing import Placing

_LOOKS = 3
_UNREADABLE = {
    errno.EACCES, errno.EFBIG, errno.EINVAL, errno.EIO, errno.EISDIR, errno.ELOOP, errno.ENXIO,
}  # fmt: skip
"""What concerns one file alone: the others can be read, and it is named as damaged."""


class LocalStore:
    """A directory on one machine. Holds no open file between calls; safe to use from several threads and processes."""

    def __init__(self, location: str, files: FileSystem, *, rename: bool = False) -> None:
        """Takes a directory that a `LocalSite` made; `rename`: publish by RENAME_NOREPLACE where there are no links."""
        self.location = location
        self._files = files
        self._rename = rename

    @cached_property
    def _placing(self) -> Placing:
        from cortexrepo.store.local.placing import Placing  # readers place nothing

        return Placing(self.location, self._files, rename=self._rename)

    def path(self, key: str) -> str:
        """Returns where a key's bytes are; ValueError for a key with an unsafe component."""
        if not all(name_is_safe(part) for part in key.split("/")):
            raise ValueError(f"not a key: {key!r}")
        return f"{self.location}/{key}"

    def _readable(self, key: str) -> str:
        """As `path`; also for a file under any name in a directory in which every file may say something."""
        prefix, _, name = key.partition("/")
        if prefix in TELLING and name_is_one(name):
            return f"{self.location}/{key}"
        return self.path(key)

    def get(self, key: str, limit: int) -> bytes | None:
        """See `Store.get`. A key that a collector has set aside is found there.

        A collector may move it while this looks, so it looks in both places again; once would not do.
        """
        if not key.startswith("objects/"):
            data = self._read(key, limit)
            if data is None:
                self._check_there(key.partition("/")[0])
            return data
        for _ in range(_LOOKS):
            data = self._read(key, limit)
            for place in self._quarantined(key) if data is None else ():
                data = self._read(place, limit) if data is None else data
            if data is not None:
                return data
        return None

    def _read(self, key: str, limit: int) -> bytes | None:
        try:
            return self._files.read(self._readable(key), limit)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno in _UNREADABLE:
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
        names = self._files.names_at if prefix == RENEWED else self._files.names
        with failing(self.location, "list", prefix):
            try:
                found = names(self.path(prefix))
                return found if prefix in TELLING else [name for name in found if name_is_safe(name)]
            except FileNotFoundError:
                self._check_there(prefix)
                return []

    def _check_there(self, directory: str) -> None:
        """Raises CorruptError where a directory is missing that nobody makes again."""
        path = f"{self.location}/{directory}"
        if directory in NEVER_MADE_AGAIN:
            with failing(self.location, "examine", directory):
                found = self._files.info(path)
            if found is None:
                raise CorruptError(
                    f"the directory {path} is missing: nobody knows which {NEVER_MADE_AGAIN[directory]} were in it",
                    hint=f"copy the directory back from a backup; if it was empty: `mkdir -m 700 {path}`",
                )

    def size(self, key: str) -> int:
        """See `Store.size`."""
        with failing(self.location, "examine", key):
            return 0 if (info := self._files.info(self.path(key))) is None else info.size

    # -- writing

    def put_new(self, key: str, data: bytes) -> bool:
        """See `Store.put_new`: a temporary file, fsynced, then published under its name; the directory fsynced."""
        return self._put_new(key, partial(self._placing.put_new, self.path(key), data))

    def put_mark(self, key: str, data: bytes) -> bool:
        """See `Store.put_mark`: as `put_new`, on a full disk with the room of half the ballast."""
        from cortexrepo.store.local.ballast import Ballast  # only deleting may do that

        with Ballast(self.location, self._files).halved() as with_room:
            return self._put_new(key, partial(with_room, partial(self._placing.put_new, self.path(key), data)))

    def _put_new(self, key: str, put: Callable[[], None]) -> bool:
        is_new = True
        with failing(self.location, "write", key):
            try:
                put()
            except FileExistsError:
                is_new = False
            except FileNotFoundError:
                self._check_there(key.partition("/")[0])
                raise
        # Also where another one put it: it may not have come to its sync, and may say so nowhere any more.
        self._confirm(key)
        return is_new

    def publish(
        self,
        key: str,
        data: bytes,
        parts: Mapping[str, bytes],
        intact: Intact,
        naming: Naming,
        ahead: Ahead | None = None,
    ) -> bool:
        """See `Store.publish`: pin first, then the name, then parts, then the link that makes it visible."""
        from cortexrepo.store.local.publishing import Publishing  # readers do not publish

        for name in (*parts, *(ahead.parts if ahead else ()), f"{PINS}/{naming.name}"):
            self.path(name)
        with failing(self.location, "write", key):
            publishing = Publishing(self._placing, self.path(key), data, partial(self._confirm, key), ahead)
            return publishing.run(parts, intact, naming)

    def confirm(self, key: str) -> None:
        """See `Store.confirm`."""
        from cortexrepo.store.local.confirmation import confirm  # readers confirm nothing

        with failing(self.location, "sync", key):
            confirm(self._files, self.location, key)

    def put(self, key: str, data: bytes) -> None:
        """See `Store.put`: as `put_cache`, and the directory fsynced."""
        self.put_cache(key, data)
        self._confirm(key)

    def put_cache(self, key: str, data: bytes) -> None:
        """See `Store.put_cache`."""
        path = self.path(key)
        with failing(self.location, "write", key):
            try:
                self._placing.replace(path.rpartition("/")[0], path, data)
            except FileNotFoundError:
                self._check_there(key.partition("/")[0])
                raise

    def remove(self, key: str) -> bool:
        """See `Store.remove`."""
        was_there = True
        with failing(self.location, "remove", key):
            try:
                self._files.unlink(self.path(key))
            except FileNotFoundError:
                self._check_there(key.partition("/")[0])
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
            yield Collection(self.location, self._files, locks.renaming, renews=not self._rename)

    def inspection(self) -> Inspection:
        """See `Kept.inspection`."""
        from cortexrepo.store.local.inspection import Inspection  # only one command looks at them so

        return Inspection(self.location, self._files)

    def large(self) -> LargeFiles:
        """See `Kept.large`."""
        from cortexrepo.store.local.large import LargeFiles  # few repositories keep any

        return LargeFiles(self.location, self._files, self._placing.claim, self._placing.place)

    def _locks(self) -> Locks:
        from cortexrepo.store.local.locking import Locks  # writers take none

        return Locks(self.location, self._files)

    # -- steps

    def _confirm(self, key: str) -> None:
        """Makes a name durable. It is visible already, so a failure here is never reported as "not stored"."""
        from cortexrepo.store.local.confirmation import confirm  # readers confirm nothing

        with confirming(self.location, key):
            confirm(self._files, self.location, key)
