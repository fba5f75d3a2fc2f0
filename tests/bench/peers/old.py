"""The old design: a JSON file for each snapshot, under one lock."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bench.peers import json_tool
from bench.peers.base import LIST, Command, Day, Peer

if TYPE_CHECKING:
    from collections.abc import Mapping

TOOL: Command = (sys.executable, "-P", os.path.abspath(json_tool.__file__))
INDEX: Command = (*TOOL, "--index")
SAMPLES = 25
LIST_INDEX = "list from a shared index"


class Old(Peer):
    """Each create reads all files again, so that a long history would take days: most of it is only written.

    One day in `SAMPLES` is recorded by the program, and is what is timed. Neither a difference nor a log was there.
    """

    name = "old"
    title = "old design"

    def missing(self) -> bool:
        """It needs nothing."""
        return False

    def version(self) -> str:
        """There is only this one."""
        return "imitation"

    def start(self) -> None:
        """Makes the directory."""
        os.makedirs(self.repository)
        self._every = SAMPLES

    def record(self, day: Day) -> float | None:
        """Writes the file as the program does, or has the program do it."""
        if day.number % self._every == self._every - 1:
            seconds = super().record(day)
            # The slower it is, the more seldom.
            self._every = max(self._every, round(SAMPLES * (seconds or 0)) * 4)
            return seconds
        made = json_tool.document(day.text, f"snapshot {day.number}", datetime.fromtimestamp(day.moment / 1000, UTC))
        json_tool.write(self.repository, made)
        return None

    def create(self, number: str) -> tuple[Command, ...]:
        """Writes one file and reads all."""
        return ((*TOOL, "create", self.repository, self.file, f"snapshot {number}"),)

    def queries(self, count: int, package: str) -> Mapping[str, Command]:
        """There is a list only; the shared index is made here, as if each create had kept it."""
        del count, package
        json_tool.write_index(self.repository, [json_tool.row(found) for found in json_tool.each(self.repository)])
        return {LIST: (*TOOL, "list", self.repository), LIST_INDEX: (*INDEX, "list", self.repository)}

    def writers(self) -> Mapping[str, Command]:
        """As it is, and shared index in place of reading everything."""
        words = ("create", self.repository, self.file, "snapshot writer-{}")
        return {"": (*TOOL, *words), "shared index": (*INDEX, *words)}

    def count(self) -> int:
        """Counts the files that can be read."""
        return sum(1 for _ in json_tool.each(self.repository))
