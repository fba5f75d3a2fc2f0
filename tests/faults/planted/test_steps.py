"""Bugs are planted through the table of steps alone: a private name of the package is in no other file of theirs."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.repositories import artifact_mutants, mutants, packing_mutants, renewal_mutants, steps
from support.repositories.steps import STEPS, Constant, Step

if TYPE_CHECKING:
    from types import ModuleType

FILES = (mutants, packing_mutants, artifact_mutants, renewal_mutants)
MUTANTS = mutants.MUTANTS | packing_mutants.MUTANTS | artifact_mutants.MUTANTS | renewal_mutants.MUTANTS

DOCUMENT = Path(__file__).parents[3] / "docs" / "reliability.md"

_PRIVATE = re.compile(r"_[A-Za-z]\w*")
"""A name that its owner keeps to itself; `__name__` is none."""


@pytest.mark.parametrize("name", STEPS)
def test_a_step_is_what_its_owner_has_under_that_name(name: str) -> None:
    row = STEPS[name]
    if isinstance(row, Constant):
        assert getattr(row.owner, row.name) is row.value
    else:
        assert isinstance(row, Step)
        assert vars(row.owner)[row.name] is row.original
        assert inspect.isfunction(row.original)


def test_each_row_is_a_place_of_its_own() -> None:
    assert len({(row.owner, row.name) for row in STEPS.values()}) == len(STEPS)


def test_bugs_are_planted_in_rows_of_the_table_and_in_every_row() -> None:
    planted = {patch.row for mutant in MUTANTS.values() for patch in mutant.patches}
    assert planted == set(STEPS.values())


def test_the_document_has_as_many_planted_bugs_as_each_file() -> None:
    told = re.findall(r"`tests/support/repositories/(\w+)\.py` names (\d+)", DOCUMENT.read_text())
    assert dict(told) == {file.__name__.rpartition(".")[2]: str(len(file.MUTANTS)) for file in FILES}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.__name__.rpartition(".")[2])
def test_a_planted_bug_uses_no_private_name_of_anybody_else(file: ModuleType) -> None:
    assert _private_names(inspect.getsource(file)) == []


@pytest.mark.parametrize(
    "line",
    [
        "store._publish(key)",
        "from cortexrepo.store.local.large import _home",
        "setattr(LocalStore, '_publish', None)",
        "lambda self: self._files",
    ],
)
def test_a_private_name_is_found(line: str) -> None:
    assert len(_private_names(line)) == 1


def _private_names(source: str) -> list[str]:
    """Returns the private names that are read from something, imported, or written as a text."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute):
            found.append(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found += [one.name for one in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return [name for name in found if _PRIVATE.fullmatch(name)]


def test_all_actions_in_the_table_are_used_by_a_planted_bug() -> None:
    own = {name for name, value in vars(steps).items() if getattr(value, "__module__", "") == steps.__name__}
    actions = {name for name in own if inspect.isfunction(getattr(steps, name))}
    used = {
        node.attr
        for file in FILES
        for node in ast.walk(ast.parse(inspect.getsource(file)))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "steps"
    }
    assert actions <= used
