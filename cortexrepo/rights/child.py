"""A process of another user: forked here, and nowhere else, and how it ended."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, NoReturn

from cortexrepo.rights.person import become

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.rights.person import Manner, Person

_SHORTEST, _LONGEST = 0.0002, 0.05
"""So many seconds pass between two looks whether a process has ended: first, and at most."""
_FULL, _UNABLE = 3, 4
_TIMES = (signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU)
_REASONS = {_FULL: "needed too much memory", _UNABLE: "may not become the user"}


def start(who: Person | None, manner: Manner, kept: Sequence[int], work: Callable[[], object]) -> int:
    """Returns the id of a process that becomes a user for good, does its work and ends, whatever happens.

    Args:
        who: The user; None to stay who it is.
        manner: How it lives.
        kept: The descriptors that it needs. All others are closed in it.
        work: What it does.

    Raises:
        OSError: No process can be started.
    """
    from cortexrepo import library  # noqa: F401 -- afterwards the files of Python may be closed to the user

    parent = os.getpid()
    process = os.fork()
    if process == 0:
        _live(who, manner, kept, work, parent)
    return process


def start_telling(
    who: Person | None, manner: Manner, work: Callable[[int], object], kept: Sequence[int] = ()
) -> tuple[int, int]:
    """Returns the same, and the descriptor from which comes what `work` writes to the one that it is given."""
    reading, writing = os.pipe()
    try:
        return start(who, manner, (writing, *kept), lambda: work(writing)), reading
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)


def waited(process: int, patience: float) -> tuple[int, float] | None:
    """Returns the status of a child that ends and its processor time; None where it has not ended by then.

    Nobody waits for ever: the kernel lets nobody end a process that waits for a file system of its user (FUSE) before
    that answers, or is gone, and one on NFS before the server answers.

    Args:
        process: The child.
        patience: So long it is waited for, in seconds.
    """
    until = time.monotonic() + patience
    pause = _SHORTEST
    while True:
        found, status, used = os.wait4(process, os.WNOHANG)
        if found:
            return status, used.ru_utime + used.ru_stime
        if time.monotonic() >= until:
            return None
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST)


def fate(status: int) -> str:
    """Returns how a process ended, by what `waitpid` says of it, as the end of a sentence; empty where all is done."""
    code = os.waitstatus_to_exitcode(status)
    if code == 0:
        return ""
    if -code in _TIMES:
        return "used up its processor time"
    return _REASONS.get(code, f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}")


def _live(who: Person | None, manner: Manner, kept: Sequence[int], work: Callable[[], object], parent: int) -> NoReturn:
    try:
        try:
            become(who, manner, kept, parent)
        except OSError:
            os._exit(_UNABLE)
        work()
        os._exit(0)
    except MemoryError:
        os._exit(_FULL)
    finally:
        os._exit(1)
