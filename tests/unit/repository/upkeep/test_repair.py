"""Repair: only the exact content that is missing comes in, from wherever it still is, and what was there is kept."""

from __future__ import annotations

import errno
from typing import Any

import pytest
from support.disk.faults import Fault, FaultyFileSystem
from support.repositories.memories import InMemory, object_of, one, ref_of

from cortexrepo.codec import refs
from cortexrepo.model.problem import (
    DAMAGED_MARK,
    DAMAGED_OBJECT,
    DAMAGED_REF,
    DAMAGED_TAG,
    LOST_REF,
    MISSING_OBJECT,
    STRAY,
)
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness


@pytest.fixture
def place() -> InMemory:
    return InMemory()


def copy(place: InMemory, *keys: str) -> InMemory:
    """Returns another place that has these files."""
    made = InMemory()
    for key in keys:
        made.write(key, place.read(key))
    return made


def aside(place: InMemory) -> dict[str, bytes]:
    """Returns what was kept aside, without the letters that make each name the only one."""
    there = place.files.info(place.path("damaged")) is not None
    return {
        name.rpartition(".")[0]: place.read(f"damaged/{name}") for name in (place.names("damaged") if there else ())
    }


def test_each_source_is_asked_until_one_has_it_and_damaged_copies_are_passed_over(place: InMemory) -> None:
    snapshot = place.repository.create(one(1))
    good = copy(place, object_of(snapshot), ref_of(snapshot))
    torn, empty, failing = InMemory(), InMemory(), InMemory()
    for key in (object_of(snapshot), ref_of(snapshot)):
        torn.write(key, b"torn too")
        place.write(key, b"torn")
    files = FaultyFileSystem(failing.files)
    broken = Repository.open(failing.repository.location, files=files)
    files.arm(Fault(0, errno.EIO, sticky=True))
    report = place.repository.upkeep.repair(
        sources=[broken.upkeep, torn.repository.upkeep, empty.repository.upkeep, good.repository.upkeep]
    )
    assert report.problems == ()
    assert [problem.kind for problem in report.repaired] == [DAMAGED_OBJECT, DAMAGED_REF]
    assert place.repository.inventory(place.repository.get(snapshot.id)).readings == one(1).readings
    assert aside(place) == {key.replace("/", "."): b"torn" for key in (object_of(snapshot), ref_of(snapshot))}


def test_what_is_missing_is_put_back_and_nothing_is_kept_aside(place: InMemory) -> None:
    snapshot = place.repository.create(one(1))
    source = copy(place, object_of(snapshot))
    place.unlink(object_of(snapshot))
    assert [
        problem.kind for problem in place.repository.upkeep.repair(sources=[source.repository.upkeep]).repaired
    ] == [MISSING_OBJECT]
    assert aside(place) == {}
    assert place.repository.upkeep.verify().problems == ()


@pytest.mark.parametrize("forged", [{"origin": "f" * 32}, {"machine": "f" * 32}, {"sequence": 2}, {"created_at": 1}])
def test_a_ref_of_another_name_is_not_taken(place: InMemory, forged: dict[str, Any]) -> None:
    snapshot = place.repository.create(one(1))
    source = InMemory()
    source.write(ref_of(snapshot), refs.encode(snapshot._replace(**forged)))
    place.write(ref_of(snapshot), b"torn")
    report = place.repository.upkeep.repair(sources=[source.repository.upkeep])
    assert (report.repaired, [problem.kind for problem in report.problems]) == ((), [DAMAGED_REF])
    assert place.read(ref_of(snapshot)) == b"torn"
    assert aside(place) == {}
    # The right one behind the wrong one is found all the same.
    right = InMemory()
    right.write(ref_of(snapshot), refs.encode(snapshot))
    assert place.repository.upkeep.repair(sources=[source.repository.upkeep, right.repository.upkeep]).problems == ()
    assert place.repository.snapshots() == (snapshot,)


def test_without_a_copy_everything_is_left_as_it_was(place: InMemory) -> None:
    torn, lost, kept = (place.repository.create(one(number)) for number in range(3))
    place.write(object_of(torn), b"torn")
    place.write(ref_of(kept), b"torn")
    place.unlink(object_of(lost))
    place.write("thesis", b"mine")
    report = place.repository.upkeep.repair()
    assert [problem.kind for problem in report.problems] == [DAMAGED_OBJECT, MISSING_OBJECT, DAMAGED_REF, STRAY]
    assert report.repaired == ()
    assert (place.read(object_of(torn)), place.read(ref_of(kept)), place.read("thesis")) == (b"torn", b"torn", b"mine")
    assert aside(place) == {}


def test_the_machine_has_what_it_still_has_and_a_copy_the_rest(place: InMemory) -> None:
    first, second = (place.repository.create(one(number)) for number in range(2))
    source = copy(place, object_of(first))
    for snapshot in (first, second):
        place.write(object_of(snapshot), b"torn")
    report = place.repository.upkeep.repair(machine=one(1), sources=[source.repository.upkeep])
    assert (report.problems, {problem.key for problem in report.repaired}) == (
        (),
        {object_of(first), object_of(second)},
    )
    assert [place.repository.inventory(one).readings for one in (first, second)] == [
        one(0).readings,
        one(1).readings,
    ]


def test_damaged_tags_and_marks_are_moved_aside_and_their_snapshots_are_there_again(place: InMemory) -> None:
    snapshot = place.repository.create(one(1), tags=["bad", "good"])
    place.repository.delete([snapshot.id])
    place.write("tags/bad", b"torn tag")
    place.write(f"deleted/{snapshot.id}", b"torn mark")
    report = place.repository.upkeep.repair()
    assert [(problem.kind, problem.key) for problem in report.repaired] == [
        (DAMAGED_TAG, "tags/bad"),
        (DAMAGED_MARK, f"deleted/{snapshot.id}"),
    ]
    assert report.problems == ()
    assert place.repository.snapshots() == (snapshot,)
    assert place.repository.tags() == {"good": snapshot.id}
    assert aside(place) == {"tags.bad": b"torn tag", f"deleted.{snapshot.id}": b"torn mark"}


def test_what_others_take_away_first_is_not_called_repaired(place: InMemory) -> None:
    place.repository.create(one(1), tags=["bad"])
    place.write("tags/bad", b"torn")
    link = place.files.link

    def removed(source: str, target: str) -> None:
        link(source, target)
        if "/damaged/" in target:
            place.files.unlink(source)

    place.files.link = removed  # type: ignore[method-assign]
    report = place.repository.upkeep.repair()
    assert (report.problems, report.repaired) == ((), ())


def test_a_ref_that_comes_back_has_its_objects_put_back_too(place: InMemory) -> None:
    snapshot = place.repository.create(one(1))
    source = copy(place, object_of(snapshot), ref_of(snapshot))
    place.unlink(object_of(snapshot))
    place.write(ref_of(snapshot), b"torn")
    report = place.repository.upkeep.repair(sources=[source.repository.upkeep])
    assert [problem.kind for problem in report.repaired] == [DAMAGED_REF, MISSING_OBJECT]
    assert report.problems == ()


def test_somebody_who_damages_it_again_and_again_does_not_keep_repair_for_ever(place: InMemory) -> None:
    snapshot = place.repository.create(one(1))
    place.write(object_of(snapshot), b"torn")
    rename = place.files.rename

    def torn(source: str, target: str) -> None:
        rename(source, target)
        if target.endswith(object_of(snapshot)):
            place.write(object_of(snapshot), b"torn")

    place.files.rename = torn  # type: ignore[method-assign]
    report = place.repository.upkeep.repair(machine=one(1))
    assert [problem.kind for problem in report.problems] == [DAMAGED_OBJECT]
    assert len(report.repaired) == 3


def test_all_snapshots_of_a_lost_segment_come_back_at_once(place: InMemory) -> None:
    made = place.fill(40)
    place.repository.upkeep.gc(tidiness=Tidiness(recent=2, least=1))
    good = copy(place, *(f"{name}/{file}" for name in ("refs", "segments", "packs") for file in place.names(name)))
    (segment,) = place.names("segments")
    place.unlink(f"segments/{segment}")
    report = place.again().upkeep.repair(sources=[good.repository.upkeep])
    assert report.problems == ()
    assert len([one for one in report.repaired if one.kind == LOST_REF]) == 38
    assert list(place.again().snapshots()) == made[::-1]


def test_what_a_collector_removed_does_not_come_back_with_what_was_lost(place: InMemory) -> None:
    made = place.fill(6)
    good = copy(place, *(f"{name}/{file}" for name in ("refs",) for file in place.names(name)))
    place.repository.delete([made[1].id])
    place.repository.upkeep.gc(keep_deleted_ms=0)
    for snapshot in made[2:5]:
        place.unlink(ref_of(snapshot))
    report = place.again().upkeep.repair(sources=[good.repository.upkeep])
    assert report.problems == ()
    assert list(place.again().snapshots()) == [made[5], made[4], made[3], made[2], made[0]]


def test_a_note_that_is_gone_comes_back_and_no_snapshot_that_was_removed_with_it(place: InMemory) -> None:
    made = place.fill(6)
    refs_before = copy(place, *(f"refs/{file}" for file in place.names("refs")))
    place.repository.delete([made[1].id, made[2].id])
    place.repository.upkeep.gc(keep_deleted_ms=0)
    (note,) = place.names("removed")
    good = copy(place, f"removed/{note}")
    place.unlink(f"removed/{note}")
    assert {one.kind for one in place.again().upkeep.verify().problems} == {LOST_REF}
    sources = [refs_before.repository.upkeep, good.repository.upkeep]
    report = place.again().upkeep.repair(sources=sources)
    assert report.problems == ()
    assert place.read(f"removed/{note}") == good.read(f"removed/{note}")
    assert list(place.again().snapshots()) == [made[5], made[4], made[3], made[0]]


def test_a_note_that_tells_of_what_is_here_is_not_taken(place: InMemory) -> None:
    made = place.fill(4)
    everything = {key: place.read(f"refs/{key}") for key in place.names("refs")}
    place.repository.delete([made[1].id, made[2].id])
    place.repository.upkeep.gc(keep_deleted_ms=0)
    (note,) = place.names("removed")
    good = copy(place, f"removed/{note}")
    place.unlink(f"removed/{note}")
    own = next(key for key in everything if key.endswith(made[2].id))
    place.write(f"refs/{own}", everything[own])
    report = place.again().upkeep.repair(sources=[good.repository.upkeep])
    assert LOST_REF in {one.kind for one in report.problems}
    assert not place.files.info(place.path(f"removed/{note}"))
