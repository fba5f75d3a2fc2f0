"""Files of what goes are kept before the first change, within a limit, and what is not kept is told before a yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from support.restores.restorations import NOW, Bench, FakeCrew, World

from cortexrepo.ecosystems.contract.files import File, Wanted
from cortexrepo.errors import StoreError
from cortexrepo.model.artifact import INSTALLED, Lack
from cortexrepo.model.package import Package
from cortexrepo.model.plan import Selection
from cortexrepo.recording.keeping import Keeping
from cortexrepo.restore.run.restoration import Restoration
from cortexrepo.restore.run.safekeeping import Keeper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cortexrepo.ecosystems.contract.files import Answer
    from cortexrepo.model.artifact import Artifact
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.plan import Part
    from cortexrepo.recording.keeping import Taker
    from cortexrepo.restore.run.crew import Crew

VENV, NODE = ("pip", "/opt/venv"), ("npm", "/opt/node")
GOES = Package("gone", "", "1.0")
DEB = Package("tool", "amd64", "2.0")


class Machine:
    """What there are files of, by name, and how the restores of this machine keep them."""

    def __init__(self, directory: Path, *, limit: int = 100) -> None:
        self.world = World({("apt", ""): [], VENV: [Package("stays", "", "1")], NODE: [Package("stays", "", "1")]})
        self.bench = Bench(directory, self.world)
        self.world.installed = {
            ("apt", ""): frozenset([DEB]),
            VENV: frozenset([GOES, Package("big", "", "1"), Package("stays", "", "1")]),
            NODE: frozenset([GOES, Package("stays", "", "1")]),
        }
        self.files = {"gone": b"x" * 10, "big": b"y" * 30, "tool": b"deb"}
        self.limit = limit
        self.told: list[str] = []
        self.failure: StoreError | None = None
        self.fails_at_once = False

    def look(self, taker: Taker, readings: Sequence[Reading]) -> Keeping:
        """Does as `keep`."""
        if self.fails_at_once:
            raise OSError(28, "No space left on device", "/var/tmp/made")
        kept: list[Artifact] = []
        lacks = []
        for reading in readings:
            assert reading.manifest is not None
            for row in reading.manifest.packages:
                reason = self._one(taker, reading, row, kept)
                lacks += [Lack(reading.ecosystem, reading.environment, row, reason)] if reason else []
        return Keeping(tuple(kept), 0, tuple(lacks), self.failure)

    def _one(self, taker: Taker, reading: Reading, row: Package, kept: list[Artifact]) -> str:
        data = self.files.get(row.name)
        if data is None:
            return "a file was changed"
        if taker.has(reading.ecosystem, row, "0"):
            return ""
        from cortexrepo.errors import CollectError

        try:
            place = reading.environment
            found = taker.keep(reading.ecosystem, row, f"{row.name}.whl", lambda: [data], INSTALLED, "0", place)
        except CollectError as error:
            return str(error)
        kept.append(found[0])
        return ""

    def brought(self, part: Part, _staging: str) -> Iterator[Answer]:
        for step in part.steps:
            if step.before is not None:
                data = self.files.get(step.before.name)
                wanted = Wanted("", (), step.before)
                name = f"{step.before.name}.deb"
                yield wanted, "none" if data is None else File(name, "cache", lambda data=data: iter([data]))  # type: ignore[misc]

    def restoration(self) -> Restoration:
        shelf = self.bench.repository.artifacts
        keeper = Keeper(shelf, shelf, self.look, self.brought, self.told.append, limit=self.limit)
        crew = cast("Crew", FakeCrew(self.world))
        return Restoration(
            self.bench.repository, self.bench.journal(), crew, self.world.inventory, lambda: NOW,
            stage=self.told.append, safekeeping=keeper,
        )  # fmt: skip

    def kept(self) -> list[tuple[str, str]]:
        return sorted((one.ecosystem, one.name) for one in self.bench.repository.artifacts.every())


@pytest.fixture(name="machine")
def _machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_plan_keeps_nothing_and_names_nothing_that_can_be_kept(machine: Machine) -> None:
    plan = machine.restoration().plan(machine.bench.snapshot, Selection())
    assert [one.kind for one in plan.risks] == []
    assert machine.kept() == []


def test_files_of_what_goes_are_kept(machine: Machine) -> None:
    restoration = machine.restoration()
    outcome = restoration.carry_out(restoration.plan(machine.bench.snapshot, Selection()))
    assert outcome.is_exact
    assert machine.kept() == [("apt", "tool"), ("npm", "gone"), ("pip", "big"), ("pip", "gone")]
    assert "4 files (53 bytes) kept for undo" in machine.told


def test_nothing_was_changed_when_they_are_kept(machine: Machine) -> None:
    restoration = machine.restoration()
    plan = restoration.plan(machine.bench.snapshot, Selection())
    machine.failure = StoreError("the disk is full")
    before = dict(machine.world.installed)
    with pytest.raises(StoreError, match="full"):
        restoration.carry_out(plan)
    assert machine.world.installed == before
    assert machine.bench.journal().read() is None


def test_a_failing_disk_ends_it_with_one_line(machine: Machine) -> None:
    restoration = machine.restoration()
    plan = restoration.plan(machine.bench.snapshot, Selection())
    machine.fails_at_once = True
    with pytest.raises(StoreError, match="cannot be kept: /var/tmp/made: No space left"):
        restoration.carry_out(plan)


def test_what_no_file_can_be_made_of_is_a_risk_before_and_afterwards(machine: Machine) -> None:
    del machine.files["gone"]
    restoration = machine.restoration()
    plan = restoration.plan(machine.bench.snapshot, Selection())
    named = [("no-way-back", *VENV, "gone 1.0"), ("no-way-back", *NODE, "gone 1.0")]
    assert sorted(one[:4] for one in plan.risks) == sorted(named)
    outcome = restoration.carry_out(plan)
    assert sorted(one[:4] for one in outcome.plan.risks) == sorted(named)
    assert not any(line.startswith("note: ") for line in machine.told)


def test_what_turns_out_later_is_a_note_and_told_with_the_result(machine: Machine) -> None:
    restoration = machine.restoration()
    plan = restoration.plan(machine.bench.snapshot, Selection())
    del machine.files["big"]
    outcome = restoration.carry_out(plan)
    assert [one[:4] for one in outcome.plan.risks] == [("no-way-back", *VENV, "big 1")]
    assert any(line.startswith("note: big 1: no file was kept for undo") for line in machine.told)


def test_what_is_over_the_limit_is_named_and_the_rest_is_kept(tmp_path: Path) -> None:
    machine = Machine(tmp_path, limit=25)
    restoration = machine.restoration()
    plan = restoration.plan(machine.bench.snapshot, Selection())
    (risk,) = plan.risks
    assert (risk.kind, risk.package) == ("no-way-back", "big 1")
    assert "big.whl is over the limit: a restore keeps 25 bytes of what goes" in risk.reason
    restoration.carry_out(plan)
    assert machine.kept() == [("apt", "tool"), ("npm", "gone"), ("pip", "gone")]


def test_what_cannot_be_known_is_a_risk(machine: Machine) -> None:
    machine.fails_at_once = True
    plan = machine.restoration().plan(machine.bench.snapshot, Selection())
    assert {(one.kind, one.environment) for one in plan.risks} == {
        ("no-way-back", "/opt/venv"),
        ("no-way-back", "/opt/node"),
    }
    assert all("it is not known whether" in one.reason for one in plan.risks)


def test_what_is_kept_already_need_not_be_made(machine: Machine) -> None:
    restoration = machine.restoration()
    restoration.carry_out(restoration.plan(machine.bench.snapshot, Selection()))
    assert machine.told.count("4 files (53 bytes) kept for undo") == 1
    machine.told.clear()
    machine.world.installed[VENV] |= {GOES}
    again = machine.restoration()
    again.carry_out(again.plan(machine.bench.snapshot, Selection()))
    assert not any("kept for undo" in line for line in machine.told)


def test_a_collector_drops_them_with_the_snapshot_that_needs_them(machine: Machine) -> None:
    restoration = machine.restoration()
    outcome = restoration.carry_out(restoration.plan(machine.bench.snapshot, Selection()))
    assert outcome.safety is not None
    machine.bench.repository.upkeep.gc(keep_deleted_ms=0)
    assert len(machine.kept()) == 4
    machine.bench.repository.delete([outcome.safety])
    machine.bench.repository.upkeep.gc(keep_deleted_ms=0)
    assert machine.kept() == []


def test_another_content_of_the_same_version_does_not_count_as_kept(machine: Machine) -> None:
    row = GOES._replace(attributes=(("digest", "sha256:" + "a" * 64),))
    artifacts = machine.bench.repository.artifacts
    artifacts.keep("pip", row, "gone.whl", lambda: [b"another"], INSTALLED, "0", "/opt/venv")
    machine.world.installed[VENV] = frozenset([row, Package("stays", "", "1")])
    restoration = machine.restoration()
    restoration.carry_out(restoration.plan(machine.bench.snapshot, Selection()))
    assert sorted(one.size for one in artifacts.find("pip", row)) == [7, 10]
    machine.world.installed[VENV] |= {row}
    del machine.files["gone"]
    plan = machine.restoration().plan(machine.bench.snapshot, Selection())
    (risk,) = plan.risks
    assert "a file of this version is kept, and it is not known whether that has the same content" in risk.reason
