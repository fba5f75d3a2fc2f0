"""What reading one user's environments may cost: one user's files never take the time and memory of all."""

from __future__ import annotations

import time

SECONDS = 2.5
"""Processor time for all that is read with one user's rights: some 30,000 packages on a slow machine."""
BYTES = 256 << 20
"""So much is read for one user, in bytes."""
ENVIRONMENTS = 1000
"""So many environments are recorded for one home; more would crowd those of others out of a snapshot."""
NAMES = 100_000
"""No directory that is listed has more names: they are all in memory."""
_EACH = 64
"""So many questions are answered between two looks at the clock."""


class SpentError(Exception):
    """A budget is used up; the text says which one. Not an OSError: nothing more is read, and nobody tries."""


class Budget:
    """What may still be spent by one process."""

    def __init__(self, seconds: float = SECONDS, size: int = BYTES) -> None:
        """Takes the limits of processor time and of bytes; what was spent before counts."""
        self._seconds = seconds
        self._size = size
        self._asked = 0
        self._spent = ""

    def ask(self) -> None:
        """Counts a question; raises SpentError when the time is used up."""
        self._asked += 1
        if self._spent:
            raise SpentError(self._spent)
        if not self._asked % _EACH and time.process_time() > self._seconds:
            self._spent = f"reading takes more than {self._seconds:g} s of processor time; the others are not recorded"
            raise SpentError(self._spent)

    def take(self, size: int) -> None:
        """Counts bytes that were read; raises SpentError when there are too many."""
        self._size -= size
        if self._size < 0:
            self._spent = "the files are too large together; the others are not recorded"
            raise SpentError(self._spent)
