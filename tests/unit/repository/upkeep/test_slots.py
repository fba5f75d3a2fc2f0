"""What slots say of their manifests is verified: the ecosystem, and the number of packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.repositories.memories import InMemory, ref_of

from cortexrepo.codec import identity, refs
from cortexrepo.model.package import NESTED, RESIDUAL, Manifest, Package
from cortexrepo.model.problem import ADVICE, MISSING_OBJECT, WRONG_SLOT
from cortexrepo.model.snapshot import ABSENT, FAILED, PARTIAL, Later, Slot
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from cortexrepo.model.problem import Problem
    from cortexrepo.model.snapshot import Snapshot

LOOSE, PACKED = Tidiness(recent=99), Tidiness(recent=0, least=1, slack=0.0)
ways = pytest.mark.parametrize("tidiness", [LOOSE, PACKED], ids=["loose", "packed"])


@pytest.fixture
def place() -> InMemory:
    return InMemory()


def put(place: InMemory, base: Snapshot, sequence: int, *slots: Slot) -> Snapshot:
    """Puts a snapshot there that has these slots, with a checksum that is right."""
    own = identity.make(base.origin, base.machine, sequence, base.created_at)
    made = base._replace(id=own, sequence=sequence, slots=slots, previous=None)
    place.write(ref_of(made), refs.encode(made))
    return made


def wrong(place: InMemory) -> list[Problem]:
    found = place.again().upkeep.verify().problems
    assert {problem.kind for problem in found} <= {WRONG_SLOT}
    return list(found)


@ways
def test_a_slot_with_another_number_of_packages_is_named_with_all_snapshots_that_have_it(
    place: InMemory, tidiness: Tidiness
) -> None:
    first, second = place.fill(2)
    [slot] = first.slots
    many = slot._replace(packages=7)
    bad = [put(place, first, number, many) for number in (11, 12)]
    place.again().upkeep.gc(tidiness=tidiness)
    assert bool(place.names("refs")) == (tidiness == LOOSE)
    [problem] = wrong(place)
    assert problem.reason == "a slot of pip says that it has 7 packages, and its list has 1"
    assert set(problem.snapshots) == {one.id for one in bad}
    assert problem.key in {ref_of(one) for one in bad}
    assert second.id not in problem.snapshots


@ways
def test_a_slot_whose_manifest_is_of_another_ecosystem_is_named(place: InMemory, tidiness: Tidiness) -> None:
    [made] = place.fill(1)
    bad = put(place, made, 11, made.slots[0]._replace(ecosystem="apt", environment=""))
    place.again().upkeep.gc(tidiness=tidiness)
    [problem] = wrong(place)
    assert (problem.key, problem.snapshots) == (ref_of(bad), (bad.id,))
    assert problem.reason == "a slot of apt names a list of packages of pip"


def test_a_slot_without_a_manifest_has_no_packages(place: InMemory) -> None:
    [made] = place.fill(1)
    good = Slot("apt", "", PARTIAL, None, 0, "cut short"), Slot("npm", "", ABSENT)
    put(place, made, 11, *good)
    assert wrong(place) == []
    bad = put(place, made, 12, good[0], good[1]._replace(packages=3))
    [problem] = wrong(place)
    assert problem.reason == "a slot of npm has no list of packages, and says that it has 3 packages"
    assert problem.snapshots == (bad.id,)


def test_each_wrong_statement_about_one_manifest_is_named(place: InMemory) -> None:
    [made] = place.fill(1)
    [slot] = made.slots
    put(place, made, 11, slot._replace(packages=2))
    put(place, made, 12, slot._replace(packages=3), slot._replace(environment="/w"))
    assert sorted(problem.reason.partition(" has ")[2] for problem in wrong(place)) == [
        "2 packages, and its list has 1",
        "3 packages, and its list has 1",
    ]


def test_nested_and_residual_packages_do_not_count(place: InMemory) -> None:
    [made] = place.fill(1)
    rows = (Package("a", "", "1"), Package("b", "", "1", NESTED), Package("c", "", "1", RESIDUAL))
    base = place.repository.inventory(made)
    manifest = Manifest("pip", rows)
    new = place.repository.create(base._replace(readings=(base.readings[0]._replace(manifest=manifest),)))
    assert new.slots[0].packages == 1
    assert wrong(place) == []
    put(place, new, 11, new.slots[0]._replace(packages=3))
    assert len(wrong(place)) == 1


def test_a_slot_of_an_unknown_status_and_a_further_root_say_nothing_of_packages(place: InMemory) -> None:
    [made] = place.fill(1)
    [slot] = made.slots
    asleep = slot._replace(status=FAILED, object=None, packages=0, later=Later("asleep", slot.object, 99, ""))
    later = put(place, made._replace(roots=(("looked", slot.object),)), 11, asleep)  # type: ignore[arg-type]
    assert place.again().get("latest") == later._replace(slots=place.again().get("latest").slots)
    assert wrong(place) == []


def test_naming_a_snapshot_compares_its_slots_and_no_others(place: InMemory) -> None:
    first, second = place.fill(2)
    bad = put(place, first, 11, first.slots[0]._replace(packages=7))
    assert place.again().upkeep.verify([second.id]).problems == ()
    [problem] = place.again().upkeep.verify([bad.id]).problems
    assert (problem.kind, problem.snapshots) == (WRONG_SLOT, (bad.id,))


def test_a_wrong_slot_is_not_repaired_and_nothing_is_removed(place: InMemory) -> None:
    [made] = place.fill(1)
    bad = put(place, made, 11, made.slots[0]._replace(packages=7))
    data = place.read(ref_of(bad))
    report = place.again().upkeep.repair()
    assert ([problem.kind for problem in report.problems], report.repaired) == ([WRONG_SLOT], ())
    assert place.read(ref_of(bad)) == data
    assert "backup" in ADVICE[WRONG_SLOT]


def test_a_manifest_that_is_missing_is_not_called_wrong(place: InMemory) -> None:
    [made] = place.fill(1)
    put(place, made, 11, made.slots[0]._replace(object="0" * 64, packages=7))  # type: ignore[arg-type]
    assert [problem.kind for problem in place.again().upkeep.verify().problems] == [MISSING_OBJECT]
