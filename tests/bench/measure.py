"""Runs commands in turn and compares them: A B A B, so that whatever else the machine does hits both."""

from __future__ import annotations

import os
import statistics
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


class Finished(NamedTuple):
    """One run of one command: seconds, peak resident KiB, exit code."""

    seconds: float
    peak_kib: int
    code: int


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> Finished:
    """Runs one command with its output thrown away; wait4 gives this child's peak, not the largest of all."""
    null = os.open(os.devnull, os.O_RDWR)
    try:
        actions = [(os.POSIX_SPAWN_DUP2, null, descriptor) for descriptor in (0, 1, 2)]
        start = time.perf_counter()
        child = os.posix_spawnp(arguments[0], list(arguments), dict(environment), file_actions=actions)
        _, status, usage = os.wait4(child, 0)
        return Finished(time.perf_counter() - start, usage.ru_maxrss, os.waitstatus_to_exitcode(status))
    finally:
        os.close(null)


class Paired(NamedTuple):
    """Two things that were measured in turn; `ratio` is the median of the pairs' ratios."""

    one: float
    other: float
    ratio: float


def paired(one: Callable[[], float], other: Callable[[], float], rounds: int) -> Paired:
    """Measures both once without counting, then in turn."""
    one()
    other()
    pairs = [(one(), other()) for _ in range(rounds)]
    return Paired(
        statistics.median(pair[0] for pair in pairs),
        statistics.median(pair[1] for pair in pairs),
        statistics.median(pair[0] / pair[1] for pair in pairs),
    )
