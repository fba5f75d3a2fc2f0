"""A restore from a repository that is only read, and whose owner may change it at any moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from support.restores.restorations import NOW, Bench, FakeCrew, Killed, World

from cortexrepo.errors import RefusedError, RequestError, RevisionError
from cortexrepo.model.package import Package
from cortexrepo.model.plan import Selection
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.run.restoration import Restoration

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.restore.run.crew import Crew

OLD, NEW, PLANTED = (Package("p", "", version) for version in ("1.0", "2.0", "6.6.6"))
PLACE = ("pip", "/venv")


class Changeable:
    """A user's repository as root reads it: the user can have it say something else, or be gone."""

    def __init__(self, true: Repository, snapshot: Snapshot) -> None:
        self.id, self.location = true.id, true.location
        self.true, self.snapshot = true, snapshot
        self.told: Inventory | None = None
        self.is_gone = False

    def get(self, name: SnapshotId) -> Snapshot:
        if self.is_gone:
            raise RevisionError("it is gone")
        found = self.true.get(name)
        if self.told is None:
            return found
        other = self.true.create(self.told)
        return found._replace(slots=other.slots)

    def inventory(self, snapshot: Snapshot) -> Inventory:
        return self.true.inventory(snapshot)


class Borrowed:
    """A world with root's repository, and another one with the snapshot."""

    def __init__(self, directory: Path) -> None:
        self.bench = Bench(directory, World({("apt", ""): [], PLACE: [OLD], ("npm", "/node"): []}))
        self.world = self.bench.world
        theirs = Repository.init(directory / "theirs")
        self.snapshot = theirs.create(self.world.inventory(), message="as it was")
        self.source = Changeable(theirs, self.snapshot)
        self.world.installed[PLACE] = frozenset([NEW])

    def restoration(self) -> Restoration:
        """Returns what a new process would use."""
        crew, source = cast("Crew", FakeCrew(self.world)), cast("Repository", self.source)
        mine = self.bench.repository
        return Restoration(mine, self.bench.journal(), crew, self.world.inventory, lambda: NOW, source=source)

    def own(self) -> Restoration:
        """Returns a restoration of somebody who does not name the other repository."""
        return self.bench.restoration()

    def lie(self) -> None:
        """Has the snapshot hold something else, with a right checksum."""
        self.world.installed[PLACE], before = frozenset([PLANTED]), self.world.installed[PLACE]
        self.source.told = self.world.inventory()
        self.world.installed[PLACE] = before

    def kill_in_the_middle(self) -> None:
        found = self.restoration()
        plan = found.plan(self.snapshot, Selection())
        self.world.left = 7
        with pytest.raises(Killed):
            found.carry_out(plan)
        self.world.left = None
        entry = self.bench.journal().read()
        assert entry is not None
        assert entry.phase == "applying"


@pytest.fixture
def borrowed(tmp_path: Path) -> Borrowed:
    return Borrowed(tmp_path)


def test_what_the_restore_records_goes_to_ones_own_repository(borrowed: Borrowed) -> None:
    found = borrowed.restoration()
    outcome = found.carry_out(found.plan(borrowed.snapshot, Selection()))
    assert outcome.is_exact
    assert outcome.safety is not None
    assert [one.message for one in borrowed.source.true.snapshots()] == ["as it was"]
    messages = {one.message for one in borrowed.bench.repository.snapshots()}
    assert {"before restore of " + borrowed.snapshot.id[:12], "restored " + borrowed.snapshot.id[:12]} <= messages
    mine = borrowed.bench.repository
    assert borrowed.bench.journal().last() == (outcome.safety, mine.id, mine.location)
    back = borrowed.own()
    assert back.carry_out(back.plan(mine.get(outcome.safety), Selection())).is_exact
    assert borrowed.world.installed[PLACE] == {NEW}


def test_a_snapshot_that_changes_after_the_plan_changes_nothing(borrowed: Borrowed) -> None:
    found = borrowed.restoration()
    plan = found.plan(borrowed.snapshot, Selection())
    borrowed.lie()
    assert found.carry_out(plan).is_exact
    assert borrowed.world.installed[PLACE] == {OLD}


def test_a_repository_that_goes_away_after_the_plan_stops_nothing(borrowed: Borrowed) -> None:
    found = borrowed.restoration()
    plan = found.plan(borrowed.snapshot, Selection())
    borrowed.source.is_gone = True
    assert found.carry_out(plan).is_exact


def test_what_is_resumed_is_what_was_begun(borrowed: Borrowed) -> None:
    borrowed.kill_in_the_middle()
    borrowed.lie()
    with pytest.raises(RefusedError, match="has changed since the restore began") as refused:
        borrowed.restoration().resume()
    assert "restore --abort" in refused.value.hint
    assert PLANTED not in borrowed.world.installed[PLACE]
    borrowed.source.told = None
    borrowed.restoration().resume()
    assert borrowed.world.installed[PLACE] == {OLD}


def test_an_abort_needs_nothing_of_the_other_repository(borrowed: Borrowed) -> None:
    borrowed.kill_in_the_middle()
    borrowed.source.is_gone = True
    assert borrowed.own().abort().is_exact
    assert borrowed.world.installed[PLACE] == {NEW}


def test_to_resume_the_other_repository_is_named(borrowed: Borrowed) -> None:
    borrowed.kill_in_the_middle()
    with pytest.raises(RequestError, match="uses another repository") as elsewhere:
        borrowed.own().resume()
    assert f"--resume --repo {borrowed.source.location}" in elsewhere.value.hint
