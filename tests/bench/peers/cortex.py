"""This project."""

from __future__ import annotations

import os
import sys
import sysconfig
import time
from importlib import metadata
from typing import TYPE_CHECKING

from bench.peers.base import FAR, LIST, LOG, NEAR, Command, Day, Peer
from bench.peers.running import one
from support.machines.roots import make_root

from cortexrepo.model.snapshot import Cause
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cortexrepo.model.ids import SnapshotId

SCRIPT = os.path.join(sysconfig.get_path("scripts"), "cortex")
CORTEX: Command = (SCRIPT,) if os.path.exists(SCRIPT) else (sys.executable, "-P", "-m", "cortexrepo")


class Cortex(Peer):
    """The history goes through the API in one process, as `create` calls it; all else is the real command."""

    name = "cortex"
    title = "cortex snapshot"

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self._root = os.path.join(place, "root")
        self._now = 0
        self._first: SnapshotId | None = None

    def variables(self) -> dict[str, str]:
        """The commands know the place; bytecode is kept, as it is where the tool is installed."""
        return {"CORTEX_CACHE": "", "CORTEX_REPO": self.repository, "PYTHONDONTWRITEBYTECODE": ""}

    def missing(self) -> bool:
        """It is here."""
        return False

    def version(self) -> str:
        """Returns the version of what is imported."""
        try:
            return f"cortexrepo {metadata.version('cortexrepo')}"
        except metadata.PackageNotFoundError:
            return "cortexrepo"

    def start(self) -> None:
        """Makes the repository, whose clock is the history's."""
        self._api = Repository.open(self.repository, create=True)
        self._api._clock = lambda: self._now

    def record(self, day: Day) -> float:
        """Calls `create` as the command does, with every fsync."""
        self._now = day.moment
        start = time.perf_counter()
        cause = Cause(command="create", user="root", reason="manual")
        made = self._api.create(day.inventory, message=f"snapshot {day.number}", cause=cause)
        seconds = time.perf_counter() - start
        self._first = self._first or made.id
        return seconds

    def give(self, day: Day) -> None:
        """Makes a small machine with these packages, of which dpkg's files are read."""
        if not os.path.exists(self._root):
            from pathlib import Path

            make_root(Path(self._root), apt=day.versions, pip={}, npm={})
        rows = [
            f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\n"
            for name, version in day.versions.items()
        ]
        with open(f"{self._root}/var/lib/dpkg/status", "w", encoding="utf-8") as file:
            file.write("\n".join(rows))

    def create(self, number: str) -> tuple[Command, ...]:
        """Reads the small machine and records it."""
        return ((*CORTEX, "snapshot", "create", f"snapshot {number}", "--root", self._root, "--only", "apt"),)

    def queries(self, count: int, package: str) -> Mapping[str, Command]:
        """All of it is a command."""
        del count
        found = {
            LIST: (*CORTEX, "snapshot", "list"),
            NEAR: (*CORTEX, "snapshot", "diff", "latest~1", "latest"),
            FAR: (*CORTEX, "snapshot", "diff", str(self._first), "latest"),
            LOG: (*CORTEX, "snapshot", "log", package),
        }
        if one((*CORTEX, "snapshot", "log", "--help"), self.environment).code:
            del found[LOG]
        return found

    def collect(self) -> Sequence[tuple[str, Command]]:
        """There is one way."""
        return (("gc", (*CORTEX, "snapshot", "gc")),)

    def count(self) -> int:
        """Counts what a list would show."""
        return len(Repository.open(self.repository).snapshots())
