"""A repository in which later versions wrote too: nothing that they need is lost, and every byte comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.repositories.memories import InMemory, one, ref_of

from cortexrepo.codec import identity, refs
from cortexrepo.errors import MissingObjectError
from cortexrepo.model.problem import MISSING_OBJECT
from cortexrepo.model.snapshot import FAILED, Later, Slot
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.ids import ObjectId
    from cortexrepo.model.snapshot import Snapshot

LOOSE, PACKED = Tidiness(recent=99), Tidiness(recent=0, least=1)
SAID = "a newer version of cortex recorded it with the status 'asleep': wakes at night"


@pytest.fixture
def place() -> InMemory:
    return InMemory()


def _put(place: InMemory, base: Snapshot, sequence: int, **changes: object) -> Snapshot:
    """Puts a changed snapshot with another number there, as a later version would, and returns it."""
    own = identity.make(base.origin, base.machine, sequence, base.created_at)
    later = base._replace(id=own, sequence=sequence, **changes)  # type: ignore[arg-type]
    place.write(ref_of(later), refs.encode(later))
    return later


def _object(snapshot: Snapshot) -> ObjectId:
    (found,) = snapshot.objects()
    return found


def _asleep(held: ObjectId) -> Slot:
    """Returns a slot with a status that this version does not know."""
    later = Later("asleep", held, 7, "wakes at night")
    return Slot("apt", "", FAILED, None, 0, SAID, (("a", "1"),), (("b", b"2"),), later)


def _collect(place: InMemory, gone: Iterable[Snapshot], tidiness: Tidiness) -> None:
    place.again().delete([one.id for one in gone])
    place.again().upkeep.gc(keep_deleted_ms=0, tidiness=tidiness)


@pytest.mark.parametrize("tidiness", [LOOSE, PACKED], ids=["loose", "packed"])
def test_the_object_of_a_slot_with_an_unknown_status_and_further_roots_are_kept_as_long_as_they_are_named(
    place: InMemory, tidiness: Tidiness
) -> None:
    made = place.fill(3)
    held, root, unneeded = map(_object, made)
    later = _put(place, made[0], 9, slots=(_asleep(held),), roots=(("looked", root),), extensions=(("tail", b"x"),))
    data = refs.encode(later)
    # Once while it may be packed with others, and once alone.
    _collect(place, made[:1], tidiness)
    _collect(place, made[1:], tidiness)
    repository = place.again()
    assert repository.snapshots() == (later,)
    assert bool(place.names("refs")) == (tidiness == LOOSE)
    assert [repository.manifest(one).packages[0].name for one in (held, root)] == ["a", "a"]
    with pytest.raises(MissingObjectError):
        repository.manifest(unneeded)
    assert refs.encode(repository.get("latest")) == data
    assert [reading[:3] for reading in repository.inventory(later).readings] == [("apt", "", FAILED)]
    assert repository.upkeep.verify().problems == ()
    place.now += 1
    new = place.again().create(one(9))
    assert (new.sequence, new.previous is not None and new.previous.id) == (10, later.id)
    _collect(place, [later], tidiness)
    for each in (held, root):
        with pytest.raises(MissingObjectError):
            place.again().manifest(each)


def test_what_such_a_slot_and_a_further_root_name_is_missed_by_verify(place: InMemory) -> None:
    made = place.fill(1)[0]
    lost, gone = "1" * 64, "2" * 64
    later = _put(place, made, 9, slots=(_asleep(lost),), roots=(("looked", gone),))  # type: ignore[arg-type]
    problems = place.again().upkeep.verify().problems
    assert [(problem.kind, problem.snapshots) for problem in problems] == [(MISSING_OBJECT, (later.id,))] * 2
    assert {problem.key.replace("/", "") for problem in problems} == {f"objects{lost}", f"objects{gone}"}


def test_machines_whose_ids_have_all_digits_in_common_except_the_last_are_two(place: InMemory) -> None:
    left, right = "0" * 31 + "1", "0" * 31 + "2"
    first = [place.repository.create(one(number, left)) for number in range(3)]
    second = [place.repository.create(one(number, right)) for number in range(2)]
    assert [snapshot.sequence for snapshot in (*first, *second)] == [1, 2, 3, 1, 2]
    assert second[0].previous is None
    assert second[1].previous is not None
    assert second[1].previous.id == second[0].id
    # Two of one number and moment have two names: the machine is in both.
    assert len({ref_of(snapshot) for snapshot in (*first, *second)}) == 5
    _collect(place, [first[2], second[1]], PACKED)
    assert [place.again().create(one(9, machine)).sequence for machine in (left, right)] == [4, 3]
    place.again().upkeep.gc(tidiness=PACKED)
    assert set(place.again().snapshots()) > {first[0], first[1], second[0]}
    assert len(place.again().snapshots()) == 5
    assert place.again().upkeep.verify().problems == ()
