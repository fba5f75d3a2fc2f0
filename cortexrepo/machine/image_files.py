"""What root's own process reads of an image: as of a machine, and within a budget, for its maker may be hostile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.machine.budget import NAMES
from cortexrepo.machine.files import LIMIT
from cortexrepo.machine.guarded_files import GuardedSystem

if TYPE_CHECKING:
    import os

    from cortexrepo.machine.budget import Budget
    from cortexrepo.machine.files import Entry


class ImageSystem(GuardedSystem):
    """An image as root reads it.

    Attributes:
        budget: What reading it may cost; None as long as there is no limit.
    """

    names: int | None = NAMES
    budget: Budget | None = None

    def _ask(self) -> None:
        if self.budget is not None:
            self.budget.ask()

    def _taken(self, found: bytes | None) -> bytes | None:
        if self.budget is not None and found:
            self.budget.take(len(found))
        return found

    def open_file(self, path: str) -> int:
        """See `FileSystemReader.open_file`."""
        self._ask()
        return super().open_file(path)

    def read(self, path: str, limit: int = LIMIT) -> bytes | None:
        """See `System.read`."""
        return self._taken(super().read(path, limit))

    def head(self, path: str, size: int) -> bytes | None:
        """See `System.head`."""
        return self._taken(super().head(path, size))

    def status(self, path: str) -> os.stat_result:
        """See `FileSystemReader.status`."""
        self._ask()
        return super().status(path)

    def entries(self, path: str) -> list[Entry]:
        """See `System.entries`."""
        self._ask()
        return super().entries(path)

    def readlink(self, path: str) -> str | None:
        """See `System.readlink`."""
        self._ask()
        return super().readlink(path)

    def realpath(self, path: str) -> str:
        """See `System.realpath`."""
        self._ask()
        return super().realpath(path)
