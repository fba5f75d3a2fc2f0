"""What a collector notes of the snapshots that it removes: durable before the first one goes, and never too much."""

from __future__ import annotations

import pytest
from support.repositories.inventories import MACHINE
from support.repositories.memories import InMemory, one, ref_of

from cortexrepo.codec import removed
from cortexrepo.model.removed import Removed, Vouched
from cortexrepo.repository.upkeep.tidiness import Tidiness

LOOSE, PACKED = Tidiness(recent=99), Tidiness(recent=0, least=1)
ways = pytest.mark.parametrize("tidiness", [LOOSE, PACKED], ids=["loose", "packed"])


@pytest.fixture
def place() -> InMemory:
    return InMemory()


def _collect(place: InMemory, *gone: str, tidiness: Tidiness = LOOSE) -> None:
    place.again().delete(gone)
    place.again().upkeep.gc(keep_deleted_ms=0, tidiness=tidiness)


def _key(place: InMemory, machine: str = MACHINE) -> str:
    return f"removed/{machine}-{place.repository.id}"


def _note(place: InMemory, machine: str = MACHINE) -> Removed:
    return removed.decode(place.read(_key(place, machine)))


@ways
def test_a_note_says_the_numbers_and_what_the_removed_ones_vouch_for(place: InMemory, tidiness: Tidiness) -> None:
    made = [place.repository.create(one(number)) for number in range(6)]
    place.again().upkeep.gc(tidiness=tidiness)
    digest = made[2].previous
    assert digest is not None
    _collect(place, made[2].id, made[3].id, tidiness=tidiness)
    found = _note(place)
    assert (found.machine, found.origin, found.since, found.spans) == (MACHINE, place.repository.id, 0, ((3, 4),))
    # Of the first one that went nobody else says what came before it; 3 is vouched for by 4, which went with it.
    assert found.vouched == (Vouched(2, made[1].created_at, digest.checksum[:16]),)
    _collect(place, made[1].id, made[5].id, tidiness=tidiness)
    found = _note(place)
    assert found.spans == ((2, 4), (6, 6))
    assert [(one.sequence, one.created_at) for one in found.vouched] == [(1, 1_000_000), (5, 1_000_000)]
    assert place.again().upkeep.verify().problems == ()


def test_each_machine_has_a_note_of_its_own_and_what_others_recorded_has_none(place: InMemory) -> None:
    other = "0123456789abcdef" + "f" * 16
    mine, others = place.repository.create(one(1)), place.repository.create(one(2, other))
    past = place.repository.record(one(3), 500)
    assert past is not None
    _collect(place, mine.id, others.id, past.id)
    assert place.names("removed") == sorted(f"{machine}-{place.repository.id}" for machine in (MACHINE, other))
    assert (_note(place).spans, _note(place, other).spans) == (((1, 1),), ((1, 1),))
    # What was rebuilt may be rebuilt again: its number says nothing.
    assert place.again().record(one(3), 500) == past


def test_a_dry_run_notes_nothing(place: InMemory) -> None:
    made = place.repository.create(one(1))
    place.repository.delete([made.id])
    place.again().upkeep.gc(keep_deleted_ms=0, dry_run=True)
    assert place.names("removed") == []


@ways
def test_a_note_of_a_collector_that_died_is_taken_back_with_its_claim(place: InMemory, tidiness: Tidiness) -> None:
    made = [place.repository.create(one(number)) for number in range(4)]
    place.again().upkeep.gc(tidiness=tidiness)
    place.repository.delete([made[0].id])
    place.write(f"deleted/{made[0].id}.claimed", place.read(f"deleted/{made[0].id}"))
    place.unlink(f"deleted/{made[0].id}")
    place.write(_key(place), removed.encode(Removed(MACHINE, place.repository.id, 0, ((1, 1), (9, 9)))))
    place.again().upkeep.gc(keep_deleted_ms=1 << 40, tidiness=tidiness)
    assert _note(place).spans == ((9, 9),)
    assert [one.id for one in place.again().listing(deleted=True).snapshots] == [made[0].id]


def test_no_number_is_given_a_second_time_also_where_all_have_gone(place: InMemory) -> None:
    made = [place.repository.create(one(number)) for number in range(3)]
    _collect(place, *(snapshot.id for snapshot in made))
    assert place.names("refs") == []
    # The clock stands still: the same number would give the same name.
    new = place.again().create(one(1))
    assert (new.sequence, new.previous) == (4, None)
    assert ref_of(new) not in {ref_of(snapshot) for snapshot in made}


def test_a_damaged_note_hinders_nobody_and_the_next_one_says_less(place: InMemory) -> None:
    made = [place.repository.create(one(number)) for number in range(4)]
    _collect(place, made[0].id)
    good = place.read(_key(place))
    place.write(_key(place), good[:-1] + bytes((good[-1] ^ 1,)))
    assert place.again().create(one(9)).sequence == 5
    _collect(place, made[1].id)
    found = _note(place)
    assert (found.since, found.spans) == (5, ())
    assert not found.covers(1)
    assert found.highest == 4
    _collect(place, place.again().get("latest").id)
    assert (_note(place).since, _note(place).spans) == (5, ((5, 5),))
    assert place.again().create(one(9)).sequence == 6
