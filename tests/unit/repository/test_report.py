"""What a verification says: the words, the numbers, the order, and whom a damage hits."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.repositories.memories import LOCATION, InMemory, object_of, one, ref_of

from cortexrepo.codec import records
from cortexrepo.disk.filesystem import Info
from cortexrepo.model.ids import ObjectId
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.problem import (
    DAMAGED_MARK,
    DAMAGED_OBJECT,
    DAMAGED_REF,
    DAMAGED_TAG,
    MISSING_OBJECT,
    NEWER_FORMAT,
    OWNER,
    PERMISSIONS,
    STRAY,
    Problem,
)
from cortexrepo.model.snapshot import ABSENT, Snapshot
from cortexrepo.repository.layout import object_key
from cortexrepo.repository.repository import Repository

TORN = "it is cut short, or it is not a record"
NEWER = "the file has format 2; this version of cortex reads format 1"


@pytest.fixture
def place() -> InMemory:
    return InMemory()


def identity_of(snapshot: Snapshot) -> ObjectId:
    identity = snapshot.slots[0].object
    assert identity is not None
    return identity


def newer(data: bytes) -> bytes:
    return data[:4] + b"\x02" + data[5:]


def test_each_problem_says_what_it_is_and_whom_it_hits(place: InMemory) -> None:
    made = place.fill(6)
    twin = place.repository.create(one(0))
    place.repository.tag("torn", "latest")
    place.repository.delete([made[4].id, made[5].id])
    torn, missing, odd = (object_of(made[number]) for number in (0, 1, 2))
    place.write(torn, b"torn")
    place.unlink(missing)
    place.write(odd, newer(place.read(odd)))
    ref = ref_of(made[3])
    place.write(ref, b"torn")
    place.write("tags/torn", b"torn")
    place.write("tags/borrowed", records.encode_mark(records.TAG, records.Mark("own", made[0].id, 0)))
    place.write(f"deleted/{made[4].id}", b"torn")
    place.write(f"deleted/{made[5].id}.claimed", place.read(f"deleted/{made[5].id}"))
    place.write(f"deleted/{'e' * 32}", place.read(f"deleted/{made[5].id}"))
    place.write(f"deleted/{'f' * 32}", records.encode_mark(records.MARK, records.Mark("f" * 32, made[0].id, 0)))
    place.write("deleted/README", b"")
    place.write("refs/README", b"")
    place.write("objects/ab/README", b"")
    place.write("thesis", b"")
    report = place.repository.upkeep.verify()
    text = "it is cut short, or it is not an object"
    format_2 = (
        f"the object has format 2, type 1, compression {place.read(odd)[6]}; this version of cortex cannot read them"
    )
    assert list(report.problems) == [
        Problem(DAMAGED_OBJECT, torn, text, (twin.id, made[0].id)),
        Problem(MISSING_OBJECT, missing, f"object {identity_of(made[1])[:12]} is missing", (made[1].id,)),
        Problem(DAMAGED_REF, ref, TORN, (made[3].id,)),
        Problem(DAMAGED_TAG, "tags/borrowed", "it holds the tag 'own'"),
        Problem(DAMAGED_TAG, "tags/torn", TORN),
        *sorted(
            [
                Problem(DAMAGED_MARK, f"deleted/{made[4].id}", TORN),
                Problem(DAMAGED_MARK, f"deleted/{'e' * 32}", "it holds the mark of another snapshot"),
                Problem(DAMAGED_MARK, f"deleted/{'f' * 32}", "it holds the mark of another snapshot"),
            ],
            key=lambda problem: problem.key,
        ),
        Problem(NEWER_FORMAT, odd, format_2, (made[2].id,)),
        Problem(STRAY, "deleted/README", "the name is not the name of a deletion mark"),
        Problem(STRAY, "objects/ab/README", "the name is not the name of an object"),
        Problem(
            STRAY,
            "refs/README",
            "the name is not the name of a snapshot's ref; no snapshot can be read from the file; move it out of the "
            f"repository: `mv {LOCATION}/refs/README {LOCATION}/..`",
        ),
        Problem(STRAY, "thesis", "the name is not the name of a file of a repository"),
    ]
    assert (report.snapshots, report.objects) == (7, 3)


def test_what_a_newer_version_wrote_is_named_as_such(place: InMemory) -> None:
    snapshot = place.repository.create(one(1), tags=["golden"])
    place.repository.delete([snapshot.id])
    keys = [ref_of(snapshot), "tags/golden", f"deleted/{snapshot.id}"]
    for key in keys:
        place.write(key, newer(place.read(key)))
    problems = place.repository.upkeep.verify().problems
    assert [(problem.kind, problem.key, problem.reason) for problem in problems] == [
        (NEWER_FORMAT, key, NEWER) for key in sorted(keys)
    ]


def test_what_was_read_is_counted_to_the_byte(place: InMemory) -> None:
    made = place.fill(3)
    place.repository.delete([made[0].id])
    refs = {snapshot.id: len(place.read(ref_of(snapshot))) for snapshot in made}
    objects = {snapshot.id: len(place.read(object_of(snapshot))) for snapshot in made}
    report = place.repository.upkeep.verify()
    assert (report.snapshots, report.objects, report.leftovers) == (3, 3, 0)
    assert report.size == sum(refs.values()) + sum(objects.values())
    some = place.repository.upkeep.verify([made[1].id, "latest", "latest~1"])
    assert (some.snapshots, some.objects) == (2, 2)
    assert some.size == sum(refs[one.id] + objects[one.id] for one in made[1:])


def test_progress_counts_snapshots_and_then_objects(place: InMemory) -> None:
    made = place.fill(3)
    told: list[tuple[str, int, int]] = []
    place.repository.upkeep.verify(progress=lambda *step: told.append(step))
    assert told == [(what, number, 3) for what in ("reading snapshots", "reading objects") for number in range(3)]
    told.clear()
    place.repository.upkeep.verify([snapshot.id for snapshot in made[:2]], progress=lambda *step: told.append(step))
    assert told == [("reading objects", number, 2) for number in range(2)]
    told.clear()
    place.repository.upkeep.repair(progress=lambda *step: told.append(step))
    assert set(told) >= {("reading snapshots", 2, 3), ("reading objects", 2, 3)}


def test_naming_snapshots_verifies_them_and_nothing_else(place: InMemory) -> None:
    good, torn, missing = place.fill(3)
    place.write(object_of(torn), b"torn")
    place.unlink(object_of(missing))
    place.write("thesis", b"")
    assert place.repository.upkeep.verify([good.id]).problems == ()
    assert [(one.kind, one.snapshots) for one in place.repository.upkeep.verify([torn.id, missing.id]).problems] == [
        (DAMAGED_OBJECT, (torn.id,)),
        (MISSING_OBJECT, (missing.id,)),
    ]


def test_what_the_dead_left_is_counted_in_each_place(place: InMemory) -> None:
    place.fill(1)
    for key in ("tmp/a", "tmp/b", "pins/c"):
        place.write(key, b"half")
    held = place.files.write_held(place.path("pins/held"), b"alive")
    for run in ("d", "e", "f", "g"):
        place.files.make_directory(place.path(f"quarantine/{run}"))
    report = place.repository.upkeep.verify()
    place.files.release(held)
    assert (report.problems, report.leftovers) == ((), 7)
    names = place.repository._store.names
    gone = {"tmp": ["gone"], "pins": ["gone"]}
    place.repository._store.names = lambda prefix: [*names(prefix), *gone.get(prefix, [])]  # type: ignore[method-assign]
    assert place.repository.upkeep.verify().leftovers == 8


def test_files_and_directories_in_the_wrong_places_are_named(tmp_path: Path) -> None:
    repository = Repository.init(tmp_path)
    repository.create(one(1))
    run = f"quarantine/{'a' * 32}"
    for name in ("lock", "lock.gc", "ballast"):
        (tmp_path / name).unlink()
    inside = (
        "tmp/sub",
        "pins/sub",
        "signatures",
        "signatures/sub",
        run,
        f"{run}/{'b' * 64}",
        "damaged",
        "damaged/directory",
    )
    for name in ("lock", "lock.gc", "ballast", *inside):
        (tmp_path / name).mkdir(mode=0o700)
    for name in ("quarantine/file", "cache", f"{run}/{'c' * 64}", "damaged/anything"):
        (tmp_path / name).touch(0o600)
    problems = repository.upkeep.verify().problems
    assert [(problem.key, problem.reason) for problem in problems if problem.kind == STRAY] == [
        ("ballast", "a directory in this place is not part of a repository"),
        ("cache", "a file in this place is not part of a repository"),
        ("lock", "a directory in this place is not part of a repository"),
        ("lock.gc", "a directory in this place is not part of a repository"),
        ("pins/sub", "a directory in this place is not part of a repository"),
        (f"{run}/{'b' * 64}", "a directory in this place is not part of a repository"),
        ("quarantine/file", "a file in this place is not part of a repository"),
        ("signatures/sub", "a directory in this place is not part of a repository"),
        ("tmp/sub", "a directory in this place is not part of a repository"),
    ]


def test_what_others_may_use_or_own_is_named_and_below_a_stranger_nothing_is(place: InMemory) -> None:
    place.fill(1)
    place.write("tags/pipe", b"")
    place.write("cache/machine", b"")
    place.files.make_directory(place.path("thesis"))
    place.write("thesis/chapter", b"")
    odd = {
        "config": Info("file", 0, 0o604, 1),
        "lock": Info("file", 0, 0o640, 1),
        "tags": Info("directory", 0, 0o701),
        "cache": Info("directory", 1000, 0o700),
        "cache/machine": Info("file", 1000, 0o666, 1),
        "tags/pipe": Info("other", 0, 0o600),
        "thesis/chapter": Info("other", 1000, 0o777),
    }
    info = place.files.info
    place.files.info = lambda path: odd.get(path.removeprefix(f"{LOCATION}/")) or info(path)  # type: ignore[method-assign]
    report = place.repository.upkeep.verify()
    assert [
        (problem.kind, problem.key, problem.reason) for problem in report.problems if problem.kind != DAMAGED_TAG
    ] == [
        (STRAY, "tags/pipe", "the entry is neither a file nor a directory"),
        (STRAY, "thesis", "the name is not the name of a file of a repository"),
        (PERMISSIONS, "cache/machine", "the mode is 0666: other users have access"),
        (PERMISSIONS, "config", "the mode is 0604: other users have access"),
        (PERMISSIONS, "lock", "the mode is 0640: other users have access"),
        (PERMISSIONS, "tags", "the mode is 0701: other users have access"),
        (OWNER, "cache", "the file belongs to user 1000, and the repository to user 0"),
    ]


def test_a_name_that_is_no_text_is_shown_as_what_it_is(tmp_path: Path) -> None:
    repository = Repository.init(tmp_path / "r")
    Path(os.fsdecode(os.fsencode(tmp_path / "r") + b"/th\xe9sis")).touch(0o600)
    assert [(problem.kind, problem.key) for problem in repository.upkeep.verify().problems] == [(STRAY, "th\\udce9sis")]


def test_what_goes_while_it_is_verified_is_no_problem(place: InMemory) -> None:
    made = [place.repository.create(one(number), tags=[f"t{number}"]) for number in range(3)]
    place.repository.delete([made[2].id])
    everywhere = {prefix: place.names(prefix) for prefix in ("refs", "tags", "deleted")}
    gone = made[1]
    place.unlink(ref_of(gone))
    place.unlink(object_of(gone))
    place.unlink("tags/t1")
    place.unlink(f"deleted/{made[2].id}")
    real = place.repository._store.names
    place.repository._store.names = lambda prefix: everywhere.get(prefix) or real(prefix)  # type: ignore[method-assign]
    assert place.repository.upkeep.verify().problems == ()


def test_an_object_that_is_missing_because_its_snapshot_was_collected_is_no_problem(place: InMemory) -> None:
    made = place.fill(3)
    place.write(object_of(made[2]), b"torn")
    place.unlink(object_of(made[0]))
    read = place.repository._refs.header

    def collected(name: object) -> Snapshot | None:
        # It goes between the first look at it, at its bytes, and this one, that asks who needs what is missing.
        return None if str(name).endswith((made[0].id, made[2].id)) else read(name)  # type: ignore[arg-type]

    place.repository._refs.header = collected  # type: ignore[method-assign]
    problems = place.repository.upkeep.verify().problems
    # A damaged one is there, whoever needs it.
    assert [(problem.kind, problem.snapshots) for problem in problems] == [(DAMAGED_OBJECT, ())]


def test_a_snapshot_that_lacks_two_objects_is_named_for_both_and_another_is_not(place: InMemory) -> None:
    pip, other = one(1).readings[0], one(2).readings[0]._replace(environment="/w")
    machine = one(1).machine
    both = place.repository.create(Inventory(machine, (), (Reading("npm", "", ABSENT), pip, other)))
    first = place.repository.create(Inventory(machine, (), (pip,)))
    damaged = place.repository.create(Inventory(machine, (), (pip,)))
    place.write(ref_of(damaged), b"torn")
    for slot in both.slots[1:]:
        assert slot.object is not None
        place.write(object_key(slot.object), b"")
    problems = [problem for problem in place.repository.upkeep.verify().problems if problem.kind != DAMAGED_REF]
    assert {problem.key: problem.snapshots for problem in problems} == {
        object_key(ObjectId(str(both.slots[1].object))): (first.id, both.id),
        object_key(ObjectId(str(both.slots[2].object))): (both.id,),
    }
