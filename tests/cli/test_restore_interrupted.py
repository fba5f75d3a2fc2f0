from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.restores.commands import Restores

from cortexrepo.model.package import Package

if TYPE_CHECKING:
    from pathlib import Path

THEN = {
    ("apt", ""): [Package("a", "amd64", "1.0"), Package("b", "amd64", "1.0")],
    ("npm", "/opt/node"): [Package("n", "", "1.0.0")],
    ("pip", "/opt/venv"): [Package("p", "", "1.0"), Package("q", "", "1.0")],
}
CHANGED = {
    ("apt", ""): [Package("a", "amd64", "2.0"), Package("c", "amd64", "1.0")],
    ("npm", "/opt/node"): [Package("n", "", "1.0.0")],
    ("pip", "/opt/venv"): [Package("p", "", "2.0"), Package("r", "", "1.0")],
}


@pytest.fixture
def restores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Restores:
    found = Restores(tmp_path, THEN, CHANGED, monkeypatch)
    assert found.interrupt().code == 1
    return found


def test_a_dry_resume_shows_what_is_left_and_changes_nothing(restores: Restores) -> None:
    before, count = dict(restores.bench.world.installed), len(restores.bench.world.done)
    found = restores("restore", "--resume", "--dry-run")
    assert found.code == 0
    assert "pip /opt/venv" in found.out
    assert "q  " in found.out
    assert "\napt\n" not in f"\n{found.out}"
    assert "hint: " not in found.err
    assert "nothing was changed; finish the restore: `cortex snapshot restore --resume" in found.err
    assert (restores.bench.world.installed, len(restores.bench.world.done)) == (before, count)
    assert restores.bench.journal().read() is not None
    assert restores("restore", "--resume").code == 0
    assert restores.bench.world.installed == {place: frozenset(rows) for place, rows in THEN.items()}


def test_a_dry_abort_shows_the_way_back_and_changes_nothing(restores: Restores) -> None:
    before, count = dict(restores.bench.world.installed), len(restores.bench.world.done)
    found = restores("restore", "--abort", "--dry-run")
    assert found.code == 0
    assert "a  1.0 → 2.0" in found.out
    assert "undo the restore: `cortex snapshot restore --abort" in found.err
    assert (restores.bench.world.installed, len(restores.bench.world.done)) == (before, count)
    assert restores("restore", "--abort").code == 0
    assert restores.bench.world.installed == {place: frozenset(rows) for place, rows in CHANGED.items()}


@pytest.mark.parametrize("end", ["--resume", "--abort"])
def test_both_are_documents_too(restores: Restores, end: str) -> None:
    found = restores("restore", end, "--dry-run", "--json").json()
    assert found["schema"] == "cortex.snapshot.restore/1"
    assert found["outcome"] is None
    assert found["parts"]


def test_what_was_interrupted_before_anything_was_changed_has_nothing_to_take_back(restores: Restores) -> None:
    assert restores("restore", "--abort").code == 0
    entry_before = restores.bench.journal().read()
    assert entry_before is None
    found = restores("restore", "--abort", "--dry-run")
    assert (found.code, "no restore was interrupted" in found.err) == (1, True)


@pytest.mark.parametrize("end", ["--resume", "--abort"])
def test_the_rest_of_a_restore_is_not_written_as_a_plan(restores: Restores, tmp_path: Path, end: str) -> None:
    found = restores("restore", end, "--dry-run", "--plan-out", str(tmp_path / "plan.json"))
    assert found.code == 2
    assert "leave out --plan-out" in found.err
    assert not (tmp_path / "plan.json").exists()
