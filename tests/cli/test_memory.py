"""create remembers what it saw: a machine that nothing touched is not read again, one that was is."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from cortexrepo.machine import witness
from cortexrepo.recording.recalling import keep, see
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from cortexrepo.recording import recalling as machine


def settle(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes every stamp as old enough: the files of a test were all made just now."""
    monkeypatch.setattr(witness, "SETTLED", -10 * witness.SETTLED)


def environment_at(place: Path, version: str) -> None:
    info = place / "lib/python3.11/site-packages/six-1.dist-info"
    info.mkdir(parents=True)
    (place / "pyvenv.cfg").write_text("version = 3.11.2\n")
    (info / "METADATA").write_text(f"Name: six\nVersion: {version}\n\n")


def six(seen: machine.Seen, place: Path) -> list[str]:
    return [
        package.version
        for reading in seen.inventory.readings
        if reading.environment == str(place) and reading.manifest is not None
        for package in reading.manifest.packages
    ]


def test_a_change_in_an_environment_is_seen_and_nothing_else_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(monkeypatch)
    place = tmp_path / "env"
    environment_at(place, "1.0")
    repository = Repository.open(tmp_path / "repo", create=True)
    first = see(repository, "/", ["pip"], environments=[str(place)])
    assert first.evidence is not None
    keep(repository, first, repository.create(first.inventory).id)
    known = [reading.environment for reading in first.inventory.readings if reading.environment]

    again = see(repository, "/", ["pip"], known=known)
    assert again.evidence is None  # it was remembered, not read
    assert again.inventory.readings == first.inventory.readings

    time.sleep(0.02)
    (place / "lib/python3.11/site-packages/six-1.dist-info/METADATA").write_text("Name: six\nVersion: 2.0\n\n")
    changed = see(repository, "/", ["pip"], known=known)
    assert changed.evidence is not None
    assert six(first, place) == ["1.0"]
    assert six(changed, place) == ["2.0"]


def test_a_deleted_snapshot_or_a_damaged_memory_is_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch)
    repository = Repository.open(tmp_path / "repo", create=True)
    first = see(repository, "/", ["system"])
    snapshot = repository.create(first.inventory)
    keep(repository, first, snapshot.id)
    assert see(repository, "/", ["system"]).evidence is None
    repository.delete([snapshot.id])
    assert see(repository, "/", ["system"]).evidence is not None
    repository.undelete([snapshot.id])
    (tmp_path / "repo/cache/machine").write_bytes(b"torn")
    assert see(repository, "/", ["system"]).evidence is not None


def test_another_question_is_not_answered_from_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settle(monkeypatch)
    repository = Repository.open(tmp_path / "repo", create=True)
    first = see(repository, "/", ["system"])
    keep(repository, first, repository.create(first.inventory).id)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert see(repository, "/", ["system"]).evidence is not None


def test_variables_are_not_stored(tmp_path: Path) -> None:
    place = tmp_path / "repo"
    variables = {**os.environ, "CORTEX_REPO": str(place), "TOKEN": "hidden-word"}
    for _ in range(2):
        subprocess.run([sys.executable, "-m", "cortexrepo", "create", "--only", "system"], env=variables, check=False)
    for file in place.rglob("*"):
        assert not file.is_file() or b"hidden-word" not in file.read_bytes()
