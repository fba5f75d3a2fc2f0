"""restic: a backup of one file, with its strongest compression."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bench.peers.base import FAR, LIST, NEAR, Command, Peer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Restic(Peer):
    """Always encrypted: each command derives a key, which is meant to take a good part of a second."""

    name = "restic"
    title = "restic"
    program = "restic"
    often = False

    def variables(self) -> dict[str, str]:
        """A password that is none, and a cache of its own."""
        return {"RESTIC_PASSWORD": "bench", "RESTIC_REPOSITORY": f"{self.place}/repository",
                "RESTIC_CACHE_DIR": f"{self.place}/cache"}  # fmt: skip

    def version(self) -> str:
        """Has a command of its own."""
        return self.read("restic", "version").strip()

    def start(self) -> None:
        """Makes an empty repository."""
        self.do("restic", "init", "--repository-version", "2")

    def create(self, number: str) -> tuple[Command, ...]:
        """One backup."""
        return (("restic", "backup", "--quiet", "--compression", "max", "--tag", number, self.file),)

    def queries(self, count: int, package: str) -> Mapping[str, Command]:
        """A difference says that the file is another, not in what; a log there is none."""
        del count, package
        ids = [found["short_id"] for found in self._snapshots()]
        return {
            LIST: ("restic", "snapshots"),
            NEAR: ("restic", "diff", ids[-2], ids[-1]),
            FAR: ("restic", "diff", ids[0], ids[-1]),
        }

    def collect(self) -> Sequence[tuple[str, Command]]:
        """Packs what is small together."""
        return (
            ("prune", ("restic", "prune", "--quiet", "--max-unused", "0", "--repack-small", "--compression", "max")),
        )

    def count(self) -> int:
        """Counts what it lists."""
        return len(self._snapshots())

    def _snapshots(self) -> list[dict[str, str]]:
        found = json.loads(self.read("restic", "snapshots", "--json"))
        assert isinstance(found, list)
        return found
