"""Runs commands through a small launcher, and counts what a directory takes."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, NamedTuple

from bench.measure import Finished

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

HERE = os.path.dirname(os.path.abspath(__file__))
LAUNCH = os.path.join(HERE, "launch.py")


class Together(NamedTuple):
    """Commands that were started at once: how long until the last had ended, and how many failed."""

    seconds: float
    failed: int


def one(command: Sequence[str], environment: Mapping[str, str]) -> Finished:
    """Runs a command with its output thrown away."""
    lines = _launch(1, command, environment)
    return _finished(lines[0])


def spent(command: Sequence[str], environment: Mapping[str, str]) -> Finished:
    """The same with the processor time of the command, and of all that it waited for, in place of the clock's."""
    _, peak, code, seconds = _launch(1, command, environment)[0].split()
    return Finished(float(seconds), int(peak), int(code))


def together(count: int, command: Sequence[str], environment: Mapping[str, str]) -> Together:
    """Runs a command `count` times at once; `{}` in it is the number of each."""
    *each, last = _launch(count, command, environment)
    return Together(float(last), sum(_finished(line).code != 0 for line in each))


def _launch(count: int, command: Sequence[str], environment: Mapping[str, str]) -> list[str]:
    words = (sys.executable, "-I", "-S", LAUNCH, str(count), *command)
    return subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=True, text=True).stdout.splitlines()


def _finished(line: str) -> Finished:
    seconds, peak, code, _ = line.split()
    return Finished(float(seconds), int(peak), int(code))


class Taken(NamedTuple):
    """What a directory takes: the bytes of its files, the blocks of the disk, and the files."""

    bytes: int
    on_disk: int
    files: int


def taken(place: str) -> Taken:
    """Counts all files below a directory; the directories themselves are in `on_disk` only."""
    size = blocks = count = 0
    for directory, _, names in os.walk(place):
        blocks += os.lstat(directory).st_blocks
        for name in names:
            found = os.lstat(os.path.join(directory, name))
            size += found.st_size
            blocks += found.st_blocks
            count += 1
    return Taken(size, blocks * 512, count)


def shown(command: Sequence[str], place: str) -> str:
    """Returns a command as it is printed: programs by their short names, and the directory of the run as `$PLACE`."""
    words = [os.path.basename(word) if os.path.isabs(word) and os.access(word, os.X_OK) and os.path.isfile(word)
             else word for word in command]  # fmt: skip
    return shlex.join(words).replace(place, "$PLACE").replace(HERE, "tests/bench/peers")
