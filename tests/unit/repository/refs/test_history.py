"""What the past is told as: snapshots that are recorded afterwards, and the states of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cortexrepo.model import refname
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import OK, Cause
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

MACHINE = "ab" * 16


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository.open(tmp_path / "repo", create=True)


def inventory(version: str) -> Inventory:
    manifest = Manifest.of("apt", [Package("openssl", "amd64", version)])
    return Inventory(MACHINE, (), (Reading("apt", "", OK, manifest),))


def test_what_is_recorded_afterwards_comes_before_everything_in_the_order_of_its_time(repository: Repository) -> None:
    now = repository.create(inventory("3"))
    later = repository.record(inventory("2"), 2000, cause=Cause("apt upgrade", "ana", "log"))
    early = repository.record(inventory("1"), 1000)
    assert later is not None
    assert early is not None
    assert [one.id for one in repository.snapshots()] == [now.id, later.id, early.id]
    assert repository.get(later.id).cause.command == "apt upgrade"
    assert repository.create(inventory("4")).sequence == now.sequence + 1


def test_recording_the_same_moment_again_does_nothing(repository: Repository) -> None:
    first = repository.record(inventory("1"), 1000)
    assert first is not None
    assert repository.record(inventory("1"), 1000) is None
    repository.delete([first.id])
    assert repository.record(inventory("1"), 1000) is None
    repository.undelete([first.id])
    assert [one.id for one in repository.snapshots()] == [first.id]


def test_the_first_snapshot_after_an_import_is_the_first_of_its_machine(repository: Repository) -> None:
    repository.record(inventory("1"), 1000)
    made = repository.create(inventory("1"))
    assert made.sequence == refname.IMPORTED + 1


def test_the_states_are_newest_first_and_share_what_is_the_same(repository: Repository) -> None:
    made = [repository.create(inventory(version)) for version in ("1", "1", "2")]
    found = repository.past.history()
    assert [state.name.id for state in found.states] == [one.id for one in reversed(made)]
    assert found.states[1].slots is found.states[2].slots
    assert [state.slots for state in found.states] == [one.slots for one in reversed(made)]
    assert found.damaged == ()
    manifest = repository.manifest(found.states[0].slots[0].object or made[0].slots[0].object)  # type: ignore[arg-type]
    assert manifest.packages[0].version == "2"
    assert b"openssl" in repository.past.content(made[0].slots[0].object)  # type: ignore[arg-type]


def test_a_damaged_ref_is_named_and_the_other_states_are_told(repository: Repository) -> None:
    bad = repository.create(inventory("1"))
    good = repository.create(inventory("2"))
    path = f"{repository.location}/refs/{refname.of(bad)}"
    with open(path, "r+b") as file:
        file.truncate(20)
    found = repository.past.history()
    assert [state.name.id for state in found.states] == [good.id]
    assert [damage.key for damage in found.damaged] == [f"refs/{refname.of(bad)}"]
