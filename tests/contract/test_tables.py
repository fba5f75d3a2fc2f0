"""Every plug-in has its row, and every row its file: what is not in a table is never used, and nobody would notice."""

from __future__ import annotations

import importlib
import os
import re
import tomllib
from typing import TYPE_CHECKING

import click
import pytest

import cortexrepo
from cortexrepo.cli.exit_codes import BY_KIND
from cortexrepo.cli.main import COMMANDS, snapshot
from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract import (
    back,
    commands,
    files,
    installed,
    names,
    owning,
    programs,
    reading,
    restoring,
    searching,
    supplying,
    surroundings,
    versions,
)
from cortexrepo.errors import CortexError, EcosystemError

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = os.path.dirname(cortexrepo.__file__)
FACETS: dict[str, type] = {
    registry.READ: reading.Reader,
    registry.VERSIONS: versions.Versions,
    registry.NAMING: names.Names,
    registry.FILES: files.Provider,
    registry.OFFERS: restoring.Offers,
    registry.RULES: restoring.Rules,
    registry.RESTORER: restoring.Restorer,
    registry.BACK: back.Back,
    registry.COMMANDS: commands.Commands,
    registry.SURROUNDINGS: surroundings.Surrounding,
    registry.PROGRAMS: programs.Programs,
    registry.SEARCHED: searching.Searching,
    registry.INSTALLED: installed.Inspector,
    registry.OWNED: owning.Owning,
    registry.SUPPLY: supplying.Supplying,
}
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def modules(folder: str) -> list[str]:
    found = sorted(os.listdir(os.path.join(PACKAGE, folder)))
    return [
        f"cortexrepo.{folder}.{name[:-3]}".replace("/", ".")
        for name in found
        if name.endswith(".py") and name != "__init__.py"
    ]


def slices() -> list[str]:
    folder = os.path.join(PACKAGE, "ecosystems")
    return sorted(name for name in os.listdir(folder) if os.path.exists(os.path.join(folder, name, "read.py")))


def document(name: str) -> str:
    with open(os.path.join(ROOT, "docs", name), encoding="utf-8") as file:
        return file.read()


def errors(root: type[CortexError] = CortexError) -> Iterator[type[CortexError]]:
    yield root
    for child in root.__subclasses__():
        # A test may have one of its own.
        if child.__module__.startswith("cortexrepo."):
            yield from errors(child)


def test_every_ecosystem_folder_has_its_row_and_every_row_its_folder() -> None:
    assert slices() == sorted(row.name for row in registry.SLICES)


@pytest.mark.parametrize("row", registry.SLICES, ids=lambda row: row.name)
def test_a_row_names_every_facet_that_its_folder_has(row: registry.Slice) -> None:
    folder = os.path.join(PACKAGE, "ecosystems", row.name)
    assert {one for one in FACETS if os.path.exists(os.path.join(folder, f"{one.replace('.', os.sep)}.py"))} == set(
        row.facets
    )


@pytest.mark.parametrize("row", registry.SLICES, ids=lambda row: row.name)
def test_a_facet_has_what_its_protocol_names(row: registry.Slice) -> None:
    for facet in row.facets:
        module = importlib.import_module(f"cortexrepo.ecosystems.{row.name}.{facet}")
        protocol = FACETS[facet]
        wanted = {name for name in vars(protocol) if not name.startswith("_")} | set(protocol.__annotations__)
        assert [name for name in sorted(wanted) if not hasattr(module, name)] == []


@pytest.mark.parametrize("row", registry.SLICES, ids=lambda row: row.name)
def test_what_has_several_environments_says_what_they_are_and_which_programs_are_run_there(row: registry.Slice) -> None:
    """Without the second, nothing of them is kept for root, and no restore works in one."""
    assert (row.place == "") == row.is_one
    assert row.is_one or registry.PROGRAMS in row.facets


def test_every_ecosystem_is_held_apart_from_the_others_by_the_linter() -> None:
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    (apart,) = (contract["modules"] for contract in contracts if contract["type"] == "independence")
    assert sorted(apart) == [f"cortexrepo.ecosystems.{name}" for name in registry.names()]


def test_an_ecosystem_that_is_not_in_the_table_is_refused_with_the_known_ones() -> None:
    with pytest.raises(EcosystemError, match="cargo") as caught:
        registry.choose(["apt", "cargo"])
    assert all(name in caught.value.hint for name in registry.names())


@pytest.mark.parametrize("name", registry.names())
def test_an_ecosystem_is_read_under_its_name(name: str) -> None:
    found = registry.reader(name)
    assert name == found.NAME
    assert registry.compare(name, "1", "1") == 0


def test_every_command_file_has_its_row_and_every_row_its_file() -> None:
    with_command = {
        name
        for name in modules("cli/commands")
        if isinstance(getattr(importlib.import_module(name), "command", None), click.Command)
    }
    assert with_command == {module for module, _ in COMMANDS.values()}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_the_name_of_its_row_and_help(name: str) -> None:
    module, summary = COMMANDS[name]
    command = importlib.import_module(module).command
    assert command.name == name
    assert command.help
    assert summary.endswith(".")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_takes_json_and_its_document_is_described(name: str) -> None:
    command = importlib.import_module(COMMANDS[name][0]).command
    assert any("--json" in parameter.opts for parameter in command.params)
    assert re.search(rf"^#+ .*\b{name}\b", document("json.md"), flags=re.MULTILINE), (
        f"docs/json.md has no heading for {name}"
    )


def test_every_kind_of_error_is_unique_has_an_exit_code_and_is_described() -> None:
    kinds = [error.kind for error in errors()]
    assert len(set(kinds)) == len(kinds)
    assert set(BY_KIND) == set(kinds)
    assert [kind for kind in kinds if f"`{kind}`" not in document("json.md")] == []


def test_every_public_name_is_described_where_it_is_defined() -> None:
    for name in cortexrepo.__all__:
        if name != "__version__":
            assert getattr(cortexrepo, name).__doc__, name


def test_no_file_has_more_than_three_hundred_lines() -> None:
    long = []
    for folder, _, found in os.walk(PACKAGE):
        for name in found:
            path = os.path.join(folder, name)
            if name.endswith(".py"):
                with open(path, encoding="utf-8") as file:
                    long += [path] if len(file.readlines()) > 300 else []
    assert long == []


def test_the_readme_says_of_each_ecosystem_what_its_row_says() -> None:
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| (\w+) \| (yes|no) \| (yes|no) \| (yes|no) \|$", file.read(), flags=re.MULTILINE)
    able = {name: [row[1:] for row in rows if row[0] == name] for name in registry.names()}
    for row in registry.SLICES:
        facets = ({registry.VERSIONS, registry.NAMING}, {registry.FILES}, {registry.RESTORER})
        wanted = tuple("yes" if facet.issubset(row.facets) else "no" for facet in facets)
        assert row.is_machine or able[row.name] == [wanted]


def test_the_help_names_each_ecosystem_that_can_be_put_back() -> None:
    first, _, _ = (snapshot.help or "").partition("\n")
    assert [name for name in registry.able(registry.RESTORER) if name not in first] == []
