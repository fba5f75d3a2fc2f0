"""borg: an archive of one file, strongly compressed, not encrypted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.peers.base import FAR, LIST, NEAR, Command, Peer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Borg(Peer):
    """Each archive is added to one list, which every command reads."""

    name = "borg"
    title = "borg"
    program = "borg"
    often = False

    def variables(self) -> dict[str, str]:
        """Nothing of the user's, and no questions."""
        return {
            "BORG_BASE_DIR": self.place,
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
        }

    def start(self) -> None:
        """Makes an empty repository."""
        self.do("borg", "init", "--encryption", "none", self.repository)

    def create(self, number: str) -> tuple[Command, ...]:
        """One archive."""
        return (("borg", "create", "--compression", "zstd,19", f"{self.repository}::{number}", self.file),)

    def queries(self, count: int, package: str) -> Mapping[str, Command]:
        """A difference says that the file is another, not in what; a log there is none."""
        del package
        return {
            LIST: ("borg", "list", self.repository),
            NEAR: ("borg", "diff", f"{self.repository}::{count - 2}", str(count - 1)),
            FAR: ("borg", "diff", f"{self.repository}::0", str(count - 1)),
        }

    def collect(self) -> Sequence[tuple[str, Command]]:
        """Compacts all there is to gain."""
        return (("compact", ("borg", "compact", "--threshold", "0", self.repository)),)

    def count(self) -> int:
        """Counts what it lists."""
        return len(self.read("borg", "list", "--short", self.repository).splitlines())
