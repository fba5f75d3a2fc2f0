"""The memory: exactly the question that was asked is answered, and whatever is wrong with it is no error."""

from __future__ import annotations

import errno
import zlib

import pytest
from support.disk.faults import Fault, FaultyFileSystem
from support.repositories.memories import LOCATION, InMemory, one

from cortexrepo.codec import records
from cortexrepo.model.ids import SnapshotId
from cortexrepo.repository.memory import Memory
from cortexrepo.repository.repository import Repository

QUESTION = b"question"


@pytest.fixture
def place() -> InMemory:
    return InMemory()


def memory(question: bytes = QUESTION) -> Memory:
    return Memory(question, ("seen", 1, (b"deep",)), SnapshotId("a" * 32))


def test_what_is_remembered_answers_that_question_and_no_other(place: InMemory) -> None:
    assert place.repository.recall(QUESTION) is None
    place.repository.remember(memory())
    assert place.again().recall(QUESTION) == memory()
    assert place.again().recall(b"another") is None
    place.repository.remember(memory(b"another"))
    assert place.again().recall(QUESTION) is None
    assert place.again().recall(b"another") == memory(b"another")
    assert place.names("cache") == ["machine"]


def test_much_evidence_is_remembered_and_far_too_much_is_not(place: InMemory) -> None:
    much = Memory(
        QUESTION, tuple(f"/home/somebody/site/package-{number}" for number in range(20_000)), memory().snapshot
    )
    place.repository.remember(much)
    assert place.again().recall(QUESTION) == much
    place.repository.remember(much._replace(evidence=much.evidence * 10))
    assert place.again().recall(QUESTION) == much


@pytest.mark.parametrize(
    "data",
    [
        b"torn",
        records.seal(records.MEMORY, (QUESTION, b"not deflated", "a" * 32)),
        records.seal(records.MEMORY, (QUESTION, zlib.compress(b"\x01"), "a" * 32)),
        records.seal(records.MEMORY, (QUESTION, zlib.compress(bytes(8 << 20)), "a" * 32)),
        records.seal(records.TAG, (QUESTION, (), "a" * 32)),
        records.seal(records.MEMORY, (QUESTION, (), "not an id")),
        records.seal(records.MEMORY, (QUESTION, (), "a" * 31)),
        records.seal(records.MEMORY, (QUESTION, "seen", "a" * 32)),
        records.seal(records.MEMORY, (QUESTION, ())),
        records.seal(records.MEMORY, (QUESTION, (), "a" * 32))[:4] + b"\x02" + bytes(64),
        bytes(records.LIMIT + 1),
    ],
)
def test_a_memory_that_makes_no_sense_is_none(place: InMemory, data: bytes) -> None:
    place.write("cache/machine", data)
    assert place.repository.recall(QUESTION) is None
    place.repository.remember(memory())
    assert place.repository.recall(QUESTION) == memory()


def test_what_cannot_be_remembered_is_not_and_is_no_error(place: InMemory) -> None:
    place.repository.remember(memory())
    place.repository.remember(memory()._replace(evidence=(b"x" * (4 << 20),)))
    place.repository.remember(memory()._replace(evidence=("\ud800",)))
    assert place.repository.recall(QUESTION) == memory()


def test_a_disk_that_fails_is_as_if_nothing_were_remembered(place: InMemory) -> None:
    files = FaultyFileSystem(place.files)
    repository = Repository.open(LOCATION, files=files)
    repository.create(one(1))
    repository.remember(memory())
    files.arm(Fault(0, errno.EIO, sticky=True))
    assert repository.recall(QUESTION) is None
    repository.remember(memory())
    files.arm(None)
    assert repository.recall(QUESTION) == memory()
