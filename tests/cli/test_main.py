from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from cortexrepo import __version__, errors
from cortexrepo.cli.exit_codes import BY_KIND
from cortexrepo.cli.main import COMMANDS, snapshot
from cortexrepo.cli.main import cortex as program
from cortexrepo.cli.options import location
from cortexrepo.errors import CortexError

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine

HELP = Path(__file__).resolve().parents[1] / "data/help.txt"


def _help_text() -> str:
    """Every help text, one under the other, at the width of a terminal of 100 columns."""
    texts = []
    for words in ([], *([name] for name in COMMANDS)):
        found = CliRunner().invoke(snapshot, [*words, "--help"], prog_name="cortex snapshot", terminal_width=100)
        texts.append(f"$ cortex snapshot {' '.join([*words, '--help'])}\n{found.output}")
    return "\n".join(texts)


def test_help_is_as_it_was_frozen() -> None:
    """To freeze it anew: `CORTEX_FREEZE_HELP=1 python -m pytest tests/cli/test_main.py`, then read the difference."""
    if os.environ.get("CORTEX_FREEZE_HELP"):
        HELP.write_text(_help_text(), encoding="utf-8")
    assert _help_text() == HELP.read_text(encoding="utf-8")


def test_every_command_has_its_row_and_every_row_its_command() -> None:
    folder = Path(sys.modules["cortexrepo.cli.main"].__file__ or "").parent / "commands"
    found = [path.stem.replace("_", "-") for path in folder.glob("*.py") if path.stem != "__init__"]
    assert sorted(found) == sorted(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_what_it_does_with_examples_and_exit_codes(name: str) -> None:
    command = snapshot.get_command(click.Context(snapshot), name)
    assert command is not None
    assert command.name == name
    assert f"cortex snapshot {name}" in (command.help or "")
    assert "Exit codes: 0 done, 1 failed" in (command.help or "")


@pytest.mark.parametrize("name", COMMANDS)
def test_examples_fit_a_terminal_and_options_have_the_same_letter_everywhere(name: str) -> None:
    command = snapshot.get_command(click.Context(snapshot), name)
    assert command is not None
    examples = [line.strip() for line in (command.help or "").splitlines() if line.strip().startswith("cortex ")]
    assert examples
    assert max(map(len, examples)) <= 78
    letters = {"--dry-run": "-n", "--limit": "-n", "--yes": "-y", "--message": "-m"}
    for param in command.params:
        for option in letters.keys() & set(param.opts):
            assert letters[option] in param.opts


def test_the_top_help_is_not_cut_at_80_columns() -> None:
    found = CliRunner().invoke(program, ["--help"], prog_name="cortex", terminal_width=80).output
    assert "..." not in found.partition("Commands:")[2]


def _tree(kind: type[CortexError]) -> list[type[CortexError]]:
    return [kind, *(deeper for child in kind.__subclasses__() for deeper in _tree(child))]


def test_every_kind_of_error_has_an_exit_code() -> None:
    kinds = [kind.kind for kind in _tree(CortexError) if kind.__module__ == errors.__name__]
    assert sorted(kinds) == sorted(BY_KIND)


def test_only_the_command_in_use_is_imported(cortex: CommandLine) -> None:
    cortex("create")
    code = (
        "import sys; from cortexrepo.cli.main import snapshot\n"
        "try: snapshot.main(sys.argv[1:])\n"
        "except SystemExit: print(*sorted(sys.modules))"
    )

    def loaded(*words: str) -> set[str]:
        line = [sys.executable, "-c", code, *cortex.words(words)]
        out = subprocess.run(line, env=cortex.unmeasured(), capture_output=True, check=True, text=True).stdout
        return set(out.splitlines()[-1].split())

    dear = {"json", "shutil", "subprocess", "pathlib", "logging", "dataclasses", "unicodedata", "tempfile"}
    assert not loaded("--help") & {row[0] for row in COMMANDS.values()}
    for words in (["create"], ["show"], ["diff", "latest", "latest"]):
        found = loaded(*words)
        assert {row[0] for row in COMMANDS.values()} & found == {COMMANDS[words[0]][0]}
        assert not found & {row[0] for name, row in COMMANDS.items() if name != words[0]}
        assert not found & (dear - {"json", "shutil"})
    assert "cortexrepo.formats.json.snapshots" not in loaded("create")
    assert "cortexrepo.recording.collecting" not in loaded("diff", "latest", "latest")


def test_the_module_takes_the_word_snapshot_or_not(cortex: CommandLine) -> None:
    assert cortex.process("init").code == 0
    line = [sys.executable, "-m", "cortexrepo", "snapshot", "init"]
    assert subprocess.run(line, env=cortex.environment(), capture_output=True, check=False).returncode == 0


def test_the_console_script_takes_the_group_and_its_command(cortex: CommandLine) -> None:
    code = "import sys; from cortexrepo.__main__ import script; sys.argv[0] = 'cortex'; script()"

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-c", code, *words]
        return subprocess.run(line, env=cortex.environment(), capture_output=True, check=False, text=True)

    assert run("snapshot", "init").returncode == 0
    assert run("snapshot", "list", "--limit", "0").returncode == 2
    assert "cortex snapshot list --help" in run("snapshot", "list", "--limit", "0").stderr
    assert run("--version").stdout == f"cortex {__version__}\n"
    assert run().returncode == 2
    assert "snapshot" in run().stderr
    assert "create" in run("snapshot").stderr


@pytest.mark.parametrize("entry", ["script", "main"])
def test_an_interrupt_while_the_program_is_loaded_is_no_traceback(cortex: CommandLine, entry: str) -> None:
    code = (
        "import sys\n"
        f"from cortexrepo.__main__ import {entry}\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'cortexrepo.cli.main': raise KeyboardInterrupt\n"
        f"sys.meta_path.insert(0, Interrupt()); {entry}()"
    )
    found = subprocess.run([sys.executable, "-c", code], env=cortex.environment(), capture_output=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (130, b"", b"cortex: interrupted\n")


def test_what_still_runs_when_the_console_script_has_done_its_work_ends_first(cortex: CommandLine) -> None:
    code = (
        "import sys, threading; from cortexrepo.__main__ import script\n"
        "def late(): threading.main_thread().join(); print('late')\n"
        "threading.Thread(target=late).start()\n"
        "sys.argv = ['cortex', '--version']; script()"
    )
    found = subprocess.run([sys.executable, "-c", code], env=cortex.environment(), capture_output=True, check=False)
    assert (found.returncode, found.stdout.decode()) == (0, f"cortex {__version__}\nlate\n")


def test_a_console_script_whose_streams_are_gone_ends_as_it_would(cortex: CommandLine) -> None:
    assert cortex.process("init").code == 0
    code = "import sys; from cortexrepo.__main__ import script; sys.argv = ['cortex', *sys.argv[1:]]; script()"
    words = f"exec {shlex.quote(sys.executable)} -c {shlex.quote(code)}"
    for line, expected in (
        (f"{words} snapshot list >&-", 0),
        (f"{words} snapshot list 2>&-", 0),
        (f"{words} snapshot show nothing >&- 2>&-", 1),
        (f"{words} --help >/dev/full", 1),
        (f"{words} snapshot list --json >/dev/full", 1),
    ):
        found = subprocess.run(["sh", "-c", line], env=cortex.environment(), capture_output=True, check=False)
        assert (line, found.returncode, b"Traceback" in found.stderr) == (line, expected, False)


def test_the_group_shows_its_help_for_nothing() -> None:
    assert CliRunner().invoke(program, []).exit_code == 2
    assert CliRunner().invoke(program, ["--help"]).exit_code == 0


def test_the_repository_is_the_systems_for_root_and_else_the_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert location(None) == "/var/lib/cortex/snapshots"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    assert location(None) == "/home/me/.local/share/cortex/snapshots"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    assert location(None) == "/home/me/.local/share/cortex/snapshots"
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert location(None) == "/data/cortex/snapshots"
    assert location("/elsewhere") == "/elsewhere"


@pytest.mark.parametrize(("words", "every"), [("completion", "bash, zsh, fish"), ("snapshot artifacts", "list, fetch")])
def test_a_missing_choice_is_named_on_one_line(words: str, every: str) -> None:
    found = CliRunner().invoke(program, words.split())
    assert (found.exit_code, found.stderr.splitlines()[0].endswith(f"Choose from: {every}")) == (2, True)


def test_the_help_of_show_says_what_the_part_system_is(cortex: CommandLine) -> None:
    cortex("create")
    assert "system" in cortex("show").out
    assert "`system` is" in cortex("show", "--help").out
