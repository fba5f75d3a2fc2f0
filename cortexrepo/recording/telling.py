"""What one user's process reads, and how it says it: pieces of bytes, within its share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import answers
from cortexrepo.machine.budget import Budget
from cortexrepo.machine.notes import StampedNotes
from cortexrepo.machine.realm_files import RealmSystem
from cortexrepo.machine.scope import Scope
from cortexrepo.model.environment import named
from cortexrepo.model.snapshot import ABSENT, FAILED
from cortexrepo.recording.reading import read

if TYPE_CHECKING:
    from cortexrepo.machine.children import Say
    from cortexrepo.machine.purse import Share
    from cortexrepo.machine.scope import Task
    from cortexrepo.model.inventory import Reading
    from cortexrepo.recording.ground import Ground

READING, DONE, EVIDENCE, SHORT = b"r", b"d", b"e", b"s"
COUNT = 4
"""The bytes after the first of a reading that say how many packages it has."""
LARGEST = 1 << 20
"""So many bytes are kept to know later that one user has changed nothing."""


class Work(NamedTuple):
    """What one user's process does; the attributes are the arguments of `job`."""

    machine: Ground
    task: Task
    names: tuple[str, ...]
    elsewhere: frozenset[str]
    share: Share
    is_last: bool

    def do(self, say: Say) -> None:
        """Reads, and sends what is found. What will not count is not sent."""
        task = self.task
        scope = Scope(is_wide=False, homes=task.homes, places=task.places, user=task.user, elsewhere=self.elsewhere)
        budget = Budget(self.share.seconds)
        budget.begin()
        notes = StampedNotes() if self.machine.remembers else None
        system = RealmSystem(self.machine.root, budget, scope, notes, live=self.machine.live)
        left = Left("the user", self.share.rows, self.share.answer)
        is_short = False
        for name in self.names:
            for found in read(name, system, ()):
                for one in _placed(found, task):
                    say(left.packed(one))
            is_short = is_short or left.is_over or bool(budget.spent)
            if is_short and not self.is_last:
                say(SHORT)
                return
            say(DONE + name.encode())
        if notes is not None and not is_short and 0 < len(seen := notes.stamped()) <= LARGEST:
            say(EVIDENCE + seen)


class Left:
    """What may still be sent.

    Attributes:
        is_over: Whether it was not enough.
    """

    def __init__(self, whose: str, rows: int, size: int) -> None:
        """Takes whose packages they are, how many there may be, and how many bytes."""
        self._whose = whose
        self._most = rows, size
        self._rows = rows
        self._bytes = size
        self.is_over = False

    def packed(self, found: Reading) -> bytes:
        """Returns a reading as a piece; one that is over a limit without its packages, and with the reason."""
        rows = len(found.manifest.packages) if found.manifest is not None else 0
        if rows > self._rows:
            return self._without(found, f"more than {self._most[0]} packages")
        try:
            data = answers.reading(found)
        except ValueError:
            return self._without(found, f"more than {answers.LIMIT} bytes of packages in one environment")
        if len(data) > self._bytes:
            return self._without(found, f"more than {self._most[1]} bytes of packages")
        self._rows -= rows
        self._bytes -= len(data)
        return READING + rows.to_bytes(COUNT, "big") + data

    def _without(self, found: Reading, what: str) -> bytes:
        self.is_over = True
        reason = f"{self._whose} has {what}; the others are not recorded"
        return READING + bytes(COUNT) + answers.reading(found._replace(status=FAILED, manifest=None, error=reason))


def _placed(found: Reading, task: Task) -> list[Reading]:
    """Returns a reading; of one that is about everything, one for each home and place; of one about nothing, none."""
    if found.status == ABSENT:
        return []
    if found.environment:
        return [found]
    return [found._replace(environment=named(ground)) for ground in task.grounds]
