"""What one user's process reads and answers, and what root's process takes of the answer."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import answers
from cortexrepo.errors import CorruptError
from cortexrepo.machine import children
from cortexrepo.machine.budget import Budget
from cortexrepo.machine.holders import ANYBODY
from cortexrepo.machine.notes import Notes
from cortexrepo.machine.realm_files import RealmSystem
from cortexrepo.machine.scope import Scope
from cortexrepo.model.environment import named
from cortexrepo.model.snapshot import ABSENT, FAILED
from cortexrepo.recording.reading import read
from cortexrepo.rights.person import Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.accounts import Accounts
    from cortexrepo.machine.evidence import Evidence
    from cortexrepo.machine.purse import Share
    from cortexrepo.machine.scope import Task
    from cortexrepo.machine.walked_files import WalkedSystem
    from cortexrepo.model.inventory import Reading

_READING, _DONE, _EVIDENCE, _SHORT = b"r", b"d", b"e", b"s"
LARGEST_EVIDENCE = 1 << 20
"""So many bytes are kept to know later that one user has changed nothing."""
_WORDS = 1 << 20
"""So many bytes more are taken for reasons."""


class Ground(NamedTuple):
    """The machine that is read.

    Attributes:
        root: The descriptor of the root directory.
        plain: Its files, only to see whose a place is.
        accounts: Its accounts.
        live: Whether it is this machine's own root.
        remembers: Whether what is read is remembered.
    """

    root: int
    plain: WalkedSystem
    accounts: Accounts
    live: bool
    remembers: bool


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
    evidence = LARGEST_EVIDENCE if machine.remembers else 0
    limits = children.Limits(share.clock, share.answer + evidence + _WORDS, share.memory, 2 * ceil(share.seconds) + 1)
    work = _Work(machine, task, tuple(names), elsewhere, share, is_last)
    return children.Job(who, work.do, (machine.root,), limits)


def load() -> None:
    """Loads what a reader may need later: the files of Python may be closed to the user that it becomes."""
    import json  # noqa: F401

    from cortexrepo.model import enumeration  # noqa: F401


def person_of(machine: Ground, user: int, ground: str) -> Person:
    """Returns who a process becomes; a user without an account is in the group of the directory, and in no other.

    Args:
        machine: The machine.
        user: The user.
        ground: A directory that is read with this user's rights.
    """
    account = machine.accounts.of(user)
    if account is None:
        return Person(user, ANYBODY if user == ANYBODY else _group_at(machine, ground))
    # The groups of this machine say nothing about those of an image.
    return Person(user, account.group, account.name if machine.live else "")


def _group_at(machine: Ground, path: str) -> int:
    """Returns the group of what is at a path; never root's, and nobody's where nothing is."""
    try:
        return machine.plain.status(path).st_gid or ANYBODY
    except (OSError, ValueError):
        return ANYBODY


class _Work(NamedTuple):
    """What one user's process does; the attributes are the arguments of `job`."""

    machine: Ground
    task: Task
    names: tuple[str, ...]
    elsewhere: frozenset[str]
    share: Share
    is_last: bool

    def do(self, say: children.Say) -> None:
        """Reads, and sends what is found. What will not count is not sent."""
        task = self.task
        scope = Scope(is_wide=False, homes=task.homes, places=task.places, user=task.user, elsewhere=self.elsewhere)
        budget = Budget(self.share.seconds)
        budget.begin()
        notes = Notes() if self.machine.remembers else None
        system = RealmSystem(self.machine.root, budget, scope, notes, live=self.machine.live)
        left = _Left(self.share)
        for name in self.names:
            for found in read(name, system, ()):
                for one in _placed(found, task):
                    say(_READING + left.packed(one))
            if left.is_over or budget.spent:
                say(_SHORT)
                if not self.is_last:
                    return
            say(_DONE + name.encode())
        if notes is not None and (seen := _seen(notes)):
            say(_EVIDENCE + seen)


class _Left:
    """What may still be sent."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._rows = share.rows
        self._bytes = share.answer
        self.is_over = False

    def packed(self, found: Reading) -> bytes:
        """Returns a reading as bytes; one that is over a limit without its packages, and with the reason."""
        self._rows -= len(found.manifest.packages) if found.manifest is not None else 0
        if self._rows < 0:
            return self._without(
                found, f"the user has more than {self._share.rows} packages; the others are not recorded"
            )
        try:
            data = answers.reading(found)
        except ValueError as error:
            return self._without(found, str(error))
        self._bytes -= len(data)
        if self._bytes < 0:
            reason = f"the user's packages take more than {self._share.answer} bytes; the others are not recorded"
            return self._without(found, reason)
        return data

    def _without(self, found: Reading, reason: str) -> bytes:
        self.is_over = True
        return answers.reading(found._replace(status=FAILED, manifest=None, error=reason))


def _placed(found: Reading, task: Task) -> list[Reading]:
    """Returns a reading; of one that is about everything, one for each home and place; of one about nothing, none."""
    if found.status == ABSENT:
        return []
    if found.environment:
        return [found]
    return [found._replace(environment=named(ground)) for ground in task.grounds]


def _seen(notes: Notes) -> bytes:
    """Returns the evidence as bytes; none where it is too much, or a path is no text."""
    try:
        found = answers.evidence(notes.seen())
    except ValueError:
        return b""
    return found if len(found) <= LARGEST_EVIDENCE else b""


def told_of(answer: children.Answer) -> Told:
    """Returns an answer as values; nothing in it that is not what a reader says counts."""
    readings: list[Reading] = []
    done: set[str] = set()
    evidence: Evidence | None = None
    failure = answer.failure
    sizes = dict.fromkeys((_READING, _DONE, _SHORT, _EVIDENCE), 0)
    answer.pieces.reverse()
    while answer.pieces:  # a piece is not kept beside what it says
        piece = answer.pieces.pop()
        kind, data = piece[:1], piece[1:]
        sizes[kind] = sizes.get(kind, 0) + len(piece)
        try:
            if kind == _READING:
                readings.append(answers.read_reading(data))
            elif kind == _DONE:
                done.add(data.decode("ascii", "replace"))
            elif kind == _EVIDENCE:
                evidence = answers.read_evidence(data)
        except CorruptError as error:
            failure = failure or str(error)
    is_short = bool(sizes[_SHORT])
    return Told(
        readings,
        frozenset(done),
        failure,
        None if failure or is_short else evidence,
        is_short,
        sizes[_READING],
        sizes[_EVIDENCE],
    )
