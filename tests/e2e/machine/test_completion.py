"""Completion as the real shells ask for it: what is typed, and what the shell offers."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cortexrepo.cli.completion import SHELLS, place, script
from cortexrepo.cli.main import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.processes.command_line import CommandLine

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = f"""#!{sys.executable}
import sys
from cortexrepo.cli.main import cortex
sys.exit(cortex())
"""
BASH = r"""
source "$SCRIPT"
COMP_WORDS=($LINE); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); [[ $LINE == *" " ]] && { COMP_WORDS+=(""); COMP_CWORD+=1; }
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_cortex_completion cortex
printf '%s\n' "${COMPREPLY[@]}"
"""
ZSH = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PROMPT=; unsetopt zle_bracketed_paste; stty -echo 2>/dev/null; autoload -U compinit; compinit -u -D'
zpty -w shell "compadd () { local a=(\$@); builtin compadd -O found \$@; print -rl -- BEGIN \$found END > \$OUT; }"
zpty -w shell "source $SCRIPT"
zpty -w shell 'bindkey "^I" complete-word; print READY'
zpty -r shell seen '*READY*'
zpty -n -w shell "$LINE"$'\t'
for try in {1..200}; do [[ -s $OUT ]] && grep -q END $OUT && break; sleep 0.05; done
zpty -d shell
cat $OUT
"""
FISH = """
source $SCRIPT
complete -C "$LINE"
"""


def offered(cortex: CommandLine, folder: Path, shell: str, line: str) -> list[str]:
    """Returns what a shell offers for the last word of a line."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    programs = folder / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "cortex").write_text(PROGRAM)
    (programs / "cortex").chmod(0o755)
    (folder / "script").write_text(script(shell))
    option, text = {"bash": ("--norc", BASH), "zsh": ("-f", ZSH), "fish": ("-N", FISH)}[shell]
    variables = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "SCRIPT": str(folder / "script"),
        "LINE": line,
        "OUT": str(folder / "out"),
        "HOME": str(folder),
        "TERM": "dumb",
    }
    (folder / "out").unlink(missing_ok=True)
    done = subprocess.run(
        [shell, option, "-c", text],
        env=cortex.environment(**variables),
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=120,
        check=False,
    )
    found = [one.partition("\t")[0].strip() for one in done.stdout.splitlines()]
    return [one for one in found if one and one not in {"BEGIN", "END"}]


@pytest.mark.parametrize("shell", SHELLS)
def test_each_shell_offers_commands_options_snapshots_packages_and_environments(
    cortex: CommandLine, tmp_path: Path, shell: str
) -> None:
    cortex("create", "before the upgrade")
    cortex("create", "nightly")
    cortex("create", "nightly")
    cortex("tag", "golden", "latest~1")
    identity = cortex("list").out.splitlines()[0][:12]

    def asked(line: str) -> list[str]:
        return offered(cortex, tmp_path, shell, f"cortex snapshot {line}")

    assert "undelete" in asked("und")
    assert "--dry-run" in asked("restore --dr")
    assert asked("show gol") == ["golden"]
    assert identity in asked(f"show {identity[:5]}")
    assert "latest" in asked("show lat")
    assert "openssl" in asked("log open")
    assert "/opt/venv" in asked("restore latest --environment /opt/v")
    message = next(one for one in asked("show bef") if one)
    assert message.replace("\\", "").strip("'") == "before the upgrade"


def test_a_repository_that_cannot_be_read_offers_nothing_and_says_nothing(cortex: CommandLine, tmp_path: Path) -> None:
    cortex("create", "first")
    (cortex.repo / "config").write_bytes(b"nonsense")
    assert offered(cortex, tmp_path, "bash", "cortex snapshot show fi") == []


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_written_where_the_shell_looks_for_it(
    tmp_path: Path, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner

    from cortexrepo.cli import completion

    monkeypatch.setattr(completion, "place", lambda shell, *_: str(tmp_path / "there" / shell))
    for _ in range(2):
        found = CliRunner().invoke(completion.command, [shell, "--install"])
        assert found.exit_code == 0, found.output
        assert (tmp_path / "there" / shell).read_text() == script(shell)
    assert [one.name for one in (tmp_path / "there").iterdir()] == [shell]
    assert CliRunner().invoke(completion.command, [shell, "--install", "--remove"]).exit_code == 2
    for said in (f"removed {tmp_path}", "nothing was removed"):
        found = CliRunner().invoke(completion.command, [shell, "--remove"])
        assert (found.exit_code, said in found.output) == (0, True)
    assert list((tmp_path / "there").iterdir()) == []


def test_root_installs_for_all_and_a_user_for_herself() -> None:
    assert place("fish", {}, 0, "/root") == "/usr/local/share/fish/vendor_completions.d/cortex.fish"
    assert place("zsh", {}, 1000, "/home/ana") == "/home/ana/.local/share/zsh/site-functions/_cortex"
    assert place("bash", {"XDG_DATA_HOME": "/d"}, 1000, "/home/ana") == "/d/bash-completion/completions/cortex"
    assert place("bash", {"XDG_DATA_HOME": "d"}, 1000, pwd.getpwuid(0).pw_dir).startswith("/root/.local/share/")


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_command_without_the_word_snapshot_is_told_where_it_is(
    name: str, invoke: Callable[..., tuple[int, str]]
) -> None:
    code, said = invoke(name)
    assert code == 2
    assert f"It is `cortex snapshot {name}`" in said


@pytest.fixture
def invoke() -> Callable[..., tuple[int, str]]:
    """Returns what runs the whole program: its exit code, and what it says on standard error."""
    from click.testing import CliRunner

    from cortexrepo.cli.main import cortex as program

    def run(*words: str) -> tuple[int, str]:
        found = CliRunner().invoke(program, list(words), prog_name="cortex")
        return found.exit_code, found.stderr

    return run
