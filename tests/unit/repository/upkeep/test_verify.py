"""Verification and repair: every damage is named, what can be put back is, and nothing is removed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.errors import LockTimeoutError, RefusedError, RevisionError
from cortexrepo.model.problem import (
    DAMAGED_MARK,
    DAMAGED_OBJECT,
    DAMAGED_REF,
    DAMAGED_TAG,
    MISSING_OBJECT,
    OWNER,
    PERMISSIONS,
    STRAY,
)
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.model.problem import Report
    from cortexrepo.model.snapshot import Snapshot


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repository", create=True)


def place(repository: Repository, *parts: str) -> Path:
    return Path(repository.location, *parts)


def object_of(repository: Repository, snapshot: Snapshot, slot: int = 0) -> Path:
    identity = snapshot.slots[slot].object
    assert identity is not None
    return place(repository, "objects", identity[:2], identity[2:])


def ref_of(repository: Repository, snapshot: Snapshot) -> Path:
    return next(place(repository, "refs").glob(f"*-{snapshot.id}"))


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def kinds(report: Report) -> list[tuple[str, str]]:
    return [(problem.kind, problem.key) for problem in report.problems]


def test_a_sound_repository_has_no_problem(repository: Repository) -> None:
    assert repository.upkeep.verify().problems == ()
    snapshots = [repository.create(inventory(number), tags=[f"t{number}"]) for number in range(3)]
    repository.delete([snapshots[0].id])
    report = repository.upkeep.verify()
    assert (report.problems, report.snapshots, report.objects, report.leftovers) == ((), 3, 6, 0)
    files = [path for name in ("objects", "refs") for path in place(repository, name).rglob("*") if path.is_file()]
    assert report.size == sum(path.stat().st_size for path in files)


def test_each_damage_is_named_with_the_snapshots_that_it_hits(repository: Repository) -> None:
    one, two, three = (repository.create(inventory(number)) for number in (1, 1, 2))
    repository.tag("bad", one.id)
    repository.delete([three.id])
    flip(object_of(repository, one))
    object_of(repository, three).unlink()
    ref = ref_of(repository, two)
    flip(ref)
    flip(place(repository, "tags", "bad"))
    flip(place(repository, "deleted", three.id))
    report = repository.upkeep.verify()
    root = Path(repository.location)
    assert kinds(report) == [
        (DAMAGED_OBJECT, str(object_of(repository, one).relative_to(root))),
        (MISSING_OBJECT, str(object_of(repository, three).relative_to(root))),
        (DAMAGED_REF, str(ref.relative_to(root))),
        (DAMAGED_TAG, "tags/bad"),
        (DAMAGED_MARK, f"deleted/{three.id}"),
    ]
    assert [problem.snapshots for problem in report.problems[:3]] == [(one.id,), (three.id,), (two.id,)]
    assert all(problem.reason for problem in report.problems)


def test_strangers_permissions_and_owners_are_named(repository: Repository) -> None:
    repository.create(inventory(1))
    for path in ("notes.txt", "refs/README", "objects/zz", "objects/ab", "deleted/x"):
        target = place(repository, path)
        if path in {"objects/zz", "objects/ab"}:
            target.mkdir(mode=0o700)
            (target / "odd").write_bytes(b"")
            (target / "odd").chmod(0o600)
        else:
            target.write_text("mine")
            target.chmod(0o600)
    os.mkfifo(place(repository, "tags", "pipe"), 0o600)
    place(repository, "config").chmod(0o640)
    found = kinds(repository.upkeep.verify())
    assert (STRAY, "notes.txt") in found
    assert (STRAY, "refs/README") in found
    assert (STRAY, "objects/zz") in found
    assert (STRAY, "objects/ab/odd") in found
    assert (STRAY, "deleted/x") in found
    assert (STRAY, "tags/pipe") in found
    assert (PERMISSIONS, "config") in found
    if os.geteuid() == 0:
        os.chown(place(repository, "config"), 65534, -1)
        place(repository, "config").chmod(0o600)
        assert (OWNER, "config") in kinds(repository.upkeep.verify())


def test_files_that_are_no_repositorys_are_named_and_some_stop_a_collector(
    repository: Repository,
) -> None:
    kept = repository.create(inventory(1))
    strange = ["objects/notes", "refs/.hidden", "tags/-x", "tags/a b", f"removed/{'g' * 32}-{'a' * 32}", "segments/x"]
    for path in strange:
        place(repository, path).write_text("mine")
        place(repository, path).chmod(0o600)
    assert kinds(repository.upkeep.verify()) == [(STRAY, path) for path in sorted(strange)]
    for path in ("segments/x", "tags/-x", "tags/a b", "refs/.hidden"):
        with pytest.raises(RefusedError, match=f"because {path} cannot be read"):
            repository.upkeep.gc(keep_deleted_ms=0)
        place(repository, path).unlink()
        strange.remove(path)
    repository.upkeep.gc(keep_deleted_ms=0)
    assert (repository.snapshots(), repository.tags()) == ((kept,), {})
    assert all(place(repository, path).exists() for path in strange)


def test_some_snapshots_can_be_verified_alone(repository: Repository) -> None:
    good, bad = repository.create(inventory(1)), repository.create(inventory(2))
    flip(object_of(repository, bad))
    assert repository.upkeep.verify([good.id]).problems == ()
    assert [problem.kind for problem in repository.upkeep.verify([bad.id]).problems] == [DAMAGED_OBJECT]
    with pytest.raises(RevisionError):
        repository.upkeep.verify(["nothing"])


def test_what_the_dead_left_is_counted_and_no_problem(repository: Repository) -> None:
    repository.create(inventory(1))
    place(repository, "tmp", "a").write_bytes(b"half")
    place(repository, "tmp", "a").chmod(0o600)
    place(repository, "quarantine", "b").mkdir(mode=0o700)
    held = RealFileSystem().write_held(str(place(repository, "pins", "c")), b"alive")
    report = repository.upkeep.verify()
    RealFileSystem().release(held)
    assert (report.problems, report.leftovers) == ((), 2)


def test_repair_takes_what_is_good_from_a_copy_and_keeps_what_was_bad(repository: Repository, tmp_path: Path) -> None:
    one, two = repository.create(inventory(1)), repository.create(inventory(2))
    shutil.copytree(repository.location, tmp_path / "copy")
    copy = Repository.open(tmp_path / "copy")
    bad = object_of(repository, one)
    flip(bad)
    damaged = bad.read_bytes()
    object_of(repository, two).unlink()
    flip(ref_of(repository, two))
    report = repository.upkeep.repair(sources=[copy.upkeep])
    assert report.problems == ()
    # What only a damaged ref needs is found to be missing once the ref is back.
    assert [problem.kind for problem in report.repaired] == [DAMAGED_OBJECT, DAMAGED_REF, MISSING_OBJECT]
    assert set(repository.snapshots()) == {one, two}
    assert damaged in [path.read_bytes() for path in place(repository, "damaged").iterdir()]
    assert repository.upkeep.verify().problems == ()


def test_repair_takes_what_the_machine_still_has(repository: Repository) -> None:
    one, two = repository.create(inventory(1)), repository.create(inventory(2))
    for snapshot in (one, two):
        flip(object_of(repository, snapshot))
    report = repository.upkeep.repair(machine=inventory(2))
    assert [(problem.kind, problem.snapshots) for problem in report.problems] == [(DAMAGED_OBJECT, (one.id,))]
    assert [problem.snapshots for problem in report.repaired] == [(two.id,)]
    assert repository.inventory(repository.get(two.id)).readings == inventory(2).readings


def test_what_cannot_be_put_back_stays_and_is_named(repository: Repository) -> None:
    snapshot = repository.create(inventory(1))
    flip(object_of(repository, snapshot))
    report = repository.upkeep.repair()
    assert [(problem.kind, problem.snapshots) for problem in report.problems] == [(DAMAGED_OBJECT, (snapshot.id,))]
    assert report.repaired == ()
    assert repository.create(inventory(1)).slots == snapshot.slots
    assert repository.upkeep.verify().problems == ()


def test_repair_takes_nothing_from_a_copy_that_is_not_what_is_missing(repository: Repository, tmp_path: Path) -> None:
    one = repository.create(inventory(1))
    evil = Repository.open(tmp_path / "evil", create=True)
    other = evil.create(inventory(2))
    bad = object_of(repository, one)
    forged = Path(evil.location, bad.relative_to(repository.location))
    forged.parent.mkdir(exist_ok=True)
    forged.write_bytes(object_of(evil, other).read_bytes())
    ref = ref_of(repository, one)
    Path(evil.location, "refs", ref.name).write_bytes(ref_of(evil, other).read_bytes())
    flip(bad)
    flip(ref)
    before = ref.read_bytes()
    report = repository.upkeep.repair(sources=[evil.upkeep])
    assert report.repaired == ()
    assert {problem.kind for problem in report.problems} == {DAMAGED_REF, DAMAGED_OBJECT}
    assert ref.read_bytes() == before
    assert repository.snapshots() == ()


def test_a_damaged_deletion_mark_gives_its_snapshot_back(repository: Repository) -> None:
    snapshot = repository.create(inventory(1))
    repository.delete([snapshot.id])
    flip(place(repository, "deleted", snapshot.id))
    assert [problem.kind for problem in repository.upkeep.repair().repaired] == [DAMAGED_MARK]
    assert repository.snapshots() == (snapshot,)


def test_repair_waits_for_no_collection(repository: Repository) -> None:
    repository.create(inventory(1))
    with (
        RealFileSystem().lock(f"{repository.location}/lock.gc", exclusive=True, timeout=0),
        pytest.raises(LockTimeoutError),
    ):
        repository.upkeep.repair()
