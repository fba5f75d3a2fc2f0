from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.restores.restorations import Bench, Killed, World

from cortexrepo.errors import RequestError, RestoreError
from cortexrepo.model.outcome import Outcome
from cortexrepo.model.package import Package
from cortexrepo.model.plan import INTERRUPTED, Plan, Selection
from cortexrepo.restore.run.entry import APPLYING, FETCHING

if TYPE_CHECKING:
    from pathlib import Path

THEN = {
    ("apt", ""): [Package("a", "amd64", "1.0"), Package("b", "amd64", "1.0")],
    ("pip", "/opt/venv"): [Package("p", "", "1.0"), Package("q", "", "1.0")],
}
NOW = {
    ("apt", ""): [Package("a", "amd64", "2.0"), Package("c", "amd64", "1.0")],
    ("pip", "/opt/venv"): [Package("p", "", "2.0"), Package("r", "", "1.0")],
}
Changes = set[tuple[str, str, str]]


def made(directory: Path) -> Bench:
    directory.mkdir()
    world = World(THEN)
    found = Bench(directory, world)
    world.installed = {place: frozenset(rows) for place, rows in NOW.items()}
    return found


def killed_at(bench: Bench, number: int) -> bool:
    restoration = bench.restoration()
    plan = restoration.plan(bench.snapshot, Selection())
    bench.world.left = number
    try:
        restoration.carry_out(plan)
    except Killed:
        return True
    finally:
        bench.world.left = None
    return False


def kept(bench: Bench) -> dict[str, bytes]:
    """Everything in the journal's directory, and the names in the repository."""
    found = {}
    for directory in (bench.journal().directory, bench.repository.location):
        for path, folders, names in os.walk(directory):
            found.update({f"{path}/{name}/": b"" for name in folders})
            for name in names:
                with open(f"{path}/{name}", "rb") as file:
                    found[f"{path}/{name}"] = file.read()
    return found


def changes(plan: Plan) -> Changes:
    return {
        (part.ecosystem, row.name, sign + row.version)
        for part in plan.parts
        for step in part.steps
        for sign, row in (("-", step.before), ("+", step.after))
        if row is not None
    }


def between(now: World, then: dict[tuple[str, str], frozenset[Package]]) -> Changes:
    found = set()
    for place, rows in now.installed.items():
        found |= {(place[0], row.name, f"-{row.version}") for row in rows - then[place]}
        found |= {(place[0], row.name, f"+{row.version}") for row in then[place] - rows}
    return found


def sets(rows: dict[tuple[str, str], list[Package]]) -> dict[tuple[str, str], frozenset[Package]]:
    return {place: frozenset(found) for place, found in rows.items()}


def test_killed_at_any_point_what_is_left_is_shown_and_nothing_is_changed(tmp_path: Path) -> None:
    phases = set()
    for number in range(200):
        bench = made(tmp_path / str(number))
        if not killed_at(bench, number):
            break
        entry = bench.journal().read()
        if entry is None:
            continue
        phases.add(entry.phase)
        installed, done, before = dict(bench.world.installed), list(bench.world.done), kept(bench)
        plan, back = bench.restoration().remaining(), bench.restoration().way_back()
        assert (bench.world.installed, bench.world.done, kept(bench)) == (installed, done, before), number
        assert changes(plan) == between(bench.world, sets(THEN)), number
        assert changes(back) == between(bench.world, sets(NOW)), number
        assert not plan.obstacles
        assert isinstance(bench.restoration().resume(), Outcome)
    else:
        pytest.fail("it never came to its end")
    assert phases == {"fetching", "applying", "finishing"}


def interrupted(bench: Bench) -> None:
    bench.world.refusing = {"q"}
    restoration = bench.restoration()
    plan = restoration.plan(bench.snapshot, Selection())
    with pytest.raises(RestoreError):
        restoration.carry_out(plan)
    bench.world.refusing = set()


def test_the_change_that_was_interrupted_is_named_and_its_obstacles_are_to_know(tmp_path: Path) -> None:
    bench = made(tmp_path / "bench")
    interrupted(bench)
    bench.world.missing = {"q"}
    plan = bench.restoration().remaining()
    assert not plan.obstacles
    told = [(one.ecosystem, one.package) for one in plan.risks if one.kind == INTERRUPTED]
    assert ("pip", "") in told
    entry = bench.journal().read()
    assert entry is not None
    assert entry.phase == APPLYING


def test_only_packages_of_the_restore_are_led_back(tmp_path: Path) -> None:
    bench = made(tmp_path / "bench")
    interrupted(bench)
    bench.world.installed["apt", ""] |= {Package("later", "amd64", "1")}
    assert ("apt", "later", "-1") not in changes(bench.restoration().way_back())


def test_a_restore_that_was_killed_while_it_fetched_has_nothing_to_take_back(tmp_path: Path) -> None:
    bench = made(tmp_path / "bench")
    assert killed_at(bench, 3)
    entry = bench.journal().read()
    assert entry is not None
    assert entry.phase == FETCHING
    assert bench.restoration().way_back().parts == ()
    assert changes(bench.restoration().remaining()) == between(bench.world, sets(THEN))


def test_without_an_interrupted_restore_there_is_nothing_to_show(tmp_path: Path) -> None:
    restoration = made(tmp_path / "bench").restoration()
    for ask in (restoration.remaining, restoration.way_back):
        with pytest.raises(RequestError, match="no restore was interrupted"):
            ask()
