"""How much memory a process takes together with all that it starts, while it runs."""

from __future__ import annotations

import resource
import subprocess
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PAUSE = 0.005


class Taken(NamedTuple):
    """How a program ended, and what it took.

    Attributes:
        code: Its exit code.
        memory: The most bytes that all its processes had at one moment, each shared page counted once.
        largest: The most bytes that one process had, shared pages counted.
        processor: The processor time of all, in seconds.
        processes: So many were seen at one moment.
    """

    code: int
    memory: int
    largest: int
    processor: float
    processes: int


def taken(command: Sequence[str], variables: Mapping[str, str]) -> Taken:
    """Runs a program, and looks at its memory all the time."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        most = largest = together = 0
        while process.poll() is None:
            tree = _tree(process.pid)
            most = max(most, sum(_bytes(one, "smaps_rollup", "Pss:") for one in tree))
            largest = max(largest, *(_bytes(one, "status", "VmHWM:") for one in tree))
            together = max(together, len(tree))
            time.sleep(_PAUSE)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Taken(process.returncode, most, largest, processor, together)


def _tree(process: int) -> list[int]:
    """Returns a process and its descendants."""
    found = [process]
    for one in found:
        try:
            with open(f"/proc/{one}/task/{one}/children", encoding="ascii") as file:
                found += map(int, file.read().split())
        except OSError:
            continue
    return found


def _bytes(process: int, file: str, name: str) -> int:
    """Returns the bytes that a file of a process in /proc names; 0 where it is gone."""
    try:
        with open(f"/proc/{process}/{file}", encoding="ascii") as lines:
            return next(int(line.split()[1]) << 10 for line in lines if line.startswith(name))
    except (OSError, StopIteration):
        return 0
