"""Waiting for a process of another user: it may stop, be silent or talk for ever, and root waits for none of that."""

from __future__ import annotations

import os
import select
import signal
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple
from cortexrepo.rights import pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MOST = 64 << 20
"""So many bytes has a line or an answer: it may be somebody's who means harm."""
_STEP = 1 << 20
_SLICE = 1.0
"""So many seconds at most pass between two looks at the process."""
_TWICE = 2


class Patience(NamedTuple):
    """How long a process is waited for, in seconds.

    Attributes:
        stopped: While it is stopped (SIGSTOP): nothing of root's stops it.
        silent: While it says nothing.
        total: From the beginning on; 0 where there is no limit.
    """

    stopped: float
    silent: float
    total: float = 0


class ImpatientError(Exception):
    """The process is waited for no longer; the text says why, as the end of a sentence."""


class PressedError(ImpatientError):
    """Somebody has pressed Ctrl-C twice."""


def heard(process: int, reading: int, patience: Patience, interrupted: Callable[[], int]) -> Iterator[bytes]:
    """Yields each piece that a child sends, until it ends.

    Time in which this process is stopped itself counts as one look.

    Args:
        process: The child.
        reading: The pipe from it.
        patience: How long it is waited for.
        interrupted: Says how many times somebody has pressed Ctrl-C.

    Raises:
        ImpatientError: The child has used up the patience, or somebody has pressed Ctrl-C twice.
    """
    begun, silent, stopped, said = time.monotonic(), 0.0, 0.0, bytearray()
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    while True:
        before = time.monotonic()
        is_ready = bool(poll.poll(_SLICE * 1000))
        passed = min(time.monotonic() - before, _SLICE)
        silent = 0.0 if is_ready else silent + passed
        stopped = stopped + passed if not is_ready and _is_stopped(process) else 0.0
        _lose(patience, silent, stopped, time.monotonic() - begun, interrupted())
        if is_ready:
            part = os.read(reading, _STEP)
            said += part
            yield from pieces.take(said)
            if not part or len(said) > _MOST:
                return


def _lose(patience: Patience, silent: float, stopped: float, total: float, interrupted: int) -> None:
    if interrupted >= _TWICE:
        raise PressedError("was ended by the second Ctrl-C")
    if stopped >= patience.stopped:
        raise ImpatientError(f"was ended: somebody had stopped the process for {patience.stopped:.0f} seconds")
    if silent >= patience.silent:
        raise ImpatientError(f"was ended: the process had printed nothing for {patience.silent / 60:.0f} minutes")
    if patience.total and total >= patience.total:
        raise ImpatientError(f"was ended: the process had taken {patience.total / 60:.0f} minutes")


def _is_stopped(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] in {b"T", b"t"}
    except (OSError, IndexError):
        return False


@contextmanager
def interruptions(*, counted: bool, said: Callable[[], None]) -> Iterator[Callable[[], int]]:
    """Yields what says how many times somebody has pressed Ctrl-C meanwhile.

    Args:
        counted: Whether they are counted, and do nothing else. Otherwise they do what they did, and the count is 0.
        said: Is called after the first one.
    """
    count = 0

    def handle(_number: int, _frame: object) -> None:
        nonlocal count
        count += 1

    def number() -> int:
        nonlocal said
        if count:
            said()
            said = _nothing
        return count

    before = signal.getsignal(signal.SIGINT)
    if not counted or before is signal.SIG_IGN:
        yield number
        return
    try:
        signal.signal(signal.SIGINT, handle)
    except ValueError:  # not the main thread, which alone is interrupted
        yield number
        return
    try:
        yield number
    finally:
        signal.signal(signal.SIGINT, before)


def _nothing() -> None:
    """Says nothing: it was said."""


def descendants(process: int) -> list[int]:
    """Returns the processes that a process has started, and those that these have started, as far as /proc says."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            children.setdefault(parent, []).append(int(name))
    found, waiting = [], [process]
    while waiting:
        new = children.pop(waiting.pop(), [])
        found += new
        waiting += new
    return found
