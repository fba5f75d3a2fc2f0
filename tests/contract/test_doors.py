"""What a stranger adds works through one row: each thing here is defined outside of the package."""

from __future__ import annotations

import importlib
import sys
from functools import partial
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner
from support.processes.command_line import CommandLine
from support.repositories.inventories import inventory

import cortexrepo.cli
from cortexrepo.cli.main import COMMANDS, snapshot
from cortexrepo.compat import SnapshotManager, snapshots
from cortexrepo.ecosystems import registry
from cortexrepo.formats import registry as formats
from cortexrepo.repository.repository import Repository
from cortexrepo.store import registry as stores

if TYPE_CHECKING:
    from pathlib import Path

CARGO = registry.Slice(
    "cargo",
    registry.READ,
    registry.VERSIONS,
    registry.NAMING,
    is_one=True,
    home="support.doors.cargo",
)


@pytest.fixture(autouse=True)
def _loaded() -> None:
    """Loads every command before a row is added: help texts that name all ecosystems are made once in a process."""
    for name in COMMANDS:
        snapshot.get_command(click.Context(snapshot), name)


@pytest.fixture
def cargo(monkeypatch: pytest.MonkeyPatch, cortex: CommandLine) -> CommandLine:
    monkeypatch.setattr(registry, "SLICES", (*registry.SLICES, CARGO))
    _install(cortex, "14.1.0")
    assert cortex("create", "before", "--only", "apt,cargo").code == 0
    _install(cortex, "14.1.1")
    assert cortex("create", "after", "--only", "apt,cargo").code == 0
    return cortex


class InStore(CommandLine):
    """The command line over a repository that is in no directory."""

    def __init__(self, location: str, root: Path) -> None:
        super().__init__(root, root)
        self._location = location

    def variables(self) -> dict[str, str]:
        return {**super().variables(), "CORTEX_REPO": self._location}


def _install(cortex: CommandLine, version: str) -> None:
    path = cortex.root / "usr/local/cargo/.crates.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'[v1]\n"ripgrep {version} (registry+https://example.org)" = ["rg"]\n"exa_tool 0.9.0 (path)" = []\n'
    )


def test_an_ecosystem_is_recorded_shown_and_compared(cargo: CommandLine) -> None:
    assert "2 cargo" in cargo("list").out
    assert "ripgrep" in cargo("show", "--packages").out
    found = cargo("diff", "latest~1", "latest")
    assert (found.code, "upgraded" in found.out.lower() or "14.1.0" in found.out, "cargo" in found.out) == (
        0,
        True,
        True,
    )
    assert cargo("diff").out.count("ripgrep") == 0


def test_an_ecosystems_own_order_says_what_was_an_upgrade(cargo: CommandLine) -> None:
    changes = cargo("diff", "latest~1", "latest", "--json").json()["changes"]
    assert isinstance(changes, list)
    assert [(one["ecosystem"], one["name"], one["kind"]) for one in changes] == [("cargo", "ripgrep", "upgraded")]


def test_an_ecosystem_answers_questions_about_the_past(cargo: CommandLine) -> None:
    assert "14.1.0" in cargo("log", "ripgrep").out
    assert "14.1.0" in cargo("search", "ripgrep<14.1.1").out
    assert "14.1.1" not in cargo("search", "cargo:ripgrep<14.1.1").out
    assert cargo("search", "cargo:ripgrep>=15").code == 6


def test_an_ecosystem_without_a_way_back_is_named_as_one(cargo: CommandLine) -> None:
    found = cargo("restore", "latest~1", "--only", "cargo", "--dry-run")
    assert found.code != 0
    assert (
        found.err == "cortex: packages of 'cargo' cannot be restored\n"
        "hint: packages of these ecosystems can be restored: apt, pip, npm\n"
    )


def test_versions_without_an_order_are_no_answer_rather_than_none(
    cargo: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    mute = registry.Slice("cargo", registry.READ, is_one=True, home=CARGO.home)
    monkeypatch.setattr(registry, "SLICES", (*registry.SLICES[:-1], mute))
    found = cargo("search", "ripgrep<14.1.1")
    assert found.code == 1
    assert "ripgrep" in found.err
    assert "and cargo cannot compare versions like this" in found.err
    changes = cargo("diff", "latest~1", "latest", "--json").json()["changes"]
    assert isinstance(changes, list)
    assert [one["kind"] for one in changes] == ["changed"]


def test_an_output_format_is_one_row_and_every_command_has_it(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(formats.FORMATS, "lisp", ("support.doors.lisp", "Print one list in parentheses."))
    # Options are made when a command's module is loaded, as it is at the first use of it in a process.
    monkeypatch.setattr(cortexrepo, "cli", cortexrepo.cli)
    for name in [name for name in sys.modules if name == "cortexrepo.cli" or name.startswith("cortexrepo.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    main = importlib.import_module("cortexrepo.cli.main")
    run = partial(CliRunner().invoke, main.snapshot, env={"CORTEX_REPO": str(cortex.repo), "NO_COLOR": "1"})
    made = run(["create", "first", "--root", str(cortex.root), "--lisp"])
    assert (made.exit_code, made.stdout[:45]) == (0, '(("schema" "cortex.snapshot.create/1") ("id" ')
    for words in (["list"], ["show"], ["tag"], ["verify"], ["gc"], ["log"], ["diff", "latest", "latest"]):
        found = run([*words, "--lisp"])
        assert (words, found.stdout[:26]) == (words, '(("schema" "cortex.snapsho')
        assert "in parentheses" in run([words[0], "--help"]).stdout
    wrong = run(["show", "nothing", "--lisp"])
    assert wrong.stdout.startswith('(("schema" "cortex.snapshot.error/1")')
    for words in (["tag", "--lisp", "--json"], ["show", "nothing", "--lisp", "--json"]):
        assert (words, run(words).stdout[:1]) == (words, "{")


def test_a_command_is_one_row(cortex: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ("support.doors.count", "Say how many snapshots there are.")
    monkeypatch.setitem(COMMANDS, "count", row)
    cortex("create")
    cortex("create")
    assert cortex("count").out == "2\n"
    assert cortex("count", "--json").json() == {"schema": "cortex.snapshot.count/1", "count": 2}
    assert "count" in cortex("--help").out
    assert cortex("count", "--help").code == 0


@pytest.fixture(params=["directory", "ram"])
def place(request: pytest.FixtureRequest, cortex: CommandLine, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """The command line over each store; the second is registered by its row."""
    if request.param == "directory":
        return cortex
    monkeypatch.setitem(stores.STORES, "ram", "support.doors.ram")
    return InStore(f"ram:{cortex.repo}", cortex.root)


def test_every_command_works_on_a_store_that_is_one_row(place: CommandLine, tmp_path: Path) -> None:
    def code(*words: str) -> int:
        found = place(*words)
        assert "Traceback" not in found.err
        return found.code

    assert code("list") == 10
    assert code("init") == 0
    assert code("create", "first", "--tag", "golden") == 0
    _install(place, "1")
    assert code("create", "second", "--keep-artifacts", "--only", "apt,pip,npm") in {0, 3}
    assert place("list").out.count("\n") == 2
    assert (code("show", "golden", "--packages"), code("status"), code("tag", "other", "latest~1")) == (0, 0, 0)
    assert code("diff", "golden", "latest", "--exit-code") in {0, 3, 5}
    assert code("log") == 0
    assert code("search", "bash") in {0, 1}
    assert code("artifacts", "list") == 0
    assert code("delete", "latest", "--yes") == 0
    assert place("list", "--deleted").out.count("\n") == 1
    assert code("undelete", place("list", "--deleted", "--json").json()["snapshots"][0]["id"]) == 0  # type: ignore[index]
    assert code("delete", "latest", "--yes") == 0
    assert code("gc", "--expire-deleted", "now") == 0
    assert place("list").out.count("\n") == 1
    assert (code("prune", "--keep-last", "1", "--yes"), code("verify"), code("verify", "--repair")) == (0, 0, 0)
    assert code("import-logs", "--dry-run") in {0, 1, 3}
    # 4: packages that cannot be put back are named, as they are over a directory.
    assert code("restore", "golden", "--dry-run") in {0, 4}
    (tmp_path / "old").mkdir()
    assert code("import-legacy", str(tmp_path / "old")) == 0
    assert place("verify").out.startswith("all good")
    assert "golden" in place("show", "golden").out


def test_the_old_api_works_on_a_store_that_is_one_row(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(stores.STORES, "ram", "support.doors.ram")
    monkeypatch.setattr(snapshots, "collect", lambda **_: inventory(1))
    place = f"ram:{tmp_path}/old"
    made, found, _ = SnapshotManager(place).create_snapshot("first")
    assert made
    monkeypatch.setenv("CORTEX_REPO", place)
    assert [one.id for one in SnapshotManager().list_snapshots()] == [found]
    assert InStore(place, cortex.root)("list").out.count("\n") == 1


def test_what_is_packed_in_a_store_that_is_one_row_is_read_again(place: CommandLine) -> None:
    location = place.variables()["CORTEX_REPO"]
    repository = Repository.open(location, create=True)
    for day in range(150):
        repository.record(inventory(day), (day + 1) * 86_400_000, message=f"day {day}")
    found = repository.upkeep.gc()
    assert (found.rolled > 0, found.packed > 0) == (True, True)
    again = Repository.open(location)
    assert [one.message for one in again.snapshots()] == [f"day {day}" for day in reversed(range(150))]
    assert again.inventory(again.get("latest")).readings == inventory(149).readings
    assert again.upkeep.verify().problems == ()
    assert len(again.upkeep.delete([one.id for one in again.snapshots()[:149]])) == 149
    again.upkeep.gc(keep_deleted_ms=0)
    assert [one.message for one in Repository.open(location).snapshots()] == ["day 0"]
