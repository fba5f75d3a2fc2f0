"""Many commands at once, each in a process of its own, forked by one that has loaded what they need.

200 processes that each load Python's modules do little else, and seldom meet. How a process begins is for other tests.

`python -m support.processes.crowd` reads the words of a command in JSON from each line, starts it at once, and prints
at the end how each ended.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.__main__ import script
from support.machines.roots import make_root
from support.processes.command_line import CommandLine
from support.processes.workers import child_environment

if TYPE_CHECKING:
    from collections.abc import Sequence


class End(NamedTuple):
    """How a command ended, and what it wrote to its standard error."""

    code: int
    errors: str


class Crowd:
    """The commands, from outside: they are started in the order in which they are given."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.processes.crowd"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=child_environment(),
        )

    def start(self, *words: str) -> None:
        """Starts `cortex snapshot` with these words, and does not wait for it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{json.dumps(words)}\n")
        self._process.stdin.flush()

    def ends(self) -> list[End]:
        """Waits for all commands, and returns how each of them ended."""
        found, errors = self._process.communicate()
        assert self._process.returncode == 0, errors
        return [End(*each) for each in json.loads(found)]


def _load(place: Path) -> None:
    """Loads what a command loads, by one on another repository."""
    assert CommandLine(place / "repo", make_root(place / "root"))("create", "first").code == 0


def _start(words: Sequence[str], errors: Path) -> int:
    """Starts a command in a process of its own; returns which process."""
    process = os.fork()
    if process == 0:
        try:
            nothing = os.open(os.devnull, os.O_RDWR)
            os.dup2(nothing, sys.stdin.fileno())
            os.dup2(nothing, sys.stdout.fileno())
            os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT, 0o600), sys.stderr.fileno())
            sys.argv = ["cortex", "snapshot", *words]
            script()
        except BaseException:  # noqa: BLE001 -- whatever it is, it is to be reported
            traceback.print_exc()
        finally:
            os._exit(99)
    return process


def main() -> None:
    """Runs the commands of the standard input."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        _load(place)
        files = []
        processes = []
        for number, line in enumerate(sys.stdin):
            files.append(place / f"errors of {number}")
            processes.append(_start(json.loads(line), files[-1]))
        codes = [os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) for process in processes]
        json.dump([[code, file.read_text()] for code, file in zip(codes, files, strict=True)], sys.stdout)


if __name__ == "__main__":
    main()
