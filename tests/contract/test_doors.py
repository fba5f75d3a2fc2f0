"""What a stranger adds works through one row: each thing here is defined outside of the package."""

from __future__ import annotations

import importlib
import sys
from functools import partial
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from cortexrepo.cli.main import COMMANDS, snapshot
from cortexrepo.ecosystems import registry
from cortexrepo.formats import registry as formats

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

CARGO = registry.Slice(
    "cargo",
    frozenset({registry.READ, registry.VERSIONS, registry.NAMING}),
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
    assert cargo("search", "cargo:ripgrep>=15").code == 1


def test_an_ecosystem_without_a_way_back_is_named_as_one(cargo: CommandLine) -> None:
    found = cargo("restore", "latest~1", "--only", "cargo", "--dry-run")
    assert found.code != 0
    assert found.err == "cortex: 'cargo' cannot be restored\nhint: these can be: apt, pip, npm\n"


def test_versions_without_an_order_are_no_answer_rather_than_none(
    cargo: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    mute = CARGO._replace(facets=frozenset({registry.READ}))
    monkeypatch.setattr(registry, "SLICES", (*registry.SLICES[:-1], mute))
    found = cargo("search", "ripgrep<14.1.1")
    assert found.code == 1
    assert "ripgrep" in found.err
    assert "where this condition makes no sense" in found.err
    changes = cargo("diff", "latest~1", "latest", "--json").json()["changes"]
    assert isinstance(changes, list)
    assert [one["kind"] for one in changes] == ["changed"]


def test_an_output_format_is_one_row_and_every_command_has_it(
    cortex: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    lisp = formats.Format("lisp", "Print one list in parentheses.", "support.doors.lisp")
    monkeypatch.setattr(formats, "FORMATS", (*formats.FORMATS, lisp))
    # Options are made when a command's module is loaded, as it is at the first use of it in a process.
    for name in [name for name in sys.modules if name.startswith("cortexrepo.cli.")]:
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


def test_a_command_is_one_row(cortex: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ("support.doors.count", "Say how many snapshots there are.")
    monkeypatch.setitem(COMMANDS, "count", row)
    cortex("create")
    cortex("create")
    assert cortex("count").out == "2\n"
    assert cortex("count", "--json").json() == {"schema": "cortex.snapshot.count/1", "count": 2}
    assert "count" in cortex("--help").out
    assert cortex("count", "--help").code == 0
