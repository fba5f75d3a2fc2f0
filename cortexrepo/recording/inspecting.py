"""A look at installed files, with the rights of whoever they belong to: root reads nothing of another user's."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import answers
from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.installed import Asked
from cortexrepo.errors import CorruptError
from cortexrepo.machine import children
from cortexrepo.machine.budget import Budget, SpentError
from cortexrepo.machine.holders import ANYBODY, ForeignError
from cortexrepo.machine.realm_files import RealmSystem
from cortexrepo.machine.scope import Scope
from cortexrepo.model.installed import KINDS, NOBODY, WHOLE, Finding, Inspected
from cortexrepo.model.progress import untold
from cortexrepo.recording.collecting import view_of
from cortexrepo.recording.ground import person_of
from cortexrepo.recording.reading import line, text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Literal

    from cortexrepo.ecosystems.contract.files import Files
    from cortexrepo.machine.children import Say
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.progress import Progress
    from cortexrepo.recording.realms import Realms
    from cortexrepo.recording.view import View

    Function = Literal["look", "lost", "held", "booked"]
    """A function of `Inspector`."""

SECONDS = 120.0
"""Processor time for the files of one user; the others are not looked at."""
WAIT = 180.0
"""So long one user's process is waited for, in seconds."""
ANSWER = 16 << 20
"""So many bytes one user's process sends."""
MEMORY = 128 << 20
"""So many bytes more than its parent a user's process has."""
_OVER = 10
"""So many seconds a process has to end by itself."""
_SEVERAL = "several people can change the environment, and root reads nothing of it"
_FOUND, _DONE, _SPENT = b"f", b"d", b"s"


class Question(NamedTuple):
    """A look at one environment: how it is now, and the numbers of the packages that are meant."""

    reading: Reading
    chosen: frozenset[int]

    @property
    def asked(self) -> Asked:
        """What an inspector is asked."""
        manifest = self.reading.manifest
        rows = () if manifest is None else manifest.packages
        return Asked(self.reading.environment, self.reading.facts, rows, self.chosen)


def inspect(
    questions: Sequence[Question], function: Function = "look", root: str = "/", progress: Progress | None = None
) -> list[Inspected]:
    """Returns what was found for each question, in their order, and raises for nothing that is found.

    No program is started, and nothing is written.

    Args:
        questions: What to look at.
        function: How: a function of `Inspector`.
        root: The root directory of the machine; RequestError is `collect`'s.
        progress: Is told what is done, how many of how many.
    """
    view = view_of(root)
    try:
        return _Look(view, function, progress or untold).answers(questions)
    finally:
        view.close()


class _Look:
    """One look at a machine."""

    def __init__(self, view: View, function: Function, progress: Progress) -> None:
        self._view, self._function, self._progress = view, function, progress

    def answers(self, questions: Sequence[Question]) -> list[Inspected]:
        """See `inspect`."""
        found: dict[int, Inspected] = {}
        theirs: dict[int, list[int]] = {}
        for number, question in enumerate(questions):
            reason = _refusal(question.reading)
            user = 0 if reason else self._user(question.reading)
            if reason or user == ANYBODY:
                found[number] = _unseen(question, reason or _SEVERAL)
            elif user:
                theirs.setdefault(user, []).append(number)
            else:
                found[number] = self._here(question)
        for user, numbers in theirs.items():
            answer = self._asked(user, [questions[number] for number in numbers])
            found |= zip(numbers, answer, strict=True)
        return [found[number] for number in range(len(questions))]

    def _user(self, reading: Reading) -> int:
        """Returns the user with whose rights an environment is read; 0 for those of this process."""
        if registry.is_one(reading.ecosystem) or self._view.system is self._view.plain:
            return 0
        programs = registry.programs(reading.ecosystem)
        inside = () if programs is None else programs.packages(reading.environment, dict(reading.facts))
        try:
            for place in (reading.environment, *inside):
                self._view.system.is_directory(place)
        except ForeignError as error:
            return error.holder
        except OSError:
            return 0  # the look will say so
        return 0

    def _here(self, question: Question) -> Inspected:
        """Returns what this process finds."""
        rows = question.asked.rows
        findings: list[Finding] = []
        reason = ""
        try:
            for one in _found(question, self._function, self._view.system):  # type: ignore[arg-type]
                self._progress(f"looking at files of {question.reading.ecosystem}", max(one.row, 0), len(rows))
                findings.append(one)
        except (OSError, ValueError, RecursionError, LookupError, TypeError) as error:
            reason = line(f"{type(error).__name__}: {error}")
        return Inspected(question.reading.ecosystem, question.reading.environment, rows, tuple(findings), reason)

    def _asked(self, user: int, questions: Sequence[Question]) -> list[Inspected]:
        """Returns what a process finds that has become a user."""
        realms: Realms = self._view  # type: ignore[assignment]
        ground = realms.ground((user,))
        who = person_of(ground, user, questions[0].reading.environment)
        work = _Work(ground.root, ground.live, user, realms.homes_of(user), self._function, questions)
        _load(questions)
        self._progress(f"looking at files of the user {user}", 0, len(questions))
        limits = children.Limits(clock=WAIT, answer=ANSWER, memory=MEMORY, processor=ceil(SECONDS) + _OVER)
        [answer] = children.ask([children.Job(who, work.do, (ground.root,), limits)])
        return _heard(answer, questions)


class _Work(NamedTuple):
    """What a user's process looks at."""

    root: int
    live: bool
    user: int
    homes: tuple[str, ...]
    function: Function
    questions: Sequence[Question]

    def do(self, say: Say) -> None:
        """Sends what is found for each question, and a mark behind what was looked at to its end."""
        budget = Budget(SECONDS)
        budget.begin()
        scope = Scope(is_wide=False, homes=self.homes, user=self.user)
        system = RealmSystem(self.root, budget, scope, live=self.live)
        for number, question in enumerate(self.questions):
            try:
                for one in _found(question, self.function, system):
                    say(_FOUND + answers.finding((number, *one)))
            except SpentError:
                say(_SPENT + f"the files of the user {self.user} take too much time".encode())
                return
            except (OSError, ValueError, RecursionError, LookupError, TypeError, MemoryError) as error:
                say(_SPENT + line(f"{type(error).__name__}: {error}").encode())
                return
            say(_DONE + str(number).encode())


def _found(question: Question, function: Function, system: Files) -> Iterator[Finding]:
    """Yields what is found, as text that can be stored and sent."""
    facet = registry.inspector(question.reading.ecosystem)
    assert facet is not None
    for one in getattr(facet, function)(question.asked, system):
        yield one._replace(path=text(one.path), reason=line(one.reason))


def _refusal(reading: Reading) -> str:
    """Returns why nothing can be looked at, or an empty string."""
    if reading.manifest is None:
        return reading.error or "the packages were not read"
    if registry.inspector(reading.ecosystem) is None:
        return f"files of {reading.ecosystem} packages cannot be looked at by this program"
    return ""


def _unseen(question: Question, reason: str) -> Inspected:
    return Inspected(question.reading.ecosystem, question.reading.environment, question.asked.rows, (), reason)


def _heard(answer: children.Answer, questions: Sequence[Question]) -> list[Inspected]:
    """Returns an answer as values; nothing in it that is not what such a process says counts."""
    found: list[list[Finding]] = [[] for _ in questions]
    done: set[bytes] = set()
    failure = answer.failure
    for piece in answer.pieces:
        if piece[:1] == _DONE:
            done.add(piece[1:])
        elif piece[:1] == _SPENT:
            failure = failure or line(piece[1:].decode("utf-8", "replace"))
        else:
            try:
                number, one = _checked(piece, questions)
            except CorruptError as error:
                failure = failure or str(error)
                break
            found[number].append(one)
    return [
        Inspected(
            question.reading.ecosystem,
            question.reading.environment,
            question.asked.rows,
            tuple(found[number]),
            "" if str(number).encode() in done else failure or "the user's process does not speak of the environment",
        )
        for number, question in enumerate(questions)
    ]


def _checked(piece: bytes, questions: Sequence[Question]) -> tuple[int, Finding]:
    if piece[:1] == _FOUND:
        number, kind, row, path, reason, count = answers.read_finding(piece[1:])
        is_known = 0 <= number < len(questions) and kind in KINDS and count >= WHOLE
        if is_known and NOBODY <= row < len(questions[number].asked.rows):
            return number, Finding(kind, row, path, line(reason), count)
    raise CorruptError("the answer is damaged: it says nothing of a file")


def _load(questions: Sequence[Question]) -> None:
    """Loads what a look may need later: the files of Python may be closed to the user that it becomes."""
    import json

    from cortexrepo.model import enumeration  # noqa: F401

    assert json is not None
    for question in questions:
        registry.inspector(question.reading.ecosystem)
