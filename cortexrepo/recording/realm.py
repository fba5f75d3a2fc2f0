"""The process of one user: what it is given of the machine, and what root's process takes of its answer."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import answers
from cortexrepo.errors import CorruptError
from cortexrepo.machine import children
from cortexrepo.recording.ground import person_of
from cortexrepo.recording.telling import DONE, EVIDENCE, LARGEST, READING, SHORT, Work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.evidence import Evidence
    from cortexrepo.machine.purse import Share
    from cortexrepo.machine.scope import Task
    from cortexrepo.model.inventory import Reading
    from cortexrepo.recording.ground import Ground

_WORDS = 1 << 20
"""So many bytes more are taken for reasons."""


class Told(NamedTuple):
    """What one process answered.

    Attributes:
        readings: What it read, not believed yet.
        done: The ecosystems that it read to the end.
        failure: Why it did not come to its end, or an empty string.
        evidence: What it looked at, or None.
        is_short: Whether it says that its share was too small.
        size: The bytes of its readings.
        evidence_size: The bytes of its evidence.
    """

    readings: list[Reading]
    done: frozenset[str]
    failure: str
    evidence: Evidence | None
    is_short: bool = False
    size: int = 0
    evidence_size: int = 0

    @property
    def rows(self) -> int:
        """The number of packages."""
        return sum(len(one.manifest.packages) for one in self.readings if one.manifest is not None)


def job(
    machine: Ground, task: Task, names: Sequence[str], elsewhere: frozenset[str], share: Share, *, is_last: bool
) -> children.Job:
    """Returns what the process of a task is to do.

    Args:
        machine: The machine.
        task: What is left for the user.
        names: The ecosystems.
        elsewhere: The environments that root's process has read already.
        share: What it may spend.
        is_last: Whether what it has read counts where it does not come to its end.
    """
    who = person_of(machine, task.user, task.grounds[0])
    evidence = LARGEST if machine.remembers else 0
    limits = children.Limits(share.clock, share.answer + evidence + _WORDS, share.memory, 2 * ceil(share.seconds) + 1)
    work = Work(machine, task, tuple(names), elsewhere, share, is_last)
    return children.Job(who, work.do, (machine.root,), limits)


def load() -> None:
    """Loads what a reader may need later: the files of Python may be closed to the user that it becomes."""
    import json  # noqa: F401

    from cortexrepo.model import enumeration  # noqa: F401


def told_of(answer: children.Answer, *, absent: bool = False) -> Told:
    """Returns an answer as values; nothing in it that is not what a reader says counts."""
    readings: list[Reading] = []
    done: set[str] = set()
    evidence: Evidence | None = None
    failure = answer.failure
    sizes = dict.fromkeys((READING, DONE, SHORT, EVIDENCE), 0)
    answer.pieces.reverse()
    while answer.pieces:  # a piece is not kept beside what it says
        piece = answer.pieces.pop()
        kind, data = piece[:1], piece[1:]
        sizes[kind] = sizes.get(kind, 0) + len(piece)
        try:
            if kind == READING:
                readings.append(answers.read_reading(data, absent=absent))
            elif kind == DONE:
                done.add(data.decode("ascii", "replace"))
            elif kind == EVIDENCE:
                evidence = answers.read_evidence(data)
        except CorruptError as error:
            failure = failure or str(error)
    is_short = bool(sizes[SHORT])
    return Told(
        readings,
        frozenset(done),
        failure,
        None if failure or is_short else evidence,
        is_short,
        sizes[READING],
        sizes[EVIDENCE],
    )
