"""Finding npm's global prefixes: the folders with `lib/node_modules` that `npm install -g` writes to."""

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
from cortexrepo.ecosystems.npm.prefix_search import MODULES, NAME, Prefix, Search
from cortexrepo.machine.budget import SpentError
from cortexrepo.machine.claims import is_wide, places
from cortexrepo.machine.homes import TABLE, homes
from cortexrepo.machine.traces import of_home, of_path, of_system
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.claims import Leading
    from cortexrepo.machine.files import System


class Found(NamedTuple):
    """What a search has found.

    Attributes:
        prefixes: The prefixes, sorted by path.
        unsearched: By the home that is searched, what could not be.
        leadings: By the home, what leads to others.
        unlooked: By the home, what was not looked at, with the reason.
        ways: What led to a prefix, by its `modules`, where that was no usual place.
    """

    prefixes: list[Prefix]
    unsearched: dict[str, dict[str, None]]
    leadings: dict[str, list[Leading]]
    unlooked: dict[str, dict[str, str]]
    ways: dict[str, str]


def find_prefixes(system: System, named: Sequence[str]) -> Found:
    """Returns every prefix, each once, and what could not be searched.

    Args:
        system: The machine.
        named: Prefixes, or their `lib/node_modules`, to take besides those that are found.
    """
    search = Search(system)
    try:
        _look(search, named)
    except SpentError as error:
        search.end(str(error))
    prefixes = sorted(search.found.values())
    return Found(prefixes, search.unsearched, search.leadings, search.unlooked, search.ways)


def _look(search: Search, named: Sequence[str]) -> None:
    """Looks at what is root's before homes, and at what a variable or a person names last."""
    if is_wide(search.system):
        for kind, path in FIXED:
            search.add(kind, path)
        for folder in SHARED_NVM:
            search.add_each("nvm", folder)
        for kind, path in managers.OF_ALL:
            search.add(kind, path)
        for kind, folder, below in OF_ALL:
            search.add_each(kind, folder, below)
        _add_opt(search)
        search.add_configured("/etc/npmrc", {})
        search.follow(of_system(search.system))
    left, own = places(search.system, NAME), _homes(search)
    search.later = dict.fromkeys([*(place.path for place in left), *own])
    for place in left:
        search.begin(place.path)
        place.look(search)
    for home in own:
        search.begin(home)
        _add_home(search, home)
    search.begin("")
    if is_wide(search.system):
        _add_environment(search)
        search.follow(of_path(search.system, search.system.environment.get("PATH", "")))
    for path in named:
        search.by("named", "named", path.rstrip("/").removesuffix(MODULES) or "/")
    search.add_referred()


def _add_opt(search: Search) -> None:
    try:
        for name, _ in search.system.entries("/opt"):
            if name.startswith("node"):
                search.add("opt", f"/opt/{name}")
    except OSError as error:
        search.missed("/opt", error)


def _homes(search: Search) -> list[str]:
    try:
        return homes(search.system)
    except OSError as error:
        search.missed(TABLE, error)
        return []


def _add_home(search: Search, home: str) -> None:
    system = search.system
    try:
        # Without permission to search it, every look inside would say the same.
        if not system.is_directory(home):
            return
        system.exists(f"{home}/.npmrc")
    except OSError as error:
        search.missed(home, error)
        return
    for kind, path in IN_HOME:
        search.add(kind, f"{home}/{path}")
    for kind, folder, below in EACH_IN_HOME:
        search.add_each(kind, f"{home}/{folder}", below)
    for kind, path in managers.IN_HOME:
        search.add(kind, f"{home}/{path}")
    for kind, folder in managers.EACH_IN_HOME:
        search.add_each(kind, f"{home}/{folder}")
    own = system.environment.get("HOME", "").rstrip("/") == home
    search.add_configured(f"{home}/.npmrc", {**(system.environment if own else {}), "HOME": home})
    _add_traces(search, home)


def _add_traces(search: Search, home: str) -> None:
    try:
        names = [name for name, _ in search.system.entries(home)]
    except OSError as error:
        search.missed(home, error)
        return
    search.follow(of_home(search.system, home, names))


def _add_environment(search: Search) -> None:
    variables = search.system.environment
    for kind, variable in VARIABLES:
        search.by(variable, kind, variables.get(variable, ""))
    for kind, variable, folder, below in EACH_BELOW_VARIABLE:
        if (value := variables.get(variable, "").rstrip("/")).startswith("/"):
            search.way = variable
            search.add_each(kind, f"{value}/{folder}", below)
            search.way = ""
    _add_managers(search)
    for variable, value in sorted(variables.items()):
        if is_prefix_variable(variable):
            search.by(variable, "environment", value)
        elif variable.lower() in {"npm_config_userconfig", "npm_config_globalconfig"} and value.startswith("/"):
            search.add_configured(value, variables)
    for folder in variables.get("PATH", "").split(":"):
        _add_node(search, folder)


def _add_managers(search: Search) -> None:
    variables = search.system.environment
    for kind, variable, below in managers.BY_VARIABLE:
        if (value := variables.get(variable, "").rstrip("/")).startswith("/"):
            search.by(variable, kind, value + below)
    for kind, variable, below in managers.EACH_BY_VARIABLE:
        if (value := variables.get(variable, "").rstrip("/")).startswith("/"):
            search.way = variable
            search.add_each(kind, value + below)
            search.way = ""


def is_prefix_variable(variable: str) -> bool:
    """Returns whether npm takes a variable for its prefix, in whatever case."""
    return variable.lower() == "npm_config_prefix"


def _add_node(search: Search, folder: str) -> None:
    """Takes the prefix of a node on the search path, which is npm's own default."""
    node = f"{folder}/node"
    try:
        if folder.startswith("/") and search.system.exists(node):
            search.by("PATH", "path", search.system.realpath(node).rpartition("/")[0].rpartition("/")[0] or "/")
    except OSError as error:
        search.missed(node, error)
