"""One obstacle does not stop the rest: what cannot be restored is skipped, named, and never called restored."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest
from support.restores.commands import Restores

from cortexrepo.model.package import Package

if TYPE_CHECKING:
    from pathlib import Path

THEN = {
    ("apt", ""): [Package(name, "amd64", "1.0") for name in ("a", "b", "c", "d")],
    ("npm", "/opt/node"): [Package("n", "", "1.0.0")],
    ("pip", "/opt/venv"): [Package("p", "", "1.0"), Package("q", "", "1.0")],
}
CHANGED = {
    ("apt", ""): [Package(name, "amd64", "2.0") for name in ("a", "b", "c", "d")],
    ("npm", "/opt/node"): [Package("n", "", "2.0.0")],
    ("pip", "/opt/venv"): [Package("p", "", "2.0"), Package("q", "", "2.0")],
}


@pytest.fixture
def restores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Restores:
    """apt's b and pip's q are nowhere; c needs b, and d needs c."""
    found = Restores(tmp_path, THEN, CHANGED, monkeypatch)
    found.bench.world.missing = {"b", "q"}
    found.bench.world.needs = {"c": "b", "d": "c"}
    return found


def versions(restores: Restores) -> dict[str, str]:
    return {row.name: row.version for rows in restores.bench.world.installed.values() for row in rows}


EXPECTED = {"a": "1.0", "b": "2.0", "c": "2.0", "d": "2.0", "n": "1.0.0", "p": "1.0", "q": "2.0"}


def test_without_the_option_nothing_is_done_and_each_way_out_works(restores: Restores) -> None:
    found = restores("restore", restores.id, "--yes")
    assert found.code == 4
    assert versions(restores) == {row.name: row.version for rows in CHANGED.values() for row in rows}
    commands = re.findall(r"`cortex (snapshot restore [^`]*)`", found.out)
    assert [command for command in commands if "--exclude b --exclude q" in command]
    for command in commands:
        words = shlex.split(command)[1:]
        assert restores(*words, "--dry-run").code in {0, 3, 4}, command
    (skip,) = [command for command in commands if "--skip-unavailable" in command]
    assert restores(*shlex.split(skip)[1:], "--yes").code == 3
    assert versions(restores) == EXPECTED


def test_in_a_document_each_obstacle_names_its_own_package(restores: Restores) -> None:
    found = restores("restore", restores.id, "--dry-run", "--json", "--only", "pip").json()
    obstacles = found["obstacles"]
    assert isinstance(obstacles, list)
    assert ["--only pip --exclude q" in one["hint"] for one in obstacles] == [True]


def test_what_cannot_be_restored_is_skipped_and_what_needs_it_too(restores: Restores) -> None:
    found = restores("restore", restores.id, "--yes", "--skip-unavailable")
    assert found.code == 3
    assert versions(restores) == EXPECTED
    assert "EXACT except what is skipped" in found.out
    assert "b 1.0" in found.out
    assert "c 1.0" in found.out
    assert "this needs a package that is skipped" in found.out
    assert "not as in the snapshot" not in found.out


def test_a_document_has_the_list_of_what_is_skipped(restores: Restores) -> None:
    found = restores("restore", restores.id, "--yes", "--skip-unavailable", "--json")
    outcome = found.json()["outcome"]
    assert isinstance(outcome, dict)
    assert (found.code, outcome["exact"], outcome["differences"]) == (3, False, [])
    assert [(one["package"], one["skipped"]) for one in outcome["left"]] == [
        ("b 1.0", True), ("c 1.0", True), ("d 1.0", True), ("q 1.0", True),
    ]  # fmt: skip


def test_a_difference_that_is_not_of_the_skipped_is_named_still(
    restores: Restores, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = restores.bench.world
    event = type(world).event

    def disturbed(self: object, what: str) -> None:
        event(world, what)
        if what == "apply p":
            world.installed["npm", "/opt/node"] |= {Package("later", "", "1")}

    monkeypatch.setattr(type(world), "event", disturbed)
    found = restores("restore", restores.id, "--yes", "--skip-unavailable")
    assert (found.code, "IN PART" in found.out, "later" in found.out) == (3, True, True)


def test_a_dry_run_shows_both_and_changes_nothing(restores: Restores) -> None:
    found = restores("restore", restores.id, "--dry-run", "--skip-unavailable")
    assert found.code == 3
    assert "skipped" in found.out
    assert "cannot be done" not in found.out
    assert versions(restores) == {row.name: row.version for rows in CHANGED.values() for row in rows}


def test_a_plan_that_skips_is_carried_out_from_its_file(restores: Restores, tmp_path: Path) -> None:
    plan = str(tmp_path / "plan.json")
    restores("restore", restores.id, "--dry-run", "--skip-unavailable", "--plan-out", plan)
    assert restores("restore", "--plan", plan, "--yes").code == 3
    assert versions(restores) == EXPECTED


@pytest.mark.parametrize("more", [[], ["--skip-unavailable"]])
def test_a_resume_skips_what_has_become_unavailable(restores: Restores, more: list[str]) -> None:
    asked = [] if more else ["--skip-unavailable"]
    if more:
        restores.bench.world.missing, restores.bench.world.needs = set(), {}
    restores.bench.world.refusing = {"p"}
    assert restores("restore", restores.id, "--yes", *asked).code == 1
    restores.bench.world.refusing = set()
    restores.bench.world.missing = {"b", "q"}
    assert restores("restore", "--resume", "--dry-run", *more).code == 3
    found = restores("restore", "--resume", *more)
    assert found.code == 3
    assert versions(restores)["p"] == "1.0"
    assert versions(restores)["q"] == "2.0"
    assert "EXACT except what is skipped" in found.out


def test_where_everything_is_skipped_nothing_is_done(restores: Restores) -> None:
    restores.bench.world.missing = {"a", "b", "c", "d", "n", "p", "q"}
    found = restores("restore", restores.id, "--yes", "--skip-unavailable")
    assert found.code == 3
    assert not restores.bench.world.done
    assert "EXACT" not in found.out


def test_a_whole_environment_is_skipped_by_what_names_no_package(
    restores: Restores, monkeypatch: pytest.MonkeyPatch
) -> None:
    from support.restores.restorations import FakeCrew

    from cortexrepo.errors import RestoreError

    propose = FakeCrew.propose

    def without_python(self: FakeCrew, work: object, staging: str) -> object:
        if work.environment == "/opt/venv":  # type: ignore[attr-defined]
            raise RestoreError("the interpreter does not answer")
        return propose(self, work, staging)  # type: ignore[arg-type]

    monkeypatch.setattr(FakeCrew, "propose", without_python)
    found = restores("restore", restores.id, "--yes", "--skip-unavailable")
    assert found.code == 3
    assert "the interpreter does not answer" in found.out
    assert versions(restores) == {**EXPECTED, "p": "2.0"}
    assert "not as in the snapshot" not in found.out
