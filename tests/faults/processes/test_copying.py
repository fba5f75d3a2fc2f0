"""A repository is copied as docs/protocol.md says, while others write into it: the copy is whole."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import inventory

from cortexrepo.errors import LockTimeoutError
from cortexrepo.repository.repository import Repository
from cortexrepo.repository.upkeep.tidiness import Tidiness

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = (Path(__file__).parents[3] / "docs" / "protocol.md").read_text()
COPIES = 6


def commands(repository: Path, copy: Path) -> str:
    """Returns the commands in the document, with these places."""
    section = TEXT.partition("## 10. Copying")[2]
    found = re.search(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    assert found is not None
    return found[1].replace("REPO", str(repository)).replace("COPY", str(copy))


def _write(place: Path, stop: threading.Event) -> None:
    own = Repository.open(place)
    number = 0
    while not stop.is_set():
        number += 1
        snapshot = own.create(inventory(number % 40))
        if number % 3 == 0:
            own.delete([snapshot.id])


def _collect(place: Path, stop: threading.Event) -> None:
    tidiness = Tidiness(recent=1, least=1, slack=0.0)
    while not stop.is_set():
        with contextlib.suppress(LockTimeoutError):
            Repository.open(place).upkeep.gc(keep_deleted_ms=0, tidiness=tidiness)


@contextlib.contextmanager
def _busy(place: Path) -> Iterator[None]:
    """Has others create, delete and collect meanwhile."""
    stop = threading.Event()
    workers = [threading.Thread(target=work, args=(place, stop)) for work in (_write, _write, _collect)]
    for worker in workers:
        worker.start()
    try:
        yield
    finally:
        stop.set()
        for worker in workers:
            worker.join()


def test_a_copy_made_while_others_create_delete_and_collect_is_whole(tmp_path: Path) -> None:
    if shutil.which("flock") is None:
        pytest.skip("flock is not installed")
    place = tmp_path / "place"
    repository = Repository.open(place, create=True)
    (place / "signatures").mkdir(0o700)
    (place / "signatures" / "later").write_bytes(b"of a later version")
    (place / "signatures" / "later").chmod(0o600)
    kept = {repository.create(inventory(number)).id for number in range(8)}
    with _busy(place):
        for number in range(COPIES):
            copy = tmp_path / f"copy{number}"
            subprocess.run(["sh", "-c", commands(place, copy)], check=True, capture_output=True)
            copied = Repository.open(copy)
            assert copied.upkeep.verify().problems == ()
            assert (copy / "signatures" / "later").read_bytes() == b"of a later version"
            assert kept <= {one.id for one in copied.snapshots()}
    assert len(repository.snapshots()) > len(kept)
