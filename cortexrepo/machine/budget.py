"""What reading one user's environments may cost: one user's files never take the time and memory of all."""

from __future__ import annotations

import signal

SECONDS = 2.5
"""Processor time for all that is read with one user's rights: some 30,000 packages on a slow machine."""
BYTES = 256 << 20
"""So much is read for one user, in bytes."""
ENVIRONMENTS = 1000
"""So many environments are recorded for one home; more would crowd those of others out of a snapshot."""
NAMES = 100_000
"""No directory that is listed has more names: they are all in memory."""

_OVER = 0.1
"""So many seconds a process has besides twice its time, before it is ended."""


class SpentError(Exception):
    """A budget is used up; the text says which one. Not an OSError: nothing more is read, and nobody tries."""


class Budget:
    """What may still be spent by one process.

    Attributes:
        spent: What is used up, in words; empty while nothing is.
    """

    def __init__(self, seconds: float = SECONDS, size: int = BYTES) -> None:
        """Takes the limits of processor time and of bytes; the time does not run yet."""
        self._seconds = seconds
        self._size = size
        self.spent = ""

    def begin(self) -> None:
        """Lets the time run, by timers of this process, which are this budget's alone: asking for it would be dear.

        Who does not ask, because a library works on one file for long, is ended by the second timer.
        """
        signal.signal(signal.SIGPROF, self._end)
        signal.setitimer(signal.ITIMER_PROF, self._seconds)
        signal.signal(signal.SIGVTALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_VIRTUAL, 2 * self._seconds + _OVER)

    @staticmethod
    def end() -> None:
        """Stops the timers."""
        for timer in (signal.ITIMER_PROF, signal.ITIMER_VIRTUAL):
            signal.setitimer(timer, 0)

    def _end(self, _number: int, _frame: object) -> None:
        self.spent = f"reading takes more than {self._seconds:g} s of processor time; the others are not recorded"

    def ask(self) -> None:
        """Raises SpentError when something is used up."""
        if self.spent:
            raise SpentError(self.spent)

    def take(self, size: int) -> None:
        """Counts bytes that were read; raises SpentError when there are too many."""
        self._size -= size
        if self._size < 0:
            self.spent = "the files are too large together; the others are not recorded"
            raise SpentError(self.spent)
