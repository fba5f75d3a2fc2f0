"""git: one text file, committed each time."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from bench.peers.base import FAR, LIST, LOG, NEAR, Command, Peer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Git(Peer):
    """Everything that would make it look worse than it is, is off: sample hooks, the reflog, gc on the way."""

    name = "git"
    title = "git"
    program = "git"

    def variables(self) -> dict[str, str]:
        """No configuration but the repository's."""
        return {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null"}

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.work = f"{place}/work"
        self.repository = f"{self.work}/.git"
        self.file = f"{self.work}/packages.txt"
        self._git = ("git", "-C", self.work)

    def start(self) -> None:
        """Makes an empty repository."""
        self.do("git", "init", "--quiet", "--template=", "--initial-branch=main", self.work)
        for name, value in (
            ("user.name", "bench"),
            ("user.email", "bench@example.org"),
            ("gc.auto", "0"),
            ("core.logAllRefUpdates", "false"),
        ):
            self.do(*self._git, "config", name, value)

    def create(self, number: str) -> tuple[Command, ...]:
        """Two commands, as everybody does it."""
        commit = (*self._git, "commit", "--quiet", "--allow-empty", "--message", f"snapshot {number}")
        return (*self._git, "add", "packages.txt"), commit

    def durable(self, number: str) -> tuple[Command, ...]:
        """git waits for the disk only where it is told to."""
        told = ("-c", "core.fsync=all", "-c", "core.fsyncMethod=fsync")
        return tuple((*self._git, *told, *command[len(self._git) :]) for command in self.create(number))

    def queries(self, count: int, package: str) -> Mapping[str, Command]:
        """The log looks for the package's line in what each commit changed."""
        return {
            LIST: (*self._git, "log", "--format=%H %ct %s"),
            NEAR: (*self._git, "diff", "HEAD~1", "HEAD"),
            FAR: (*self._git, "diff", f"HEAD~{count - 1}", "HEAD"),
            LOG: (*self._git, "log", f"-G^{package} ", "--format=%H %ct %s"),
        }

    def collect(self) -> Sequence[tuple[str, Command]]:
        """Twice."""
        gc = (*self._git, "gc", "--quiet", "--prune=now")
        return ("gc", gc), ("gc --aggressive", (*gc, "--aggressive"))

    def writers(self) -> Mapping[str, Command]:
        """As it is, and in a loop that tries again every 20 ms until git has succeeded."""
        once = " && ".join(shlex.join(command) for command in self.create("writer-{}"))
        again = f"until {once}; do sleep 0.02; done"
        return {"": ("sh", "-c", once), "retrying": ("sh", "-c", again)}

    def count(self) -> int:
        """Counts the commits of the branch."""
        return int(self.read(*self._git, "rev-list", "--count", "HEAD"))
