"""An image as root reads it, within limits: in a process of root's of its own, which reads it and answers.

Whoever made the image is hostile, and what is root's in it is theirs as well. So its time and memory have a bound, and
what comes back is checked like any answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.machine import children
from cortexrepo.machine.budget import Budget
from cortexrepo.machine.purse import ANSWERS, MOST_CLOCK, ROWS
from cortexrepo.model.inventory import Reading
from cortexrepo.model.snapshot import FAILED, PARTIAL
from cortexrepo.recording.apart import is_unlooked
from cortexrepo.recording.reading import line, read, spread
from cortexrepo.recording.telling import DONE, Left
from cortexrepo.recording.told import told

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.machine.image_files import ImageSystem
    from cortexrepo.recording.told import Told

SECONDS = 20.0
"""Processor time for what is root's in an image."""
SIZE = 1 << 30
"""So many bytes are read of it."""
LIMITS = children.Limits(clock=MOST_CLOCK + 120, answer=2 * ANSWERS, memory=192 << 20, processor=60)
"""What the process of an image may take in all; those that it starts in its turn have shares of their own."""

_HOMES = "/"
"""Stands for the homes where an ecosystem's name is expected."""


def ask(
    system: ImageSystem,
    root: int,
    chosen: Sequence[str],
    named: Sequence[str],
    others: Callable[[list[Reading]], list[Reading]],
) -> list[Reading]:
    """Returns the readings of an image.

    Args:
        system: What root's own process reads of it; no directory of it is kept open.
        root: The descriptor of its root directory.
        chosen: The names of ecosystems.
        named: Paths of environments to read besides those that are found.
        others: Returns the readings of all users beside those of root, which are given.
    """

    def work(say: children.Say) -> None:
        left = Left("the image", ROWS, ANSWERS)
        system.budget = Budget(SECONDS, SIZE)
        system.budget.begin()
        own = []
        for name in chosen:
            found = _read(name, system, named)
            own += found
            for one in found:
                say(left.packed(one))
            say(DONE + name.encode())
        Budget.end()
        system.budget = None
        for one in others(own):
            if one not in own:
                say(left.packed(one))
        say(DONE + _HOMES.encode())

    [answer] = children.ask([children.Job(None, work, (root,), LIMITS)])
    return _believed(told(answer, absent=True), chosen)


def _read(name: str, system: ImageSystem, named: Sequence[str]) -> list[Reading]:
    try:
        return read(name, system, named)
    except MemoryError:
        return [Reading(name, "", FAILED, None, "its files need too much memory")]


def _believed(said: Told, chosen: Sequence[str]) -> list[Reading]:
    """Returns what was read, and a reading for each ecosystem that was not read to the end."""
    found = [one for one in said.readings if one.ecosystem in chosen]
    slots = {(one.ecosystem, one.environment): one for one in found if not is_unlooked(one)}
    if said.failure:
        reason = line(f"the image was not read to the end: {said.failure}")
        for name in chosen:
            if name not in said.done:
                slots[name, ""] = Reading(name, "", FAILED, None, reason)
        for name in spread(chosen):
            if _HOMES not in said.done:
                slots.setdefault((name, ""), Reading(name, "", PARTIAL, None, reason))
    return [*slots.values(), *filter(is_unlooked, found)]
