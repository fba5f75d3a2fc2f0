"""What root's process takes of an answer: its extent at once, and what it says when no process is started any more."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import answers
from cortexrepo.errors import CorruptError
from cortexrepo.recording.telling import COUNT, DONE, EVIDENCE, READING, SHORT

if TYPE_CHECKING:
    from cortexrepo.machine.children import Answer
    from cortexrepo.model.inventory import Reading


class Extent(NamedTuple):
    """How much an answer is, as far as it can be told without reading it.

    Attributes:
        rows: The number of packages that it says it has.
        size: The bytes of its readings.
        evidence: The bytes of its evidence; 0 where there is none.
        is_whole: Whether the process came to its end and did not say that its share was too small.
    """

    rows: int
    size: int
    evidence: int
    is_whole: bool


class Told(NamedTuple):
    """What one process answered.

    Attributes:
        readings: What it read, not believed yet.
        done: The ecosystems that it read to the end.
        failure: Why it did not come to its end, or an empty string.
        evidence: What it looked at, as it was sent (`cortexrepo.machine.stamped`); empty where nothing was.
    """

    readings: list[Reading]
    done: frozenset[str]
    failure: str
    evidence: bytes


def extent(answer: Answer) -> Extent:
    """Returns the extent of an answer."""
    readings = [piece for piece in answer.pieces if piece[:1] == READING]
    return Extent(
        sum(int.from_bytes(piece[1 : 1 + COUNT], "big") for piece in readings),
        sum(map(len, readings)),
        sum(len(piece) for piece in answer.pieces if piece[:1] == EVIDENCE),
        not answer.failure and SHORT not in answer.pieces,
    )


def told(answer: Answer, *, absent: bool = False) -> Told:
    """Returns an answer as values, and empties it; nothing in it that is not what a reader says counts.

    Args:
        answer: The answer.
        absent: Whether it may say of everything that nothing is there.
    """
    readings: list[Reading] = []
    done: set[str] = set()
    evidence = b""
    failure = answer.failure
    answer.pieces.reverse()
    while answer.pieces:  # a piece is not kept beside what it says
        piece = answer.pieces.pop()
        try:
            match piece[:1]:
                case kind if kind == READING:
                    readings.append(_reading(piece, absent=absent))
                case kind if kind == DONE:
                    done.add(piece[1:].decode("ascii", "replace"))
                case kind if kind == EVIDENCE:
                    evidence = piece[1:]
        except CorruptError as error:
            failure = failure or str(error)
    return Told(readings, frozenset(done), failure, b"" if failure else evidence)


def _reading(piece: bytes, *, absent: bool) -> Reading:
    """Returns a reading; raises CorruptError where it has more packages than it says."""
    found = answers.read_reading(piece[1 + COUNT :], absent=absent)
    if found.manifest is not None and len(found.manifest.packages) != int.from_bytes(piece[1 : 1 + COUNT], "big"):
        raise CorruptError("the answer is damaged: it has not the number of packages that it says")
    return found
