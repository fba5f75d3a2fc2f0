"""What is known of a package manager is known in its folder: who says a word of one elsewhere is named here, with why.

Docstrings may give an example. Every other text counts: one that is compared, one that is a path, one that people read.
"""

from __future__ import annotations

import ast
import os
import re
from typing import TYPE_CHECKING

import pytest

import cortexrepo
from cortexrepo.cli.commands import create, restore
from cortexrepo.ecosystems import registry
from cortexrepo.model.package import HOLD

if TYPE_CHECKING:
    import click

PACKAGE = os.path.dirname(cortexrepo.__file__)
THEIRS = ("compat", "ecosystems", "importing")
"""The folders of package managers, and those that read what others have kept of one."""
WORDS = (
    r"node_modules", r"nodejs", r"node", r"npmrc", r"npm", r"npx", r"package\.json", r"yarn",
    r"apt(?:-[a-z]+)?", r"dpkg(?:-[a-z]+)?", r"dnf", r"rpmdb", r"rpm", r"yum",
    r"dist-info", r"dist-packages", r"easy-install", r"egg-info", r"egg-link", r"lib/python", r"pip\.conf", r"pip",
    r"pth", r"pypi", r"pyvenv", r"setuptools", r"site-packages", r"sitecustomize", r"usercustomize", r"wheel",
)  # fmt: skip
WORD = re.compile(rf"(?<![a-z])(?:{'|'.join(WORDS)})(?![a-z])", re.IGNORECASE)
ELSEWHERE: dict[str, tuple[set[str], str]] = {
    "cli/commands/import_logs.py": ({"dpkg"}, "the command is there for the logs of dpkg, and for no others"),
    "cli/commands/restore.py": ({"apt"}, "the help of --hold: held to the table below"),
    "cli/main.py": ({"apt", "dpkg"}, "the summary of import-logs"),
    "formats/text/imported.py": ({"apt"}, "what import-logs prints"),
    "history/expression.py": ({"apt"}, "an example in a message"),
    "machine/handed_on.py": (
        {"NODE", "PIP"},
        "variables that say how sources are reached, handed on to every program",
    ),
    "model/package.py": ({"dpkg"}, "the name of a flag, which is on disk"),
}


def texts(tree: ast.AST) -> list[str]:
    """Returns every text in a module that is no docstring, parts of formatted ones too."""
    documents = {
        id(statement.value)
        for node in ast.walk(tree)
        for _, block in ast.iter_fields(node)
        for statement in (block if isinstance(block, list) else ())
        if isinstance(statement, ast.Expr)
    }
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in documents]
    plain = [node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value for node in constants]
    return [value for value in plain if isinstance(value, str)]


def words(source: str) -> set[str]:
    """Returns the words of package managers that a module says."""
    return {word for text in texts(ast.parse(source)) for word in WORD.findall(text)}


def said() -> dict[str, set[str]]:
    """Returns for each file outside of `THEIRS` the words that it says, if it says any."""
    found = {}
    for folder, _, names in os.walk(PACKAGE):
        for name in names:
            path = os.path.join(folder, name)
            relative = os.path.relpath(path, PACKAGE)
            if name.endswith(".py") and relative.partition(os.sep)[0] not in THEIRS:
                with open(path, encoding="utf-8") as file:
                    found[relative] = words(file.read())
    return {path: one for path, one in found.items() if one}


def test_only_those_that_are_named_say_a_word_of_a_package_manager() -> None:
    assert said() == {path: one for path, (one, _) in ELSEWHERE.items()}


@pytest.mark.parametrize("ecosystem", [row.name for row in registry.SLICES if not row.is_machine])
def test_the_name_of_an_ecosystem_is_such_a_word(ecosystem: str) -> None:
    """A new row fails here until its words are among those that are looked for."""
    assert WORD.fullmatch(ecosystem)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('if name == "npm":\n    pass', {"npm"}),
        ('A = ("lib/node_modules", b"pyvenv.cfg")', {"node_modules", "pyvenv"}),
        ('def f(x):\n    """Of pip."""\n    return f"{x}/site-packages"', {"site-packages"}),
        ('A = 1\n"""As apt does."""', set()),
        ('A = {"key": "`apt-get purge x`"}', {"apt-get"}),
        ('match x:\n    case "dpkg":\n        pass', {"dpkg"}),
        ('A = "adapted, a pipe, nodes, captive"', set()),
    ],
)
def test_a_word_is_found_wherever_it_is_a_text(source: str, found: set[str]) -> None:
    assert words(source) == found


def help_of(command: click.Command, option: str) -> str:
    (found,) = [one for one in command.params if option in one.opts]
    return str(getattr(found, "help", ""))


def test_the_help_of_hold_names_each_ecosystem_that_can_hold() -> None:
    holding = [name for name in registry.able(registry.RULES) if (rules := registry.rules(name)) and rules.MARKS & HOLD]
    assert f"Hold the changed {' and '.join(holding)} packages" in help_of(restore.command, "--hold")


def test_the_help_names_each_kind_of_environment_that_can_be_named() -> None:
    text = help_of(create.command, "--environment")
    assert [row.place for row in registry.SLICES if row.place not in text] == []
