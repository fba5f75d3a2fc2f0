"""A repository is copied as docs/protocol.md says, while others write into it: the copy is whole."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from support.repositories.inventories import inventory

from cortexrepo.errors import LockTimeoutError
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness

TEXT = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()
COPIES = 6


def commands(repository: Path, copy: Path) -> str:
    """Returns the commands in the document, with these places."""
    section = TEXT.partition("## 10. Copying")[2]
    found = re.search(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    assert found is not None
    return found[1].replace("REPO", str(repository)).replace("COPY", str(copy))


def test_a_copy_made_while_others_create_delete_and_collect_is_whole(tmp_path: Path) -> None:
    if shutil.which("flock") is None:
        pytest.skip("flock is not installed")
    place = tmp_path / "place"
    repository = Repository.open(place, create=True)
    for number in range(8):
        repository.create(inventory(number))
    stop = threading.Event()
    made = 0

    def write() -> None:
        nonlocal made
        own = Repository.open(place)
        while not stop.is_set():
            made += 1
            snapshot = own.create(inventory(made % 40))
            if made % 3 == 0:
                own.delete([snapshot.id])

    def collect() -> None:
        while not stop.is_set():
            try:
                Repository.open(place).upkeep.gc(keep_deleted_ms=0, tidiness=Tidiness(recent=1, least=1, slack=0.0))
            except LockTimeoutError:
                continue

    workers = [threading.Thread(target=write), threading.Thread(target=write), threading.Thread(target=collect)]
    for worker in workers:
        worker.start()
    try:
        for number in range(COPIES):
            before = {one.id for one in repository.snapshots()}
            copy = tmp_path / f"copy{number}"
            subprocess.run(["sh", "-c", commands(place, copy)], check=True, capture_output=True)
            report = Repository.open(copy).upkeep.verify()
            assert report.problems == ()
            kept = {one.id for one in Repository.open(copy).snapshots()}
            gone = before - kept - {one.id for one in repository.listing(deleted=True).snapshots}
            assert {one for one in gone if one in {left.id for left in repository.snapshots()}} == set()
    finally:
        stop.set()
        for worker in workers:
            worker.join()
    assert made > COPIES
