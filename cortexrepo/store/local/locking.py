"""The locks of a repository in a directory: `directories` says what each is for, docs/design.md who takes them when."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.disk.failure import store_error
from cortexrepo.errors import LockTimeoutError, StoreError
from cortexrepo.store.local.directories import COLLECTOR_LOCK, LOCK

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from cortexrepo.disk.filesystem import FileSystem

TIMEOUT = 10.0
"""So many seconds a lister waits for a collector that changes names, and the reverse."""


class Locks:
    """`lock`, which listers share and who changes names holds alone, and `lock.gc`, which collectors exclude with."""

    def __init__(self, location: str, files: FileSystem) -> None:
        """Takes the repository's directory and its file system."""
        self._location = location
        self._files = files

    @contextlib.contextmanager
    def shared(self) -> Iterator[bool]:
        """See `Store.shared`."""
        hint = "a garbage collection may be running; try again"
        with self._held(LOCK, TIMEOUT, hint, exclusive=False) as locked:
            yield locked

    def renaming(self) -> AbstractContextManager[None]:
        """Keeps listers out while names change; raises LockTimeoutError, and StoreError where there are no locks."""
        return self._alone(LOCK, TIMEOUT, "somebody lists snapshots all the time; try again")

    def collecting(self) -> AbstractContextManager[None]:
        """Keeps other collectors out; raises as `renaming`, at once."""
        return self._alone(COLLECTOR_LOCK, 0, "another garbage collection is running; wait for it")

    @contextlib.contextmanager
    def _alone(self, name: str, timeout: float, hint: str) -> Iterator[None]:
        with self._held(name, timeout, hint, exclusive=True) as locked:
            if not locked:
                why = "full, read-only, not permitted, or no locks on this file system"
                raise StoreError(
                    f"{self._location}: cannot lock {name}: {why}",
                    hint="collect garbage where the repository can be written and locked",
                )
            yield

    @contextlib.contextmanager
    def _held(self, name: str, timeout: float, hint: str, *, exclusive: bool) -> Iterator[bool]:
        with contextlib.ExitStack() as held:
            try:
                lock = self._files.lock(f"{self._location}/{name}", exclusive=exclusive, timeout=timeout)
                locked = held.enter_context(lock)
            except TimeoutError as error:
                raise LockTimeoutError(f"{self._location}: another process holds {name}", hint=hint) from error
            except OSError as error:
                raise store_error(self._location, "lock", name, error) from error
            yield locked
