"""The locks of a repository in a directory: `directories` says what each is for, docs/protocol.md who takes which."""

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

_SHOWN = 4
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
        hint = "`cortex snapshot gc` may be running; run the command again"
        with self._held(LOCK, TIMEOUT, hint, exclusive=False) as locked:
            yield locked

    def renaming(self) -> AbstractContextManager[None]:
        """Keeps listers out while names change; raises LockTimeoutError, and StoreError where there are no locks."""
        return self._alone(LOCK, TIMEOUT, "other processes keep listing snapshots; run `cortex snapshot gc` again")

    def collecting(self) -> AbstractContextManager[None]:
        """Keeps other collectors out; raises as `renaming`, at once."""
        return self._alone(
            COLLECTOR_LOCK, 0, "another `cortex snapshot gc` is running; run it again when the other has ended"
        )

    @contextlib.contextmanager
    def _alone(self, name: str, timeout: float, hint: str) -> Iterator[None]:
        with self._held(name, timeout, hint, exclusive=True) as locked:
            if not locked:
                raise StoreError(
                    f"{self._location}: the file {name} cannot be locked, and nothing was removed",
                    hint="the file system may be full, mounted read-only, or unable to lock files: "
                    f"`df {self._location}`, `findmnt -T {self._location}`, `ls -l {self._location}/{name}`",
                )
            yield

    @contextlib.contextmanager
    def _held(self, name: str, timeout: float, hint: str, *, exclusive: bool) -> Iterator[bool]:
        with contextlib.ExitStack() as held:
            try:
                lock = self._files.lock(f"{self._location}/{name}", exclusive=exclusive, timeout=timeout)
                locked = held.enter_context(lock)
            except TimeoutError as error:
                raise _taken(self._location, name, hint, error) from error
            except OSError as error:
                raise store_error(self._location, "lock", name, error) from error
            yield locked


def _taken(location: str, name: str, hint: str, cause: TimeoutError) -> LockTimeoutError:
    from cortexrepo.disk.holders import HeldError  # few ever wait in vain

    found = cause.holders if isinstance(cause, HeldError) else ()
    numbers = " and ".join(map(str, found[:_SHOWN]))
    holder = f"{'process' if len(found) == 1 else 'processes'} {numbers}" if found else LockTimeoutError.holder
    error = LockTimeoutError(f"{location}: {holder} {'have' if len(found) > 1 else 'has'} locked {name}", hint=hint)
    error.holder = holder
    return error
