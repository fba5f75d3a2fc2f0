"""Where Python environments are on a machine. No interpreter is started, and only known places are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments import habits
from cortexrepo.ecosystems.pip.environments.depths import deeper
from cortexrepo.ecosystems.pip.environments.python_finder import Finder, at_any, at_conda
from cortexrepo.ecosystems.pip.environments.python_prefix import (
    PythonEnvironment,
    of_site,
    python_directories,
    short_version,
)
from cortexrepo.machine.budget import SpentError
from cortexrepo.machine.claims import is_wide, places
from cortexrepo.machine.homes import TABLE, homes
from cortexrepo.machine.traces import of_home, of_path, of_system

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from cortexrepo.machine.files import System

NAME = "pip"
NAMED = "named"
"""The way to what a person named, or an earlier snapshot has."""


def find(system: System, named: Sequence[str]) -> Finder:
    """Returns a finder that has looked everywhere: the environments, and what could not be searched.

    Args:
        system: The machine.
        named: Further places: a prefix, its site directory, the interpreter in its `bin`, or a directory that pip was
            told to install into.
    """
    finder = Finder(system)
    try:
        _search(system, finder, named)
    except SpentError as error:
        finder.end(str(error))
    return finder


def _search(system: System, finder: Finder, named: Sequence[str]) -> None:
    """Looks at what is root's before homes, and at what a variable or a person names last."""
    if is_wide(system):
        _system_wide(system, finder)
    left, own = places(system, NAME), _homes(system, finder)
    finder.later = dict.fromkeys([*(place.path for place in left), *own])
    for place in left:
        finder.begin(place.path)
        place.look(finder)
    for home in own:
        finder.begin(home)
        _home(system, finder, home)
    finder.begin("")
    if is_wide(system):
        _variables(system, finder)
        finder.follow(of_path(system, system.environment.get("PATH", "")))
    for path in named:
        finder.by(NAMED, path, _named)
    finder.follow_bases()


def _system_wide(system: System, finder: Finder) -> None:
    try:
        default = short_version((system.readlink("/usr/bin/python3") or "").rpartition("/")[2])
    except OSError as error:
        finder.gap("/usr/bin/python3", error)
        default = ""
    finder.site("/usr/lib/python3/dist-packages", "system", default)
    for parent in ("/usr/lib", "/usr/lib64"):
        finder.sites(parent, "system", ("dist-packages", "site-packages"))
    finder.sites("/usr/local/lib", "local", ("dist-packages", "site-packages"))
    for prefix in habits.CONDA_OF_ALL:
        finder.conda(prefix)
    for prefix in habits.OF_IMAGES:
        finder.prefix(prefix)
    for folder in habits.FOLDERS_OF_ALL:
        finder.prefixes(folder)
    for folder in habits.PYENV_OF_ALL:
        _pyenv(finder, folder)
    _pipx(finder, "/opt/pipx")
    for parent in ("/opt", "/srv"):
        entries = finder.entries(parent)
        finder.projects(parent, entries)
        deeper(finder, parent, entries)
    finder.follow(of_system(system))
    finder.follow_bases()


def _homes(system: System, finder: Finder) -> list[str]:
    try:
        return homes(system)
    except OSError as error:
        finder.gap(TABLE, error)
        return []


def _home(system: System, finder: Finder, home: str) -> None:
    listed = finder.listed(home)
    entries = [entry for entry in listed if entry.kind in {"directory", "link"}]
    names = {entry.name for entry in listed}
    _managed(finder, home, names)
    finder.projects(home, entries)
    for name in sorted(names.intersection(habits.PROJECTS)):
        _projects(finder, f"{home}/{name}")
    deeper(finder, home, entries)
    finder.follow(of_home(system, home, names))
    finder.follow_bases()


def _managed(finder: Finder, home: str, names: Collection[str]) -> None:
    """Looks where tools keep environments in a home; `names` is what is in it, and nothing else is asked for."""
    if ".local" in names:
        _local(finder, f"{home}/.local")
    if ".pyenv" in names:
        _pyenv(finder, f"{home}/.pyenv")
    for place, kind in habits.INSTALLED:
        if place.partition("/")[0] in names:
            finder.prefixes(f"{home}/{place}", kind, bare=True)
    for place in (*habits.FOLDERS, *habits.MANAGED):
        if place.partition("/")[0] in names:
            finder.prefixes(f"{home}/{place}")
    _conda_of_home(finder, home, names)


def _conda_of_home(finder: Finder, home: str, names: Collection[str]) -> None:
    for name in habits.CONDA:
        if name in names:
            finder.conda(f"{home}/{name}")
    for place in habits.CONDA_FOLDERS:
        if place.partition("/")[0] in names:
            finder.conda_folder(f"{home}/{place}")
    if ".conda" in names:
        _conda_of_user(finder, f"{home}/.conda")


def _projects(finder: Finder, parent: str) -> None:
    finder.projects(parent, finder.entries(parent, lambda other: _projects(other, parent)))


def _local(finder: Finder, local: str) -> None:
    names = {entry.name for entry in finder.entries(local)}
    if "lib" in names:
        finder.sites(f"{local}/lib", "user")
    if "pipx" in names:
        _pipx(finder, f"{local}/pipx")
    if "share" in names:
        _pipx(finder, f"{local}/share/pipx")
        finder.beneath(f"{local}/share/hatch{habits.HATCH}", habits.HATCH_LEVELS)
        finder.prefixes(f"{local}/share/uv/tools", "uv-tool")
        finder.prefixes(f"{local}/share/uv/python", "uv-python", bare=True)


def _pipx(finder: Finder, home: str) -> None:
    finder.prefixes(f"{home}/venvs", "pipx")
    finder.prefix(home + habits.SHARED, "pipx")


def _conda_of_user(finder: Finder, directory: str) -> None:
    register = f"{directory}/environments.txt"
    for line in finder.read(register):
        if line.startswith("/"):
            finder.by(register, line.strip().rstrip("/"), at_conda)


def _pyenv(finder: Finder, root: str) -> None:
    """Adds pyenv's Pythons and, where they really are, the virtual environments of its plug-in."""
    versions = f"{root}/versions"
    for entry in finder.entries(versions, lambda other: _pyenv(other, root)):
        finder.prefix(f"{versions}/{entry.name}", "pyenv", bare=True)
        finder.prefixes(f"{versions}/{entry.name}/envs", "pyenv")


def _variables(system: System, finder: Finder) -> None:
    """Adds what the environment variables of the tools point to."""
    value = system.environment.get
    for variable, below, kind in habits.VARIABLES:
        root = value(variable, "").rstrip("/")
        if root.startswith("/"):
            finder.way = variable
            finder.prefixes(root + below, kind, bare=kind in habits.BARE)
    for variable, below in habits.PIPX_HOMES:
        root = value(variable, "").rstrip("/")
        if root.startswith("/"):
            finder.way = variable
            finder.prefix(root + below + habits.SHARED, "pipx")
    for variable, below in habits.HATCH_HOMES:
        root = value(variable, "").rstrip("/")
        if root.startswith("/"):
            finder.way = variable
            finder.beneath(root + below + habits.HATCH, habits.HATCH_LEVELS)
    base = value(habits.USER_BASE, "").rstrip("/")
    if base.startswith("/"):
        finder.way = habits.USER_BASE
        finder.sites(f"{base}/lib", "user")
    for variable, kind in (("VIRTUAL_ENV", "venv"), ("CONDA_PREFIX", "conda")):
        prefix = value(variable, "").rstrip("/")
        if prefix.startswith("/"):
            finder.way = variable
            finder.prefix(prefix, kind, bare=kind == "conda")
    finder.way = ""


def _named(system: System, path: str) -> PythonEnvironment | None:
    """Returns the environment at a path of the kinds that `find` takes; None for any other path."""
    path = path.rstrip("/")
    parent, _, name = path.rpartition("/")
    if not path.startswith("/") or "\0" in path:
        return None
    if name in {"site-packages", "dist-packages"}:
        real = system.realpath(path)
        # Named by its site directory it keeps that name: one that was recorded so must be found again under it.
        python = short_version(real.rsplit("/", 2)[-2])
        return of_site(system, real, "prefix", python) if system.is_directory(real) else None
    if parent.endswith("/bin") and name.startswith(("python", "pypy")):
        path = parent.removesuffix("/bin")
    if system.realpath(path) == "/usr":
        return None
    found = at_any(system, path)
    return found or _of_debian(system, path) or _target(system, path)


def _of_debian(system: System, path: str) -> PythonEnvironment | None:
    """Returns the site directory that Debian's pip makes below a prefix that it was told to install into."""
    for name in python_directories(system, f"{path}/local/lib"):
        site = f"{path}/local/lib/{name}/dist-packages"
        if system.is_directory(site):
            return of_site(system, system.realpath(site), "prefix", short_version(name))
    return None


def _target(system: System, path: str) -> PythonEnvironment | None:
    """Returns a directory that `pip install --target` was pointed at: its distributions lie in it directly."""
    if not any(entry.name.endswith(".dist-info") for entry in system.entries(path)):
        return None
    real = system.realpath(path)
    return PythonEnvironment(real, "target", "", real)
