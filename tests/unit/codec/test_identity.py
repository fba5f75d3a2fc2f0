"""Ids follow from the rest of a snapshot: another content gives another one, and the id itself does not count."""

from __future__ import annotations

import pytest
from support.repositories import golden

from cortexrepo.codec import identity
from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId

SNAPSHOT = golden.SECOND
OTHERS = {
    "cause": SNAPSHOT._replace(cause=SNAPSHOT.cause._replace(user="eve")),
    "message": SNAPSHOT._replace(message="after the upgrade"),
    "slots": SNAPSHOT._replace(slots=SNAPSHOT.slots[1:]),
    "a slot": SNAPSHOT._replace(slots=(SNAPSHOT.slots[0]._replace(packages=4), *SNAPSHOT.slots[1:])),
    "facts": SNAPSHOT._replace(facts=SNAPSHOT.facts[1:]),
    "optional fields": SNAPSHOT._replace(extensions=()),
}


@pytest.mark.parametrize("part", OTHERS)
def test_snapshots_of_one_moment_that_differ_have_different_ids(part: str) -> None:
    other = OTHERS[part]
    assert refname.of(other)[:29] == refname.of(SNAPSHOT)[:29]
    assert identity.of(other) != identity.of(SNAPSHOT)


def test_the_id_is_that_of_the_name_and_the_salt_whatever_id_there_was() -> None:
    made = identity.of(SNAPSHOT)
    assert identity.of(SNAPSHOT._replace(id=SnapshotId("0" * 32), previous=None)) == made
    assert refname.salt_of(refname.of(SNAPSHOT._replace(id=made))) == identity.salt(SNAPSHOT)
    assert identity.salt(SNAPSHOT) < refname.SALTS


def test_what_somebody_else_recorded_has_no_salt() -> None:
    assert identity.salt(SNAPSHOT._replace(sequence=refname.IMPORTED)) == 0
