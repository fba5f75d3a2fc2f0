"""The places where `read` looks for npm prefixes, by the names that these environments have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.npm.habits import (
    EACH_BELOW_VARIABLE,
    EACH_IN_HOME,
    FIXED,
    IN_HOME,
    OF_ALL,
    SHARED_NVM,
    VARIABLES,
)
from cortexrepo.ecosystems.npm.prefix_search import MODULES
from cortexrepo.ecosystems.npm.prefixes import is_prefix_variable
from cortexrepo.model.environment import named
from cortexrepo.model.looked import Place, is_exact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cortexrepo.machine.files import System

INSIDE = ("node_modules",)


def searched(variables: Mapping[str, str]) -> tuple[Place, ...]:
    """See `Searching.searched`."""
    return (*_always(), *_of_variables(variables))


def marks(system: System, path: str, names: Collection[str]) -> bool:
    """See `Searching.marks`."""
    return "lib" in names and system.is_directory(path + MODULES)


def _always() -> Iterator[Place]:
    yield from (Place(path) for _, path in FIXED)
    yield Place("/opt/node*")
    for folder in SHARED_NVM:
        yield from _each(folder, "")
    for _, folder, below in OF_ALL:
        yield from _each(folder, below)
    yield from (Place(f"~/{path}") for _, path in IN_HOME)
    for _, folder, below in EACH_IN_HOME:
        yield from _each(f"~/{folder}", below)


def _each(folder: str, below: str) -> Iterator[Place]:
    yield from (Place(f"{folder}/*{below}"), Place(f"{folder}/@*/*{below}"))


def _of_variables(variables: Mapping[str, str]) -> Iterator[Place]:
    for _, variable, folder, below in EACH_BELOW_VARIABLE:
        value = variables.get(variable, "").rstrip("/")
        if is_exact(value):
            yield from _each(f"{named(value)}/{folder}", below)
    exact = [variables.get(variable, "") for _, variable in VARIABLES]
    exact += [value for variable, value in variables.items() if is_prefix_variable(variable)]
    yield from (Place(named(path.rstrip("/") or "/")) for path in exact if is_exact(path))
