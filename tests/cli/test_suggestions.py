from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from cortexrepo.cli import suggestions
from cortexrepo.cli.main import COMMANDS, snapshot
from cortexrepo.cli.main import cortex as program

if TYPE_CHECKING:
    from support.processes.command_line import CommandLine


def _said(*words: str) -> str:
    found = CliRunner().invoke(program, words, prog_name="cortex")
    assert found.exit_code == 2
    return found.stderr.splitlines()[0].removeprefix("cortex: ")


@pytest.mark.parametrize(
    ("word", "line"),
    [
        ("ls", "list"),
        ("rm", "delete REV"),
        ("rollback", "restore REV"),
        ("history", "log"),
        ("commit", "create"),
        ("forget", "prune --keep-daily 7 --dry-run"),
        ("snapshots", "list"),
        ("check", "verify"),
        ("help", "--help"),
    ],
)
def test_words_of_other_tools_are_answered_with_the_right_command(word: str, line: str) -> None:
    answer = f"No such command {word!r}. It is `cortex snapshot {line}`."
    assert _said("snapshot", word) == answer
    assert word == "snapshots" or _said(word) == answer


def test_help_of_a_command_is_answered() -> None:
    assert _said("snapshot", "help", "list") == "No such command 'help'. It is `cortex snapshot list --help`."


def test_a_word_that_is_nearly_right_is_answered_and_another_is_not() -> None:
    assert _said("snapshot", "lst") == "No such command 'lst'. Did you mean `cortex snapshot list`?"
    assert _said("snapshot", "cerate") == "No such command 'cerate'. Did you mean `cortex snapshot create`?"
    assert _said("snapshto") == "No such command 'snapshto'. Did you mean `cortex snapshot`?"
    assert _said("list") == "No such command 'list'. It is `cortex snapshot list`."
    assert _said("snapshot", "xyzzy") == "No such command 'xyzzy'."


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("create", "--mesage", "x"), "No such option '--mesage'. Did you mean '--message'?"),
        (("create", "--description", "x"), "No such option '--description'. It is '--message'."),
        (("list", "--lmit", "3"), "No such option '--lmit'. Did you mean '--limit'?"),
        (("list", "--since-when"), "No such option '--since-when'."),
        (("list", "--oneline"), "No such option '--oneline'. `cortex snapshot list` has one line for each snapshot."),
        (("list", "--simulate"), "No such option '--simulate'."),
        (("restore", "--simulate"), "No such option '--simulate'. It is '--dry-run'."),
        (("list", "-x"), "No such option '-x'."),
    ],
)
def test_an_option_is_answered_where_it_is_near_or_anothers(words: tuple[str, ...], answer: str) -> None:
    assert _said("snapshot", *words) == answer


def test_no_word_of_another_tool_is_a_command_and_every_answer_is_one() -> None:
    words = [word for known in suggestions.OTHERS_COMMANDS.values() for word in known]
    assert len(words) == len(set(words))
    assert not set(words) & set(COMMANDS)
    ctx = click.Context(snapshot)
    options = {
        name: {option for param in command.get_params(click.Context(command)) for option in param.opts}
        for name in COMMANDS
        if (command := snapshot.get_command(ctx, name)) is not None
    }
    for line in suggestions.OTHERS_COMMANDS:
        first, *rest = line.split()
        if not first.startswith("-"):
            assert {word for word in rest if word.startswith("--")} <= options[first]
    everywhere = set().union(*options.values())
    assert set(suggestions.OTHERS_OPTIONS) <= everywhere


def test_a_message_is_given_in_either_way_and_once(cortex: CommandLine) -> None:
    for words in (("-m", "before upgrade"), ("--message", "before upgrade"), ("before upgrade",)):
        assert cortex("create", *words).out.splitlines()[0].endswith("  before upgrade")
    twice = cortex("create", "-m", "one", "two")
    assert (twice.code, "give the message once" in twice.err) == (2, True)
    bare = cortex("create", "before", "upgrade")
    assert bare.code == 2
    assert "put it in quotes: `cortex snapshot create 'before upgrade'`" in bare.err
    assert len(cortex("list").out.splitlines()) == 3
