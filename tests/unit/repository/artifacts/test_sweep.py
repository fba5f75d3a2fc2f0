"""Artifacts and garbage collection: what goes, what stays, in which order, and what is repaired."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.disk.faults import FaultyFileSystem
from support.repositories.inventories import packages
from support.repositories.memories import LOCATION, InMemory

from cortexrepo.model.artifact import CACHE
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Package
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.artifacts.artifacts import name_of
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import THOROUGH

if TYPE_CHECKING:
    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.snapshot import Snapshot

OTHER = "f" * 32


def machine(versions: dict[str, str], identity: str = "0" * 32) -> Inventory:
    return Inventory(identity, (), (Reading("pip", "/v", OK, packages("pip", versions)),))


def keep(repository: Repository, name: str, version: str, size: int = 100) -> Artifact:
    data = f"{name} {version}".encode().ljust(size)
    return repository.artifacts.keep("pip", Package(name, "", version), f"{name}.whl", lambda: [data], CACHE)[0]


def kept(repository: Repository) -> list[tuple[str, str]]:
    return sorted((one.name, one.version) for one in repository.artifacts.every())


def taken(repository: Repository) -> int:
    """Returns how many bytes the files of artifacts have."""
    return sum(path.stat().st_size for path in Path(repository.location, "artifacts").rglob("*-*"))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.init(tmp_path / "repository")


def make(repository: Repository, *versions: str) -> list[Snapshot]:
    """Makes a snapshot for each version of `a`, and keeps its artifact."""
    made = [repository.create(machine({"a": version})) for version in versions]
    for version in versions:
        keep(repository, "a", version)
    return made


@pytest.mark.parametrize("tidiness", [None, THOROUGH])
def test_an_artifact_stays_as_long_as_a_snapshot_that_is_there_or_can_come_back_has_its_package(
    repository: Repository, tidiness: object
) -> None:
    first, second = make(repository, "1", "2")
    keep(repository, "b", "1")
    size = taken(repository)
    planned = repository.upkeep.gc(dry_run=True, tidiness=tidiness)  # type: ignore[arg-type]
    assert planned.artifacts == 1
    assert kept(repository) == [("a", "1"), ("a", "2"), ("b", "1")]
    found = repository.upkeep.gc(tidiness=tidiness)  # type: ignore[arg-type]
    assert found.artifacts == 1
    assert kept(repository) == [("a", "1"), ("a", "2")]
    assert planned.size == size - taken(repository)
    repository.delete([first.id])
    assert repository.upkeep.gc(tidiness=tidiness).artifacts == 0  # type: ignore[arg-type]
    repository.undelete([first.id])
    repository.delete([first.id])
    assert repository.upkeep.gc(keep_deleted_ms=0, dry_run=True).artifacts == 1
    found = repository.upkeep.gc(keep_deleted_ms=0, tidiness=tidiness)  # type: ignore[arg-type]
    assert (found.artifacts, kept(repository)) == (1, [("a", "2")])
    assert repository.get(second.id)
    assert repository.upkeep.verify().problems == ()
    assert repository.upkeep.verify().artifacts == 1


def test_under_a_limit_what_only_the_oldest_need_goes_first_and_what_the_newest_needs_never(
    repository: Repository,
) -> None:
    make(repository, "1", "2", "3", "4")
    one = taken(repository) // 4
    assert repository.upkeep.gc(artifacts_limit=4 * one).artifacts == 0
    planned = repository.upkeep.gc(artifacts_limit=4 * one - 1, dry_run=True)
    assert (planned.artifacts, planned.size, planned.artifacts_over) == (1, one, 0)
    assert repository.upkeep.gc(artifacts_limit=4 * one - 1).artifacts == 1
    assert kept(repository) == [("a", "2"), ("a", "3"), ("a", "4")]
    found = repository.upkeep.gc(artifacts_limit=0)
    assert (found.artifacts, found.artifacts_over) == (2, one)
    assert kept(repository) == [("a", "4")]


def test_a_tag_protects_its_artifacts_from_a_limit_and_so_does_being_the_newest_of_its_machine(
    repository: Repository,
) -> None:
    first, *_ = make(repository, "1", "2", "3")
    repository.create(machine({"b": "1"}, OTHER))
    keep(repository, "b", "1")
    repository.create(machine({"a": "4"}))
    keep(repository, "a", "4")
    repository.tag("golden", first.id)
    assert repository.upkeep.gc(artifacts_limit=0).artifacts == 2
    assert kept(repository) == [("a", "1"), ("a", "4"), ("b", "1")]


def test_what_only_deleted_snapshots_need_goes_before_what_the_oldest_needs(repository: Repository) -> None:
    snapshots = make(repository, "1", "2", "3")
    repository.delete([snapshots[1].id])
    one = taken(repository) // 3
    repository.upkeep.gc(artifacts_limit=2 * one)
    assert kept(repository) == [("a", "1"), ("a", "3")]


def test_an_artifact_that_a_newer_snapshot_needs_too_counts_as_that_ones(repository: Repository) -> None:
    repository.create(machine({"a": "1", "b": "1"}))
    repository.create(machine({"a": "2"}))
    repository.create(machine({"a": "1"}))
    for name, version in (("a", "1"), ("a", "2"), ("b", "1")):
        keep(repository, name, version)
    one = taken(repository) // 3
    repository.upkeep.gc(artifacts_limit=2 * one)
    assert kept(repository) == [("a", "1"), ("a", "2")]


def test_where_a_manifest_cannot_be_read_every_artifact_stays_and_the_reason_is_said(repository: Repository) -> None:
    (first, _) = make(repository, "1", "2")
    keep(repository, "b", "1")
    (identity,) = first.objects()
    path = Path(repository.location, "objects", identity[:2], identity[2:])
    path.write_bytes(path.read_bytes()[:-1])
    for found in (repository.upkeep.gc(dry_run=True), repository.upkeep.gc(artifacts_limit=0)):
        assert found.artifacts == 0
        assert identity[:12] in found.artifacts_unknown
        assert [one.key for one in found.damaged] == [f"objects/{identity[:2]}/{identity[2:]}"]
    assert len(kept(repository)) == 3


def test_no_more_is_read_than_tells_that_all_are_needed() -> None:
    place = InMemory()
    for version in ("1", "2", "3"):
        place.repository.create(machine({"a": version}))
    keep(place.repository, "a", "3")
    files = FaultyFileSystem(place.files)
    repository = Repository.open(LOCATION, files=files)
    files.arm(None)
    repository.upkeep.gc()
    assert len([call for call in files.calls if call.startswith("read ") and len(call) == len("read ab")]) == 1


def test_a_repository_without_artifacts_is_only_asked_whether_it_has_any() -> None:
    place = InMemory()
    for version in ("1", "2", "3"):
        place.repository.create(machine({"a": version}))
    files = FaultyFileSystem(place.files)
    repository = Repository.open(LOCATION, files=files)
    files.arm(None)
    repository.upkeep.gc()
    assert [call for call in files.calls if call.startswith("read ") and len(call) == len("read ab")] == []
    assert "artifacts" not in place.files.names(LOCATION)


def test_what_a_dead_collector_set_aside_is_found_and_put_back(repository: Repository) -> None:
    make(repository, "1")
    (one,) = repository.artifacts.every()
    place = Path(repository.location, "artifacts")
    (place / "aside").mkdir(mode=0o700)
    name = name_of(one)
    (place / name[:2] / name).rename(place / "aside" / name)
    assert repository.artifacts.find("pip", Package("a", "", "1")) == (one,)
    assert not repository.artifacts.has("pip", Package("a", "", "1"))
    repository.artifacts.check(one)
    assert repository.upkeep.verify().leftovers == 1
    assert repository.upkeep.gc().artifacts == 0
    assert repository.artifacts.has("pip", Package("a", "", "1"))
    assert repository.upkeep.verify().leftovers == 0


def test_strays_are_named_and_left_alone(repository: Repository) -> None:
    make(repository, "1")
    place = Path(repository.location, "artifacts")
    (place / "file").write_bytes(b"")
    (place / "ab").mkdir(exist_ok=True)
    (place / "ab" / "mine").write_bytes(b"")
    (place / "ab" / ("cd" * 16 + "-" + "0" * 64)).write_bytes(b"")
    for path in place.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert repository.upkeep.gc().artifacts == 0
    assert sorted((problem.kind, problem.key) for problem in repository.upkeep.verify().problems) == [
        ("stray", "artifacts/ab/" + "cd" * 16 + "-" + "0" * 64),
        ("stray", "artifacts/ab/mine"),
        ("stray", "artifacts/file"),
    ]


def test_a_damaged_artifact_is_put_back_from_a_copy(repository: Repository, tmp_path: Path) -> None:
    make(repository, "1")
    copy = Repository.init(tmp_path / "copy")
    make(copy, "1")
    (one,) = repository.artifacts.every()
    path = Path(repository.location, "artifacts", name_of(one)[:2], name_of(one))
    good = path.read_bytes()
    path.write_bytes(b"X" + good[1:])
    assert [problem.kind for problem in repository.upkeep.verify().problems] == ["damaged-artifact"]
    found = repository.upkeep.repair(sources=[copy.upkeep])
    assert (found.problems, len(found.repaired)) == ((), 1)
    assert path.read_bytes() == good
    assert [aside.read_bytes()[:1] for aside in Path(repository.location, "damaged").iterdir()] == [b"X"]


@pytest.mark.parametrize("copy", ["none", "empty", "damaged"])
def test_a_damaged_artifact_without_a_good_copy_is_moved_aside_and_can_be_kept_again(
    repository: Repository, tmp_path: Path, copy: str
) -> None:
    make(repository, "1")
    (one,) = repository.artifacts.every()
    place = Path("artifacts", name_of(one)[:2], name_of(one))
    path = repository.location / place
    path.write_bytes(b"X" + path.read_bytes()[1:])
    sources = []
    if copy != "none":
        sources = [Repository.init(tmp_path / "copy")]
        if copy == "damaged":
            make(sources[0], "1")
            (tmp_path / "copy" / place).write_bytes(path.read_bytes())
    found = repository.upkeep.repair(sources=[source.upkeep for source in sources])
    assert (found.problems, len(found.repaired)) == ((), 1)
    assert kept(repository) == []
    assert keep(repository, "a", "1") == one
    assert repository.upkeep.verify().problems == ()
