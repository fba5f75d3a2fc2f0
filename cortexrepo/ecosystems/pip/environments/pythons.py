"""Where Python environments are on a machine. No interpreter is started, and only known places are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments.python_finder import Finder, at_conda
from cortexrepo.ecosystems.pip.environments.python_prefix import (
    PythonEnvironment,
    at_prefix,
    of_site,
    python_directories,
    short_version,
)
from cortexrepo.machine.budget import SpentError
from cortexrepo.machine.claims import is_wide, places
from cortexrepo.machine.homes import TABLE, homes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.files import System

NAME = "pip"
CONDA = ("miniconda3", "anaconda3", "miniforge3", "mambaforge")
"""What people call the prefix of conda in their homes."""
CONDA_OF_ALL = ("/opt/conda", *(f"/opt/{name}" for name in CONDA))
FOLDERS = (".virtualenvs", ".venvs", "venvs", "envs", "Envs", "virtualenvs")
"""What people call a directory of virtual environments in their homes."""
MANAGED = (".cache/pypoetry/virtualenvs", ".local/share/virtualenvs", ".local/share/pdm/venvs")
"""Where poetry, pipenv and pdm keep virtual environments in a home."""
PROJECTS = ("src", "code", "Code", "dev", "git", "projects", "Projects", "repos", "work", "workspace")
"""What people call a directory of projects in their homes."""
HATCH = "/env/virtual"
"""Where hatch has virtual environments below its data: in a project's directory, then one for its path."""
HATCH_LEVELS = 3
HATCH_HOMES = (("HATCH_DATA_DIR", ""), ("XDG_DATA_HOME", "/hatch"))
"""Variables that say where hatch keeps its data, and the directory below them."""
OF_IMAGES = ("/venv", "/.venv", "/app/.venv", "/app/venv")
"""Where images have the one environment that they are made for."""
VARIABLES = (
    ("PYENV_ROOT", "/versions", "pyenv"),
    ("PIPX_HOME", "/venvs", "pipx"),
    ("UV_TOOL_DIR", "", "uv-tool"),
    ("UV_PYTHON_INSTALL_DIR", "", "uv-python"),
    ("WORKON_HOME", "", "venv"),
    ("POETRY_VIRTUALENVS_PATH", "", "venv"),
    ("POETRY_CACHE_DIR", "/virtualenvs", "venv"),
    ("XDG_CACHE_HOME", "/pypoetry/virtualenvs", "venv"),
    ("XDG_DATA_HOME", "/virtualenvs", "venv"),
    ("XDG_DATA_HOME", "/pdm/venvs", "venv"),
    ("XDG_DATA_HOME", "/pipx/venvs", "pipx"),
    ("XDG_DATA_HOME", "/uv/tools", "uv-tool"),
    ("XDG_DATA_HOME", "/uv/python", "uv-python"),
)
"""Variables that name a directory, the directory below it in which environments are, and their kind."""
SHARED = "/shared"
"""The environment beside those of the applications, whose packages pipx lets all of them use."""
PIPX_HOMES = (("PIPX_HOME", ""), ("XDG_DATA_HOME", "/pipx"))
"""Variables that say where pipx keeps everything, and the directory below them."""
USER_BASE = "PYTHONUSERBASE"
"""The variable that says where `pip install --user` puts packages."""
BARE = frozenset({"pyenv", "uv-python"})
"""The kinds that need no `pyvenv.cfg`."""


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
        for parent in ("/opt", "/srv"):
            finder.projects(parent, finder.entries(parent))
    left, own = places(system, NAME), _homes(system, finder)
    finder.later = dict.fromkeys([*(place.path for place in left), *own])
    for place in left:
        finder.begin(place.path)
        place.look(finder)
    for home in own:
        finder.begin(home)
        _home(finder, home)
    finder.begin("")
    if is_wide(system):
        _variables(system, finder)
    for path in named:
        finder.add(path, _named)


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
    for prefix in CONDA_OF_ALL:
        finder.conda(prefix)
    for prefix in OF_IMAGES:
        finder.prefix(prefix)
    _pipx(finder, "/opt/pipx")


def _homes(system: System, finder: Finder) -> list[str]:
    try:
        return homes(system)
    except OSError as error:
        finder.gap(TABLE, error)
        return []


def _home(finder: Finder, home: str) -> None:
    entries = finder.entries(home)
    names = {entry.name for entry in entries}
    if ".local" in names:
        _local(finder, f"{home}/.local")
    if ".pyenv" in names:
        finder.prefixes(f"{home}/.pyenv/versions", "pyenv", bare=True)
    for place in (*FOLDERS, *MANAGED):
        if place.partition("/")[0] in names:
            finder.prefixes(f"{home}/{place}")
    for name in CONDA:
        if name in names:
            finder.conda(f"{home}/{name}")
    if ".conda" in names:
        _conda_of_user(finder, f"{home}/.conda")
    finder.projects(home, entries)
    for name in sorted(names.intersection(PROJECTS)):
        _projects(finder, f"{home}/{name}")


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
        finder.beneath(f"{local}/share/hatch{HATCH}", HATCH_LEVELS)
        finder.prefixes(f"{local}/share/uv/tools", "uv-tool")
        finder.prefixes(f"{local}/share/uv/python", "uv-python", bare=True)


def _pipx(finder: Finder, home: str) -> None:
    finder.prefixes(f"{home}/venvs", "pipx")
    finder.prefix(home + SHARED, "pipx")


def _conda_of_user(finder: Finder, directory: str) -> None:
    for entry in finder.entries(f"{directory}/envs"):
        finder.add(f"{directory}/envs/{entry.name}", at_conda)
    for line in finder.read(f"{directory}/environments.txt"):
        if line.startswith("/"):
            finder.add(line.strip().rstrip("/"), at_conda)


def _variables(system: System, finder: Finder) -> None:
    """Adds what the environment variables of the tools point to."""
    value = system.environment.get
    for variable, below, kind in VARIABLES:
        root = value(variable, "").rstrip("/")
        if root.startswith("/"):
            finder.prefixes(root + below, kind, bare=kind in BARE)
    for variable, below in PIPX_HOMES:
        root = value(variable, "").rstrip("/")
        if root.startswith("/"):
            finder.prefix(root + below + SHARED, "pipx")
    for variable, below in HATCH_HOMES:
        root = value(variable, "").rstrip("/")
        if root.startswith("/"):
            finder.beneath(root + below + HATCH, HATCH_LEVELS)
    base = value(USER_BASE, "").rstrip("/")
    if base.startswith("/"):
        finder.sites(f"{base}/lib", "user")
    for variable, kind in (("VIRTUAL_ENV", "venv"), ("CONDA_PREFIX", "conda")):
        prefix = value(variable, "").rstrip("/")
        if prefix.startswith("/"):
            finder.prefix(prefix, kind, bare=kind == "conda")


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
    found = at_prefix(system, path, "venv") or at_prefix(system, path, "prefix", bare=True)
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
