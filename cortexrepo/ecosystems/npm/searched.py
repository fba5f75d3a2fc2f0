"""The places where `read` looks for npm prefixes, by the names that these environments have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.npm import managers
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
    if "lib" in names and system.is_directory(path + MODULES):
        return True
    return "node_modules" in names and bool(managers.kind_at(system, path, ""))


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
    for kind, path in managers.OF_ALL:
        yield Place(path, (kind,))
    for kind, path in managers.IN_HOME:
        yield Place(f"~/{path}", (kind,))
    for kind, folder in managers.EACH_IN_HOME:
        yield Place(f"~/{folder}/*", (kind,))


def _each(folder: str, below: str) -> Iterator[Place]:
    yield from (Place(f"{folder}/*{below}"), Place(f"{folder}/@*/*{below}"))


def _of_variables(variables: Mapping[str, str]) -> Iterator[Place]:
    for _, variable, folder, below in EACH_BELOW_VARIABLE:
        value = variables.get(variable, "").rstrip("/")
        if is_exact(value):
            yield from _each(f"{named(value)}/{folder}", below)
    for kind, variable, below in (*managers.BY_VARIABLE, *_starred()):
        value = variables.get(variable, "").rstrip("/")
        if is_exact(value):
            yield Place(f"{named(value)}{below}", (kind,))
    exact = [variables.get(variable, "") for _, variable in VARIABLES]
    exact += [value for variable, value in variables.items() if is_prefix_variable(variable)]
    yield from (Place(named(path.rstrip("/") or "/")) for path in exact if is_exact(path))


def _starred() -> Iterator[tuple[str, str, str]]:
    return ((kind, variable, f"{below}/*") for kind, variable, below in managers.EACH_BY_VARIABLE)
