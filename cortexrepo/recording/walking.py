"""A walk through directories that looks for environments, within bounds and on one file system."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems import registry
from cortexrepo.machine.budget import SpentError
from cortexrepo.machine.holders import ForeignError
from cortexrepo.machine.traces import UNREAD, UNREAD_OF_USER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cortexrepo.ecosystems.contract.searching import Searching
    from cortexrepo.machine.files import System
    from cortexrepo.machine.mounts import Mount

OF_KERNEL = frozenset(
    {
        "autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs", "efivarfs",
        "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "securityfs", "sysfs", "tracefs",
    }
)  # fmt: skip
"""File systems in which nobody installs anything: they are passed over without a word."""
_OF_KERNEL = frozenset({"/proc", "/sys", "/dev"})
_PASSED = frozenset({".git", ".hg", ".svn"})
_UNREAD = frozenset(path for path, _ in UNREAD)
_ENDS = tuple(f"/{path}" for path, _ in UNREAD_OF_USER)
_NAMED = 20
"""So many directories that could not be listed are named."""


class Bounds(NamedTuple):
    """How far a walk of one user goes.

    Attributes:
        seconds: By the clock.
        names: In all directories together.
        depth: Directories below the beginning.
        found: Places that look like environments.
    """

    seconds: float = 60.0
    names: int = 1_000_000
    depth: int = 12
    found: int = 1000


class Walk:
    """A walk, and what it has come to.

    Attributes:
        found: The places that look like environments.
        stops: Where it did not go on, and why: lines for people.
        theirs: The directories that are left to other users.
    """

    def __init__(
        self, system: System, mounts: Sequence[Mount], clock: Callable[[], float], bounds: Bounds | None = None
    ) -> None:
        """Takes the machine, its mounts, and a clock; nothing is read yet."""
        self.found: dict[str, None] = {}
        self.stops: dict[str, None] = {}
        self.theirs: dict[int, list[str]] = {}
        self._system = system
        self._mounts = {mount.point: mount.kind for mount in mounts}
        self._clock = clock
        self._bounds = bounds or Bounds()
        self._end = clock() + self._bounds.seconds
        self._names = 0
        self._seen: set[str] = set()
        self._marks = [facet for name in registry.names() if (facet := registry.searching(name)) is not None]
        self._passed = _PASSED.union(*(facet.INSIDE for facet in self._marks))

    def go(self, starts: Iterable[str]) -> None:
        """Walks through directories, each once; what is used up ends the walk and is a stop."""
        waiting = [(start, 0) for start in starts][::-1]
        try:
            while waiting:
                path, depth = waiting.pop()
                if path in self._seen:
                    continue
                self._seen.add(path)
                if self._is_over(path):
                    return
                waiting += [(inner, depth + 1) for inner in self._inside(path, depth)]
        except SpentError as error:
            self.stops[str(error)] = None

    def _is_over(self, path: str) -> bool:
        bounds = self._bounds
        reason = ""
        if self._clock() > self._end:
            reason = f"more than {bounds.seconds:g} s"
        elif self._names > bounds.names:
            reason = f"more than {bounds.names} names"
        elif len(self.found) >= bounds.found:
            reason = f"more than {bounds.found} environments"
        if reason:
            self.stops[f"{path}: the walk ended here: {reason}"] = None
        return bool(reason)

    def _inside(self, path: str, depth: int) -> list[str]:
        """Looks at a directory; returns those in it that the walk goes on to."""
        try:
            entries = self._system.entries(path)
            names = {entry.name for entry in entries}
            if any(self._is_marked(facet, path, names) for facet in self._marks):
                self.found[path] = None
        except ForeignError as error:
            self.theirs.setdefault(error.holder, []).append(path)
            return []
        except OSError as error:
            self._stop(path, error.strerror or "the directory cannot be read")
            return []
        self._names += len(entries)
        inner = [
            f"{path.rstrip('/')}/{name}" for name, kind in entries if kind == "directory" and name not in self._passed
        ]
        if inner and depth >= self._bounds.depth:
            self._stop(path, f"more than {self._bounds.depth} directories deep")
            return []
        return [one for one in reversed(inner) if self._is_open(one)]

    def _is_marked(self, facet: Searching, path: str, names: set[str]) -> bool:
        try:
            return facet.marks(self._system, path, names)
        except ForeignError:
            return True  # whoever it belongs to looks at it again

    def _is_open(self, path: str) -> bool:
        """Returns whether the walk goes into a directory: not into other file systems, nor where nobody looks."""
        if path in _OF_KERNEL or path in _UNREAD or path.endswith(_ENDS):
            return False
        kind = self._mounts.get(path)
        if kind is not None and kind not in OF_KERNEL:
            self._stop(path, f"another file system ({kind}): `cortex snapshot environments --find {path}`")
        return kind is None

    def _stop(self, path: str, reason: str) -> None:
        if len(self.stops) < _NAMED:
            self.stops[f"{path}: {reason}"] = None
        elif len(self.stops) == _NAMED:
            self.stops["and further directories"] = None
