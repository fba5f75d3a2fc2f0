"""What every tool must be able to do to be measured."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from bench.measure import run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cortexrepo.model.inventory import Inventory

Command = tuple[str, ...]
LIST, NEAR, FAR, LOG = "list", "diff of neighbours", "diff of first and last", "log of one package"
QUERIES = (LIST, NEAR, FAR, LOG)


class Day(NamedTuple):
    """What is to be recorded."""

    number: int
    moment: int
    inventory: Inventory
    versions: Mapping[str, str]
    text: str


def text(versions: Mapping[str, str]) -> str:
    """Returns the packages as lines, in order: what the tools that know nothing of packages are given."""
    return "".join(f"{name} {versions[name]} amd64 auto\n" for name in sorted(versions))


class Peer:
    """One tool and its repository, by default a program that is given a file."""

    name = ""
    title = ""
    program = ""
    often = True
    """Quick enough for 10,000 snapshots."""

    def __init__(self, place: str) -> None:
        """Takes a directory that is its own; makes nothing yet."""
        self.place = place
        self.repository = os.path.join(place, "repository")
        self.file = os.path.join(place, "packages.txt")
        self.environment = {**os.environ, "HOME": place, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", **self.variables()}

    def variables(self) -> dict[str, str]:
        """Returns what its commands find in their environment besides."""
        return {}

    def missing(self) -> bool:
        """Says whether it cannot be measured here."""
        return shutil.which(self.program) is None

    def version(self) -> str:
        """Returns its version, in its own words."""
        return self.read(self.program, "--version").split("\n")[0]

    def start(self) -> None:
        """Makes an empty repository."""
        raise NotImplementedError

    def give(self, day: Day) -> None:
        """Puts in place what the next `create` will record; not timed."""
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(day.text)

    def create(self, number: str) -> tuple[Command, ...]:
        """Returns the commands that record what was given."""
        raise NotImplementedError

    def durable(self, number: str) -> tuple[Command, ...]:
        """As `create`, with all of it on disk at the end; nothing where that is what `create` does."""
        del number
        return ()

    def record(self, day: Day) -> float | None:
        """Records a day of the history; returns how many seconds that took, None when it was not done as usual."""
        self.give(day)
        seconds = 0.0
        for command in self.create(str(day.number)):
            finished = run(command, self.environment)
            if finished.code:
                raise RuntimeError(f"exit code {finished.code}: {command}")
            seconds += finished.seconds
        return seconds

    def queries(self, count: int, package: str) -> Mapping[str, Command]:
        """Returns how it is asked, after `count` days; what it cannot say is not in it."""
        raise NotImplementedError

    def collect(self) -> Sequence[tuple[str, Command]]:
        """Returns its ways of making the repository small, the quickest first."""
        return ()

    def writers(self) -> Mapping[str, Command]:
        """Returns how one of many that write at once does so: by default, and other ways by name."""
        (command,) = self.create("writer-{}")
        return {"": command}

    def count(self) -> int:
        """Returns how many snapshots there are, as it says itself."""
        raise NotImplementedError

    def read(self, *command: str) -> str:
        """Returns what a command prints."""
        return subprocess.run(command, env=self.environment, capture_output=True, check=True, text=True).stdout

    def do(self, *command: str) -> None:
        """Runs a command that is not measured."""
        self.read(*command)
