"""Some directories of this machine as a place for tests: what a bed is to the whole machine, without its privileges."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from support.machines.beds import VARIABLES, Call, Ended, report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

T = TypeVar("T")


class Here:
    """A directory, and functions that run in a fork of this process and change that directory alone."""

    def __init__(self, directory: str) -> None:
        """Takes the directory."""
        self._directory = directory

    @contextmanager
    def fresh(self) -> Iterator[Here]:
        """Returns the same place; at the end its directory is as it was at the beginning."""
        with tempfile.TemporaryDirectory(dir=os.path.dirname(self._directory)) as spare:
            saved = f"{spare}/saved"
            shutil.copytree(self._directory, saved, symlinks=True)
            try:
                yield self
            finally:
                self._end_programs()
                shutil.rmtree(self._directory)
                os.rename(saved, self._directory)  # noqa: TID251 -- a test's own directory

    def _end_programs(self) -> None:
        """Ends what outlived the function that started it: a program's home is in the directory."""
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{entry}/environ", "rb") as file:
                    if f"HOME={self._directory}/".encode() in file.read():
                        os.kill(int(entry), signal.SIGKILL)
            except OSError:
                continue

    def run(self, *arguments: str, variables: Mapping[str, str] | None = None, code: int | None = 0) -> Ended:
        """Runs a program; see `Bed.run`."""
        found = subprocess.run(
            arguments, env={**VARIABLES, **(variables or {})}, capture_output=True, text=True, check=False
        )
        assert code in {None, found.returncode}, found
        return Ended(found.returncode, found.stdout, found.stderr)

    def call(self, function: Callable[..., T], *arguments: object) -> T:
        """Returns what a function returns; see `Bed.call`."""
        return self.start(function, *arguments).result()

    def start(self, function: Callable[..., T], *arguments: object) -> Call[T]:
        """As `call`, but returns at once."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                report(writing, lambda: function(*arguments))
            finally:
                os._exit(0)
        os.close(writing)
        return Call(child, reading)
