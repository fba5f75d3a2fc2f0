"""Asking the processes of all users: a first round with small shares, a second one for those that need more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.machine import children
from cortexrepo.machine.purse import FULL, SMALL, Purse
from cortexrepo.recording.realm import job, load
from cortexrepo.recording.telling import EVIDENCE, LARGEST
from cortexrepo.recording.told import extent, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.machine.purse import Share
    from cortexrepo.machine.scope import Task
    from cortexrepo.model.inventory import Reading
    from cortexrepo.recording.ground import Ground
    from cortexrepo.recording.told import Told

ALL_EVIDENCE = 8 * LARGEST
"""So many bytes are kept to know later that nobody has changed anything; where it is more, all is read again then."""


def ask(machine: Ground, tasks: Sequence[Task], names: Sequence[str], own: Sequence[Reading]) -> list[Told]:
    """Returns what the process of each task answers.

    Args:
        machine: The machine.
        tasks: What is left for each user.
        names: The ecosystems.
        own: What root's process has read already.
    """
    load()
    asking = _Asking(machine, tasks, names, own)
    everybody = range(len(tasks))
    waiting = everybody if asking.purse.is_enough(len(tasks)) else asking.round(everybody, SMALL.at_once, is_last=False)
    asking.round(waiting, FULL.at_once, is_last=True)
    # Not before: each process that is started takes the time to look at what was read in this one since the last.
    return [told(asking.found.pop(number)) for number in everybody]


class _Asking:
    """What was answered so far, and what is left to spend."""

    def __init__(self, machine: Ground, tasks: Sequence[Task], names: Sequence[str], own: Sequence[Reading]) -> None:
        self.found: dict[int, children.Answer] = {}
        self.purse = Purse(len(tasks))
        self._machine = machine
        self._tasks = tasks
        self._names = names
        self._elsewhere = frozenset(one.environment for one in own if one.environment and one.manifest is not None)
        self._evidence = ALL_EVIDENCE

    def round(self, numbers: Sequence[int], at_once: int, *, is_last: bool) -> list[int]:
        """Asks the processes of these tasks; returns the tasks that need more than their share."""
        shares: list[tuple[int, Share]] = []
        again: list[int] = []
        for started, answer in children.each(self._jobs(numbers, shares, is_last=is_last), at_once=at_once):
            number, share = shares[started]
            much = extent(answer)
            if much.rows > share.rows:
                self.purse.settle(share, answer, 0, 0)
                self._keep(number, children.Answer([], "it says that it has more packages than it may"), 0)
            elif is_last or much.is_whole or answer.failure == children.STUCK:
                self.purse.settle(share, answer, much.rows, much.size)
                self._keep(number, answer, much.evidence)
            else:
                self.purse.settle(share, answer, 0, 0)
                again.append(number)
        return sorted(again)

    def _jobs(
        self, numbers: Sequence[int], shares: list[tuple[int, Share]], *, is_last: bool
    ) -> Iterator[children.Job]:
        """Yields what is to be done for each task, and notes its share; who gets none has a reason as the answer."""
        for position, number in enumerate(numbers):
            if gap := self.purse.gap(is_first=not is_last):
                self._keep(number, children.Answer([], gap), 0)
                continue
            share = self.purse.large(len(numbers) - position) if is_last else self.purse.small()
            self.purse.lend(share)
            shares.append((number, share))
            task = self._tasks[number]
            yield job(self._machine, task, self._names, self._elsewhere, share, is_last=is_last)

    def _keep(self, number: int, answer: children.Answer, evidence: int) -> None:
        """Keeps an answer; evidence only as long as everybody has some."""
        self.found[number] = answer
        self._evidence -= evidence
        if not self._machine.remembers:
            _forget(answer)
        elif not evidence or self._evidence < 0:
            self._machine = self._machine._replace(remembers=False)
            for one in self.found.values():
                _forget(one)


def _forget(answer: children.Answer) -> None:
    """Leaves the evidence out of an answer."""
    answer.pieces[:] = [piece for piece in answer.pieces if piece[:1] != EVIDENCE]
