"""Many processes and threads on one repository: every create succeeds, and every snapshot is complete."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from support.machines.roots import make_root
from support.processes import workers
from support.processes.crowd import Crowd, End
from support.repositories.inventories import inventory

from cortexrepo.errors import LockTimeoutError
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

CREATES, FEWER = 200, 60


def _cortex(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "cortexrepo", "snapshot", *words],
        env=workers.child_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _end(child: subprocess.Popen[str]) -> End:
    _, errors = child.communicate()
    return End(child.returncode, errors)


def _creates(tmp_path: Path, count: int = CREATES) -> Crowd:
    root = make_root(tmp_path / "root")
    crowd = Crowd()
    for number in range(count):
        crowd.start("create", f"race {number}", "--root", str(root), "--repo", str(tmp_path / "repository"))
    return crowd


def _check(tmp_path: Path, count: int = CREATES, *, deleted: int = 0) -> None:
    repository = Repository.open(tmp_path / "repository")
    kept = repository.listing()
    marked = repository.listing(deleted=True)
    snapshots = (*kept.snapshots, *marked.snapshots)
    assert kept.damaged == marked.damaged == ()
    assert len(marked.snapshots) == deleted
    assert sorted(snapshot.message for snapshot in snapshots) == sorted(f"race {number}" for number in range(count))
    expected = repository.inventory(snapshots[0]).readings
    assert {reading.ecosystem for reading in expected if reading.manifest} >= {"apt", "npm", "pip"}
    assert all(repository.inventory(snapshot).readings == expected for snapshot in snapshots)
    assert list((tmp_path / "repository" / "pins").iterdir()) == list((tmp_path / "repository" / "tmp").iterdir()) == []


def test_200_processes_create_at_once(tmp_path: Path) -> None:
    ends = _creates(tmp_path).ends()
    assert [end for end in ends if end.code != 0] == []
    assert len(ends) == CREATES
    _check(tmp_path)


@pytest.mark.parametrize("count", [FEWER, pytest.param(CREATES, marks=pytest.mark.nightly)])
def test_many_processes_create_while_others_list_and_delete(tmp_path: Path, count: int) -> None:
    repository = Repository.open(tmp_path / "repository", create=True)
    creates = _creates(tmp_path, count)
    others = []
    deleted: list[str] = []
    where = ("--repo", str(tmp_path / "repository"))
    while len(deleted) < 20:
        others.append(_cortex("list", *where))
        fresh = [snapshot.id for snapshot in repository.snapshots() if snapshot.id not in deleted][:2]
        deleted += fresh
        others += [_cortex("delete", "--yes", snapshot, *where) for snapshot in fresh]
        assert all(repository.inventory(snapshot).readings for snapshot in repository.snapshots()[:3])
        for child in others[-3:]:
            child.wait()
    ends = [*creates.ends(), *map(_end, others)]
    assert [end for end in ends if end.code != 0] == []
    _check(tmp_path, count, deleted=len(deleted))


def test_10_threads_create_through_one_repository(tmp_path: Path) -> None:
    repository = Repository.open(tmp_path / "repository", create=True)
    together = threading.Barrier(10)
    failures: list[BaseException] = []

    def create(thread: int) -> None:
        together.wait()
        try:
            for number in range(10):
                repository.create(inventory(number), message=f"{thread}-{number}")
        except BaseException as error:  # noqa: BLE001 -- a thread's failure must become the test's
            failures.append(error)

    threads = [threading.Thread(target=create, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    found = {snapshot.message: repository.inventory(snapshot).readings for snapshot in repository.snapshots()}
    assert found == {f"{thread}-{number}": inventory(number).readings for thread in range(10) for number in range(10)}


def test_many_processes_make_the_same_new_repository(tmp_path: Path) -> None:
    at = str(time.monotonic() + 2)
    children = [workers.start("initialise", str(tmp_path / "a" / "b"), at) for _ in range(24)]
    results = [(child.communicate(), child.returncode) for child in children]
    assert [result for result in results if result[1] != 0] == []
    repository = Repository.open(tmp_path / "a" / "b")
    assert {output.strip() for (output, _), _ in results} == {repository.id}
    assert len(repository.snapshots()) == 24


def test_a_held_lock_stops_listing_and_undelete_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cortexrepo.store.local.locking.TIMEOUT", 0.05)
    repository = Repository.open(tmp_path / "repository", create=True)
    first = repository.create(inventory(0))
    with workers.start("hold_lock", f"{repository.location}/lock") as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with pytest.raises(LockTimeoutError) as caught:
            repository.listing()
        assert caught.value.hint
        second = repository.create(inventory(1))
        assert repository.get("latest") == second
        assert len(repository.diff(first.id, second.id).changes) == 2
        assert repository.delete([first.id]) == (first.id,)
        with pytest.raises(LockTimeoutError):
            repository.undelete([first.id])
        repository.tag("golden", second.id)
        child.communicate()
    assert repository.listing().snapshots == (second,)
    assert repository.undelete([first.id]) == (first.id,)
    assert repository.listing().snapshots == (second, first)


def test_a_process_that_is_stopped_while_it_reads_names_holds_up_no_collection_of_objects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cortexrepo.store.local.locking.TIMEOUT", 0.05)
    repository = Repository.open(tmp_path / "repository", create=True)
    first, second = repository.create(inventory(0)), repository.create(inventory(1))
    repository.delete([first.id])
    with workers.start("read_names_and_stop", repository.location) as child:
        os.waitpid(child.pid, os.WUNTRACED)
        found = repository.upkeep.gc(keep_deleted_ms=0)
        assert (found.snapshots, found.waiting) == ((), True)
        assert repository.listing(deleted=True).snapshots == (first,)
        assert repository.undelete([first.id]) == (first.id,)
        repository.delete([first.id])
        os.kill(child.pid, signal.SIGCONT)
        child.communicate()
    assert repository.upkeep.gc(keep_deleted_ms=0).snapshots == (first.id,)
    assert repository.snapshots() == (second,)
