"""What one user's process reads of a machine: with that user's rights, within a budget, and no files of the kernel."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.machine.budget import NAMES
from cortexrepo.machine.files import LIMIT
from cortexrepo.machine.walked_files import WalkedSystem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.machine.budget import Budget
    from cortexrepo.machine.files import Entry
    from cortexrepo.machine.scope import Scope

_KERNEL = ("/proc", "/sys", "/dev")
"""The file systems of these hold no packages, and reading some of their files does something."""


class RealmSystem(WalkedSystem):
    """A machine as one user reads it."""

    def __init__(self, root: int, environment: Mapping[str, str], budget: Budget, scope: Scope, *, live: bool) -> None:
        """As `WalkedSystem`, with what may be spent, and what this reader searches."""
        super().__init__(root, environment, live=live)
        self.scope = scope
        self.looks_first = not live
        self.names = NAMES
        self._budget = budget
        self._kernels = _devices() if live else frozenset()

    def is_free(self, about: os.stat_result, path: str) -> bool:  # noqa: ARG002
        """See `WalkedSystem.is_free`."""
        return about.st_dev not in self._kernels

    def check(self, about: os.stat_result, path: str, found: int, rest: list[str]) -> None:  # noqa: ARG002
        """Raises PermissionError for what the kernel makes up."""
        if about.st_dev in self._kernels:
            raise PermissionError(1, "the files of the kernel are not read", path)

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        """See `System.read`."""
        self._budget.ask()
        found = super().read(path, limit)
        self._budget.take(len(found or b""))
        return found

    def head(self, path: str, size: int) -> bytes | None:
        """See `System.head`."""
        self._budget.ask()
        found = super().head(path, size)
        self._budget.take(len(found or b""))
        return found

    def status(self, path: str) -> os.stat_result:
        """See `FileSystemReader.status`."""
        self._budget.ask()
        return super().status(path)

    def entries(self, path: str) -> list[Entry]:
        """See `System.entries`."""
        self._budget.ask()
        return super().entries(path)

    def realpath(self, path: str) -> str:
        """See `System.realpath`."""
        self._budget.ask()
        return super().realpath(path)


def _devices() -> frozenset[int]:
    found = set()
    for path in _KERNEL:
        try:
            found.add(os.stat(path).st_dev)
        except OSError:
            continue
    return frozenset(found - {os.stat("/").st_dev})
