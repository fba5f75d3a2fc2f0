"""What all users' processes together may spend, and each one's share: who needs little always gets it.

Each process first gets a small share. Those that did not come to their end with it are started again, two at once, with
a share of what is left. So the homes of honest users are read whole before the large ones get more, and the memory of
all processes is bounded too: many small ones, or few large ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.machine.children import Answer

SECONDS, SECONDS_EACH, MOST_SECONDS = 10.0, 0.1, 120.0
"""Processor time of all processes: so much, and more for each user, but no more than the third."""
CLOCK, CLOCK_EACH, MOST_CLOCK = 120.0, 0.5, 600.0
"""The same by the clock, while processes run side by side."""
ROWS = 250_000
"""So many packages of all users together."""
ANSWERS = 24 << 20
"""So many bytes are sent back by all processes together."""
_PART = 4
"""The first shares are this part of everything together."""


class Share(NamedTuple):
    """What one process may spend.

    Attributes:
        seconds: Processor time.
        clock: Seconds by the clock.
        rows: Packages that are recorded.
        answer: Bytes that are sent back.
        memory: Bytes more than its parent had.
        at_once: So many processes have such shares at the same time.
    """

    seconds: float
    clock: float
    rows: int
    answer: int
    memory: int
    at_once: int


FULL = Share(2.5, 30.0, 50_000, 8 << 20, 64 << 20, 2)
"""The largest share: the time is enough for some 30,000 packages on a slow machine."""
SMALL = Share(0.5, 5.0, 5000, 1 << 20, 24 << 20, 4)
"""The largest first share."""
LEAST = Share(0.02, 1.0, 200, 1 << 16, 24 << 20, 4)
"""No share is smaller while there is anything left."""


class Purse:
    """What is left for all users of one machine."""

    def __init__(self, users: int) -> None:
        """Takes the number of users whose homes and places are to be read."""
        self._seconds = min(SECONDS + SECONDS_EACH * users, MOST_SECONDS)
        self._most = self._seconds
        self._clock = min(CLOCK + CLOCK_EACH * users, MOST_CLOCK)
        self._rows = ROWS
        self._answers = ANSWERS
        self._small = self._share(users * _PART, SMALL)

    def is_enough(self, users: int) -> bool:
        """Returns whether so many users can all have the largest share: then nobody begins with a small one."""
        return users * FULL.seconds <= self._seconds

    def small(self) -> Share:
        """Returns the share that every process gets at first."""
        return self._small

    def large(self, waiting: int) -> Share:
        """Returns the share of a process that did not end with its first one.

        Args:
            waiting: So many of them wait still, this one counted.
        """
        return self._share(waiting, FULL)

    def lend(self, share: Share) -> None:
        """Takes a share out."""
        self._seconds -= share.seconds
        self._clock -= share.clock / share.at_once
        self._rows -= share.rows
        self._answers -= share.answer

    def settle(self, share: Share, answer: Answer, rows: int, size: int) -> None:
        """Puts a share back, and pays what was spent.

        Args:
            share: What was lent.
            answer: The answer of the process.
            rows: So many packages of it are kept.
            size: So many bytes of it are kept.
        """
        self._seconds += share.seconds - answer.processor
        self._clock += (share.clock - answer.clock) / share.at_once
        self._rows += share.rows - rows
        self._answers += share.answer - size

    def gap(self, *, is_first: bool = False) -> str:
        """Returns what is used up, as a reason why no more processes are started; empty while nothing is.

        Args:
            is_first: Whether it is asked for a first share. Processes that do not stop at theirs take none of those
                away: together they cannot use up twice the time.
        """
        for left, what in (
            (self._seconds + (self._most if is_first else 0), "the processor time"),
            (self._clock, "the time"),
            (self._rows, "the number of packages"),
            (self._answers, "the memory"),
        ):
            if left <= 0:
                return f"{what} for all users together is used up"
        return ""

    def _share(self, parts: int, most: Share) -> Share:
        def part(left: float, upper: float, lower: float) -> float:
            return max(lower, min(upper, left / parts))

        return Share(
            round(part(self._seconds, most.seconds, LEAST.seconds), 2),
            part(self._clock * most.at_once, most.clock, LEAST.clock),
            int(part(self._rows, most.rows, LEAST.rows)),
            int(part(self._answers, most.answer, LEAST.answer)),
            most.memory,
            most.at_once,
        )
