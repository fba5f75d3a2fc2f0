"""A command that a text names works when it is copied: the command exists, and so does each of its options."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

import cortexrepo
from cortexrepo.cli.main import snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE = Path(cortexrepo.__file__).parent
_COMMAND = re.compile(r"`(?:sudo )?cortex snapshot ([^`]+)`")


def _text(node: ast.AST) -> str | None:
    """Returns a text of the source, with a word in place of each value that is put in; None for anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "WORD" for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _named() -> Iterator[str]:
    """Yields the words of every command in a text of the package."""
    for path in sorted(_PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield from _COMMAND.findall(_text(node) or "")


COMMANDS = sorted(set(_named()))


def _found(words: list[str]) -> tuple[click.Command | None, list[str]]:
    """Returns the command that words name, and the words behind its name."""
    group: click.Command | None = snapshot
    while isinstance(group, click.Group) and words and not words[0].startswith("-"):
        found = group.get_command(click.Context(group), words[0])
        if found is None and group is not snapshot:
            break
        group, words = found, words[1:]
    return group, words


@pytest.mark.parametrize("text", COMMANDS)
def test_a_command_in_a_text_exists_with_its_options(text: str) -> None:
    command, rest = _found(text.split())
    assert command is not None
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    assert {word for word in rest if word.startswith("-")} <= known


def test_the_commands_in_texts_are_found() -> None:
    assert len(COMMANDS) > 20, "far less would mean that nothing was looked at"
