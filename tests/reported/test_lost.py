"""Nothing that was there is lost: inputs of our own, after reports in public trackers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from support.machines.fakemachines import FakeMachine, fake_room
from support.repositories.looks import looked_at
from support.restores.restorations import NOW, Bench, FakeCrew, World

from cortexrepo.ecosystems.apt.availability import Offer, parse, source
from cortexrepo.ecosystems.contract.files import File, Wanted
from cortexrepo.ecosystems.registry import compare
from cortexrepo.model.artifact import INSTALLED, Lack
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import CACHE, CONFIGURED, Selection
from cortexrepo.model.snapshot import OK
from cortexrepo.recording.keeping import Keeping
from cortexrepo.restore.plan.selection import choose
from cortexrepo.restore.run.restoration import Restoration
from cortexrepo.restore.run.safekeeping import Keeper

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from cortexrepo.ecosystems.contract.files import Answer
    from cortexrepo.model.inventory import Reading as Read
    from cortexrepo.model.plan import Part
    from cortexrepo.recording.keeping import Taker
    from cortexrepo.restore.run.crew import Crew

VENV = ("pip", "/opt/venv")
NEW, OLD = Package("big", "amd64", "2.2.6"), Package("big", "amd64", "2.2.5")


class Machine:
    """A machine with a newer version of one package of apt, and with a package of pip that an older snapshot lacks."""

    def __init__(self, directory: Path) -> None:
        """Takes where the repository goes. No source has any file any more, except what is in `files`."""
        self.world = World({("apt", ""): [OLD], VENV: [Package("stays", "", "1")]})
        self.bench = Bench(directory, self.world)
        self.world.installed = {
            ("apt", ""): frozenset([NEW]),
            VENV: frozenset([Package("mine", "", "1.0"), Package("stays", "", "1")]),
        }
        self.files: dict[str, bytes] = {}
        self.told: list[str] = []

    def restoration(self) -> Restoration:
        """Returns restores of this machine."""
        shelf = self.bench.repository.artifacts
        keeper = Keeper(shelf, shelf, self._look, self._brought, self.told.append, limit=1 << 20)
        crew, journal = cast("Crew", FakeCrew(self.world)), self.bench.journal()
        return Restoration(
            self.bench.repository, journal, crew, self.world.inventory, lambda: NOW, safekeeping=keeper
        )  # fmt: skip

    def lost(self) -> list[tuple[str, str]]:
        """Returns the package and the reason of each risk that says that there is no way back."""
        plan = self.restoration().plan(self.bench.snapshot, Selection())
        return [(one.package, one.reason) for one in plan.risks if one.kind == "no-way-back"]

    def _look(self, taker: Taker, readings: Sequence[Read]) -> Keeping:
        kept, lacks = [], []
        for reading in readings:
            for row in reading.manifest.packages if reading.manifest is not None else ():
                data = self.files.get(row.name)
                if data is None:
                    lacks.append(Lack(reading.ecosystem, reading.environment, row, "a file was changed"))
                    continue
                name = f"{row.name}.whl"
                place = reading.environment
                kept.append(taker.keep(reading.ecosystem, row, name, lambda d=data: [d], INSTALLED, "0", place)[0])  # type: ignore[misc]
        return Keeping(tuple(kept), 0, tuple(lacks))

    def _brought(self, part: Part, _staging: str) -> Iterator[Answer]:
        for step in part.steps:
            if step.before is not None:
                data = self.files.get(step.before.name)
                wanted = Wanted("", (), step.before)
                name = f"{step.before.name}.deb"
                yield wanted, "none" if data is None else File(name, "cache", lambda d=data: iter([d]))  # type: ignore[misc]


def test_a_version_that_no_source_has_any_more_is_no_version_near_it() -> None:
    """uyuni-project/uyuni#12244: glibc went back to the nearest version that was there, and to no older one."""
    offered = parse("'https://deb.example/big_2.2.4_amd64.deb' big_2.2.4_amd64.deb 7 SHA256:" + "0" * 64 + "\n")
    assert offered["big_2.2.4_amd64.deb"].size == 7
    assert source(OLD, offered, fake_room("/nowhere"), "") is None


def test_a_version_that_is_nowhere_is_refused_before_anything_is_changed(tmp_path: Path) -> None:
    """bigbluebutton/bigbluebutton#9290, saltstack/salt#33458: old versions went from cache and repository."""
    machine = Machine(tmp_path)
    machine.world.missing = {"big"}
    plan = machine.restoration().plan(machine.bench.snapshot, Selection())
    assert [(one.kind, one.package) for one in plan.obstacles] == [("missing", "big 1.0")]
    assert machine.world.done == []


def test_what_undo_could_not_bring_back_is_told_before(tmp_path: Path) -> None:
    """elastic/kibana#280502: a rollback notes the version alone, and its registry has that no more."""
    machine = Machine(tmp_path)
    assert {package for package, _ in machine.lost()} >= {"mine 1.0"}
    assert all("undo could not bring this version back" in reason for _, reason in machine.lost())


def test_the_file_of_what_goes_is_kept_though_no_source_has_it(tmp_path: Path) -> None:
    """slowpeek/apt-undo#1: once a version is replaced in an archive, the one before cannot be downloaded."""
    machine = Machine(tmp_path)
    machine.files = {"big": b"deb", "mine": b"wheel"}
    assert machine.lost() == []
    restoration = machine.restoration()
    plan = restoration.plan(machine.bench.snapshot, Selection(only=("apt", "pip")))
    assert restoration.carry_out(plan).is_exact
    kept = {(one.ecosystem, one.name, one.version) for one in machine.bench.repository.artifacts.every()}
    assert kept == {("apt", "big", "2.2.6"), ("pip", "mine", "1.0")}


@pytest.mark.parametrize(
    ("selection", "is_done"),
    [(Selection(), False), (Selection(only=("pip",)), False), (Selection(environments=(VENV[1],)), True)],
)
def test_an_environment_is_emptied_only_where_it_is_named(
    tmp_path: Path, *, selection: Selection, is_done: bool
) -> None:
    """jazzband/pip-tools#671: `pip-sync` uninstalled everything because its list of packages was empty."""
    world = World({("apt", ""): [OLD], VENV: []})
    bench = Bench(tmp_path, world)
    world.installed[VENV] = frozenset([Package("alpha", "", "1"), Package("beta", "", "2")])
    plan = bench.restoration().plan(bench.snapshot, selection)
    assert bool([part for part in plan.parts if part.ecosystem == "pip"]) is is_done
    assert bool([one for one in plan.left if one.environment == VENV[1]]) is not is_done


def sides(now: Sequence[Package], then: Sequence[Package]) -> tuple[Inventory, Inventory]:
    """Returns a virtual environment now and then, which both looked at."""
    readings = [
        Reading(*VENV, OK, Manifest.of("pip", rows), "", (("kind", "venv"), ("python", "3.12"))) for rows in (now, then)
    ]
    one, other = (Inventory("0" * 32, (), (reading,), looked_at(VENV[1])) for reading in readings)
    return one, other


def test_one_package_that_stays_is_no_emptied_environment() -> None:
    """After jazzband/pip-tools#671: where something stays, the rest goes unasked, and is told in the plan."""
    rows = [Package("alpha", "", "1"), Package("beta", "", "2")]
    found = choose(*sides(rows, rows[:1]), Selection(), compare)
    assert [step.package.name for work in found.works for step in work.steps] == ["beta"]


def test_another_environments_packages_are_never_taken_away() -> None:
    """jazzband/pip-tools#446: the packages of conda's root environment were to be uninstalled."""
    mine, root = sides([Package("alpha", "", "1")], [Package("alpha", "", "1")])
    conda = Reading("pip", "/opt/conda", OK, Manifest.of("pip", [Package("numpy", "", "1")]), "", (("kind", "conda"),))
    now = mine._replace(readings=(*mine.readings, conda))
    found = choose(now, root, Selection(), compare)
    assert not any(work.steps for work in found.works)
    assert [one.environment for one in found.left if one.environment] == ["/opt/conda"]


def test_a_file_in_the_cache_is_not_lost_when_the_source_has_another(tmp_path: Path) -> None:
    """Debian/apt#22: a cache that was copied from another machine does not belong to the lists that are there."""
    (tmp_path / "big_2.2.5_amd64.deb").write_bytes(b"1234567")
    offered = {"big_2.2.5_amd64.deb": Offer("https://deb.example/big", 9, "sha256:" + "0" * 64)}
    found = source(OLD, offered, fake_room(str(tmp_path), FakeMachine()), str(tmp_path))
    assert found is not None
    assert (found.place, found.size) == (CONFIGURED, 9)
    found = source(OLD, {}, fake_room(str(tmp_path), FakeMachine()), str(tmp_path))
    assert found is not None
    assert (found.place, found.size) == (CACHE, 7)
