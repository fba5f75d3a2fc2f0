"""Processes that end with this one: whatever is started to be asked something does not outlive who asked."""

from __future__ import annotations

import os
import signal
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from types import FrameType

_PAUSE = 0.01
_ENDING = (signal.SIGTERM, signal.SIGHUP)


def dies_with_parent(number: int = signal.SIGKILL, mask: Collection[int] = ()) -> Callable[[], None]:
    """Returns what a new process calls to get this signal when this process ends, however it ends.

    It is called after the process has become another user: that takes the setting back. What the process starts in its
    turn does not inherit it.

    Args:
        number: The signal.
        mask: The signals that remain held back in the new process.
    """
    from cortexrepo import library  # dear, and of no use before something is started

    parent = os.getpid()

    def called() -> None:
        library.die_with(parent, number)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    return called


@contextmanager
def held_back() -> Iterator[Collection[int]]:
    """Holds back the signals that end this process; yields those that were held back before.

    Between the birth of a child and the moment at which it is known here, a signal would end this process alone.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, *_ENDING))
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def end_group(process: int) -> None:
    """Kills a child that leads a process group, and all that is in the group still. The caller waits for the child."""
    for kill in (os.killpg, os.kill):
        with suppress(ProcessLookupError, PermissionError):
            kill(process, signal.SIGKILL)


def has_ended(process: int, until: float) -> bool:
    """Waits for a child, but not beyond a moment of the monotonic clock; it remains to be waited for by the caller."""
    while os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
        if time.monotonic() >= until:
            return False
        time.sleep(_PAUSE)
    return True


@contextmanager
def ended_by_signals(children: list[int]) -> Iterator[None]:
    """Kills these children, and what is in their groups, before a signal ends this process.

    Only where a signal would end it: one that is handled or ignored is left alone, and so it is outside of the main
    thread, which alone gets signals.
    """
    before: list[signal.Signals] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        for child in children:
            end_group(child)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    try:
        for number in _ENDING:
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, handle)
                before.append(number)
    except ValueError:
        before.clear()
    try:
        yield
    finally:
        for number in before:
            signal.signal(number, signal.SIG_DFL)
