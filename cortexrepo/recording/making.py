"""What a user's process does to make files of packages, and how it sends them: parts at places, then a word on each.

A wheel's headers are filled in afterwards, so what is sent is not only bytes one after the other, but where they go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import answers
from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.files import Place
from cortexrepo.errors import CollectError, CorruptError
from cortexrepo.machine.budget import Budget, SpentError
from cortexrepo.machine.realm_files import RealmSystem
from cortexrepo.machine.scope import Scope
from cortexrepo.model.artifact import CACHE, INSTALLED, joined
from cortexrepo.recording.reading import line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.ecosystems.contract.files import Made, Wanted, Whose
    from cortexrepo.ecosystems.contract.restoring import Room
    from cortexrepo.machine.children import Say

SECONDS = 240
"""Processor time for all files of one user and one command; what is left over is made by the next command."""
LARGEST = 4 << 30
"""No file that is made has more bytes."""
_BUFFER = 1 << 18
_OFFSET = 8
_WRITE, _WORD = b"w", b"."
_ORIGINS = frozenset({CACHE, INSTALLED})
AGAIN = "run `cortex snapshot artifacts fetch` to keep the other files"
FOREIGN = "is made of files that somebody else than the holder of the environment can change"


class Row(NamedTuple):
    """One file that is wanted: the ecosystem, and every environment of the user that the package is installed in."""

    ecosystem: str
    wanted: tuple[Wanted, ...]


class Ours(NamedTuple):
    """The environments of one user: whose they are is known, whose a file is, is looked at.

    Attributes:
        holder: The holder of the environments, as in `Artifact`.
        files: Says whose files are.
    """

    holder: str
    files: Whose

    def environment(self, ecosystem: str, path: str) -> str:  # noqa: ARG002 -- the same for all
        """See `Whose.environment`."""
        return self.holder

    def paths(self, paths: Iterable[str]) -> str:
        """See `Whose.paths`."""
        return self.files.paths(paths)


class Write(NamedTuple):
    """A part of a file, and where in the file it is."""

    offset: int
    data: bytes


class Word(NamedTuple):
    """What became of a file: the environment's number in the row, its name and origin, or the reason why there is none.

    Whatever was written before belongs to this file.
    """

    row: int
    environment: int
    name: str
    origin: str
    reason: str


class Outlet:
    """A `Target` whose content is sent away. Not more is kept than a piece."""

    def __init__(self, say: Say, budget: Budget) -> None:
        """Takes who sends, and what may be spent."""
        self._say = say
        self._budget = budget
        self._start = 0
        self._waiting = bytearray()

    def write(self, data: bytes, /) -> int:
        """See `Target.write`. Raises SpentError when the processor time is used up."""
        self._budget.ask()
        view = memoryview(data)
        for at in range(0, len(view), _BUFFER):
            self._waiting += view[at : at + _BUFFER]
            if len(self._waiting) >= _BUFFER:
                self.flush()
        return len(view)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """See `Target.seek`; only from the start."""
        assert not whence
        if offset != self.tell():
            self.flush()
            self._start = offset
        return offset

    def tell(self) -> int:
        """See `Target.tell`."""
        return self._start + len(self._waiting)

    def flush(self) -> None:
        """See `Target.flush`."""
        if self._waiting:
            self._say(_WRITE + self._start.to_bytes(_OFFSET, "big") + self._waiting)
            self._start += len(self._waiting)
            self._waiting.clear()


class Work(NamedTuple):
    """What a user's process makes.

    Attributes:
        root: The descriptor of the root directory.
        live: Whether it is this machine's own root.
        user: The user.
        homes: The user's homes, where package managers' caches may be.
        whose: Whose things are.
        room: As in `Place`.
        rows: What is wanted.
    """

    root: int
    live: bool
    user: int
    homes: tuple[str, ...]
    whose: Ours
    room: Room
    rows: Sequence[Row]

    def do(self, say: Say) -> None:
        """Sends a file for each row, from the first environment that it can be made in, or the reasons."""
        budget = Budget(SECONDS)
        budget.begin()
        scope = Scope(is_wide=False, homes=self.homes, user=self.user)
        place = Place(RealmSystem(self.root, budget, scope, live=self.live), self.room, self.whose)
        for number, row in enumerate(self.rows):
            for environment, one in enumerate(row.wanted):
                word = self._made(row.ecosystem, one, place, say, budget)._replace(row=number, environment=environment)
                say(_WORD + answers.word(word))
                if not word.reason:
                    break

    def _made(self, ecosystem: str, one: Wanted, place: Place, say: Say, budget: Budget) -> Word:
        """Sends one file; returns what became of it."""
        target = Outlet(say, budget)
        try:
            budget.ask()
            made = _maker(ecosystem, one, place, target)
            target.flush()
        except CollectError as error:
            return Word(0, 0, "", "", line(str(error)))
        except SpentError:
            return Word(0, 0, "", "", f"the files of the user {self.user} take too much time; {AGAIN}")
        except MemoryError:
            return Word(0, 0, "", "", "the package needs too much memory")
        # Whose each file is, is looked at after it was read.
        if joined(self.whose.holder, self.whose.paths(made.made_of)) != self.whose.holder:
            return Word(0, 0, "", "", line(f"{made.name} {FOREIGN}"))
        return Word(0, 0, made.name, made.origin, "")


def _maker(ecosystem: str, one: Wanted, place: Place, target: Outlet) -> Made:
    maker = registry.maker(ecosystem)
    assert maker is not None
    return maker.make(one, place, target)


def heard(piece: bytes) -> Write | Word:
    """Returns what a piece says; raises CorruptError for anything that such a process does not say."""
    if piece[:1] == _WRITE and len(piece) > 1 + _OFFSET:
        offset = int.from_bytes(piece[1 : 1 + _OFFSET], "big")
        if offset + len(piece) - 1 - _OFFSET > LARGEST:
            raise CorruptError(f"the file has more than {LARGEST >> 30} GiB")
        return Write(offset, piece[1 + _OFFSET :])
    if piece[:1] == _WORD:
        word = Word(*answers.read_word(piece[1:]))
        # Never one that a source vouches for: this is a user's word.
        if word.reason or (word.origin in _ORIGINS and word.name):
            return word
    raise CorruptError("the answer is damaged: it is neither a part of a file nor a word on one")
