"""The process of one user: who it becomes, what it is to do, and what it may take."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from cortexrepo.machine import children
from cortexrepo.recording.ground import person_of
from cortexrepo.recording.telling import LARGEST, Work

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.purse import Share
    from cortexrepo.machine.scope import Task
    from cortexrepo.recording.ground import Ground

_WORDS = 1 << 20
"""So many bytes more are taken for reasons."""


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
