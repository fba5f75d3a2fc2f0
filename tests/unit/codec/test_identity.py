"""Ids follow from where, of which machine, as which one and when a snapshot was made, and from nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.repositories import golden

from cortexrepo.codec import identity, refs
from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot

SNAPSHOT = golden.SECOND
NAMED = {
    "origin": SNAPSHOT._replace(origin="0" * 32),
    "machine": SNAPSHOT._replace(machine="0" * 32),
    "the last digit of the machine": SNAPSHOT._replace(machine=SNAPSHOT.machine[:-1] + "1"),
    "sequence": SNAPSHOT._replace(sequence=SNAPSHOT.sequence + 1),
    "moment": SNAPSHOT._replace(created_at=SNAPSHOT.created_at + 1),
}
HELD = {
    "cause": SNAPSHOT._replace(cause=SNAPSHOT.cause._replace(user="eve")),
    "message": SNAPSHOT._replace(message="after the upgrade"),
    "slots": SNAPSHOT._replace(slots=SNAPSHOT.slots[1:]),
    "facts": SNAPSHOT._replace(facts=SNAPSHOT.facts[1:]),
    "roots": SNAPSHOT._replace(roots=()),
    "link": SNAPSHOT._replace(previous=None),
    "optional fields": SNAPSHOT._replace(extensions=()),
}


def _own(snapshot: Snapshot) -> SnapshotId:
    return identity.make(snapshot.origin, snapshot.machine, snapshot.sequence, snapshot.created_at)


def test_an_id_is_of_version_1_for_ever() -> None:
    assert identity.make(golden.ORIGIN, golden.MACHINE, 1, golden.CREATED) == "430560d4f39c318bbb2fe638f2529848"


@pytest.mark.parametrize("part", NAMED)
def test_snapshots_that_differ_in_one_of_the_four_parts_have_different_ids(part: str) -> None:
    other = NAMED[part]
    assert _own(other) != _own(SNAPSHOT) == SNAPSHOT.id
    assert refs.decode(refs.encode(other)).id == _own(other)


@pytest.mark.parametrize("part", HELD)
def test_nothing_else_in_a_snapshot_makes_its_id(part: str) -> None:
    assert refs.decode(refs.encode(HELD[part])).id == SNAPSHOT.id


def test_the_id_that_a_snapshot_says_is_not_written() -> None:
    other = SNAPSHOT._replace(id=SnapshotId("0" * 32))
    assert refs.encode(other) == refs.encode(SNAPSHOT)
    assert refs.decode(refs.encode(other)) == SNAPSHOT


def test_the_two_halves_of_a_key_are_not_interchangeable() -> None:
    assert identity.key("0" * 32, "1" * 32) != identity.key("1" * 32, "0" * 32)
    assert refname.parts_of(identity.key("1" * 32, "0" * 32), identity.make("0" * 32, "1" * 32, 1, 1)) != (1, 1)
