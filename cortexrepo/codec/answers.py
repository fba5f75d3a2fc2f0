"""What a process with another user's rights answers, as bytes and back, checked as hostile."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cortexrepo.codec.canonical import Table, fits, pack, unpack, unpack_table
from cortexrepo.codec.objects import package_of, pairs
from cortexrepo.errors import CorruptError
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import Manifest
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    Word = tuple[int, int, str, str, str]
    Found = tuple[int, str, int, str, str, int]

LIMIT = 16 << 20
_TABLE = Table(LIMIT, fields=6, place=3, rows=1 << 17, width=5, row=1 << 17, pairs=1 << 19)
_PATH, _LINE, _FACTS = 4 * 4096, 2000, 8
"""No name of an environment, no line of text, and no number of facts is larger: a byte of a path takes four."""


def reading(found: Reading) -> bytes:
    """Returns a reading as bytes; raises ValueError where it is too large, or no text."""
    rows = None if found.manifest is None else found.manifest.packages
    data = pack((found.ecosystem, found.environment, found.status, rows, found.error, found.facts))
    if len(data) > LIMIT:
        raise ValueError(f"its packages take {len(data)} bytes, and {LIMIT} are allowed")
    return data


def read_reading(data: bytes, *, absent: bool = False) -> Reading:
    """Returns the reading in the bytes; raises CorruptError for anything else than what a collector returns.

    Args:
        data: The bytes.
        absent: Whether it may say of everything that nothing is there.
    """
    match unpack_table(data, _TABLE):
        case (str(ecosystem), str(environment), str(status), (tuple() | None) as rows, str(error), tuple(facts)) if (
            (status in {OK, PARTIAL} and rows is not None) or (status in {PARTIAL, FAILED} and rows is None)
        ) and _is_short(environment, error, facts):
            manifest = None if rows is None else Manifest.of(ecosystem, map(package_of, rows))
            return Reading(ecosystem, environment, status, manifest, error, cast("tuple[tuple[str, str], ...]", facts))
        case (str(ecosystem), "", str(status), None, "", ()) if absent and status == ABSENT:
            return Reading(ecosystem, "", ABSENT, None, "")
        case _:
            pass
    raise CorruptError("the answer is damaged: it is no reading")


def _is_short(environment: str, error: str, facts: tuple[object, ...]) -> bool:
    return (
        len(environment) <= _PATH
        and len(error) <= _LINE
        and len(facts) <= _FACTS
        and pairs(facts)
        and all(len(text) <= _PATH for pair in facts for text in cast("tuple[str, str]", pair))
    )


def word(said: Word) -> bytes:
    """Returns a word on a file as bytes; raises ValueError where it is no text."""
    return pack(said)


def read_word(data: bytes) -> Word:
    """Returns the word in the bytes; raises CorruptError for anything else."""
    found = unpack(data, 5 * _PATH)
    if not fits(found, int, int, str, str, str):
        raise CorruptError("the answer is damaged: it is no word on a file")
    return cast("Word", found)


def finding(said: Found) -> bytes:
    """Returns what was found of a file as bytes; raises ValueError where it is no text."""
    return pack(said)


def read_finding(data: bytes) -> Found:
    """Returns what was found in the bytes; raises CorruptError for anything else."""
    found = unpack(data, 5 * _PATH)
    if not fits(found, int, str, int, str, str, int):
        raise CorruptError("the answer is damaged: it says nothing of a file")
    return cast("Found", found)
