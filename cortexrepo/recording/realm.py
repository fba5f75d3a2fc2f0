"""What one user's process reads and answers, and what root's process takes of the answer."""

from __future__ import annotations

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
    from collections.abc import Callable, Sequence

    from cortexrepo.machine.accounts import Accounts
    from cortexrepo.machine.evidence import Evidence
    from cortexrepo.machine.scope import Task
    from cortexrepo.machine.walked_files import WalkedSystem
    from cortexrepo.model.inventory import Reading

ROWS = 50_000
"""So many packages of one user are recorded: each takes half a kilobyte in root's process."""
_READING, _DONE, _EVIDENCE = b"r", b"d", b"e"
_LARGEST_EVIDENCE = 1 << 20


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
    """

    readings: list[Reading]
    done: frozenset[str]
    failure: str
    evidence: Evidence | None


def ask(machine: Ground, tasks: Sequence[Task], names: Sequence[str], own: Sequence[Reading]) -> list[Told]:
    """Returns what the process of each task answers.

    Args:
        machine: The machine.
        tasks: What is left for each user.
        names: The ecosystems.
        own: What root's process has read already.
    """
    _load()
    elsewhere = frozenset(one.environment for one in own if one.environment and one.manifest is not None)
    jobs = [
        children.Job(
            person_of(machine, task.user, task.grounds[0]), _work(machine, task, names, elsewhere), (machine.root,)
        )
        for task in tasks
    ]
    return [_told(answer) for answer in children.ask(jobs)]


def _load() -> None:
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


def _work(
    machine: Ground, task: Task, names: Sequence[str], elsewhere: frozenset[str]
) -> Callable[[children.Say], None]:
    def work(say: children.Say) -> None:
        scope = Scope(is_wide=False, homes=task.homes, places=task.places, user=task.user, elsewhere=elsewhere)
        budget = Budget()
        budget.begin()
        notes = Notes() if machine.remembers else None
        system = RealmSystem(machine.root, budget, scope, notes, live=machine.live)
        left = ROWS
        for name in names:
            for found in read(name, system, ()):
                left -= len(found.manifest.packages) if found.manifest is not None else 0
                for one in _placed(found, task):
                    say(_READING + _packed(one, left))
            say(_DONE + name.encode())
        if notes is not None and (seen := _seen(notes)):
            say(_EVIDENCE + seen)

    return work


def _placed(found: Reading, task: Task) -> list[Reading]:
    """Returns a reading; of one that is about everything, one for each home and place; of one about nothing, none."""
    if found.status == ABSENT:
        return []
    if found.environment:
        return [found]
    return [found._replace(environment=named(ground)) for ground in task.grounds]


def _packed(found: Reading, left: int) -> bytes:
    """Returns a reading as bytes; one that is over a limit without its packages, and with the reason."""
    if left < 0:
        reason = f"the user has more than {ROWS} packages; the others are not recorded"
        return answers.reading(found._replace(status=FAILED, manifest=None, error=reason))
    try:
        return answers.reading(found)
    except ValueError as error:
        return answers.reading(found._replace(status=FAILED, manifest=None, error=str(error)))


def _seen(notes: Notes) -> bytes:
    """Returns the evidence as bytes; none where it is too much, or a path is no text."""
    try:
        found = answers.evidence(notes.seen())
    except ValueError:
        return b""
    return found if len(found) <= _LARGEST_EVIDENCE else b""


def _told(answer: children.Answer) -> Told:
    """Returns an answer as values; nothing in it that is not what a reader says counts."""
    readings: list[Reading] = []
    done: set[str] = set()
    evidence: Evidence | None = None
    failure = answer.failure
    for piece in answer.pieces:
        kind, data = piece[:1], piece[1:]
        try:
            if kind == _READING:
                readings.append(answers.read_reading(data))
            elif kind == _DONE:
                done.add(data.decode("ascii", "replace"))
            elif kind == _EVIDENCE:
                evidence = answers.read_evidence(data)
        except CorruptError as error:
            failure = failure or str(error)
    return Told(readings, frozenset(done), failure, None if failure else evidence)
