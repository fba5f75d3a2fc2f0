"""The places where `read` looks for Python environments, by the names that these environments have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments.habits import (
    BARE,
    CONDA,
    CONDA_FOLDERS,
    CONDA_OF_ALL,
    FOLDERS,
    FOLDERS_OF_ALL,
    HATCH,
    HATCH_HOMES,
    HATCH_LEVELS,
    INSTALLED,
    MANAGED,
    OF_IMAGES,
    PIPX_HOMES,
    PROJECTS,
    PYENV_OF_ALL,
    SHARED,
    USER_BASE,
    VARIABLES,
)
from cortexrepo.ecosystems.pip.environments.python_finder import OF_SYSTEM, PROJECT_NAMES
from cortexrepo.ecosystems.pip.environments.python_prefix import CONFIGURATION, python_directories
from cortexrepo.model.environment import named
from cortexrepo.model.looked import Place, is_exact

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from cortexrepo.machine.files import System

INSIDE = ("site-packages", "dist-packages", "__pycache__")
_VIRTUAL = ("pipx", "uv-tool", "venv")
"""The kinds that have a `pyvenv.cfg`."""
_INTERPRETER = ("conda", "prefix", "pyenv", "uv-python", *_VIRTUAL)
"""The kinds that a look for any interpreter shows."""
_DEEP = "/*" * HATCH_LEVELS
_CONDA = ("conda",)
_VERSIONS = ("python2.*", "python3.*", "pypy2.*", "pypy3.*")
_SITES = (
    ("/usr/lib", ("dist-packages", "site-packages")),
    ("/usr/lib64", ("dist-packages", "site-packages")),
    ("/usr/local/lib", ("dist-packages", "site-packages")),
    ("~/.local/lib", ("site-packages",)),
)


def searched(variables: Mapping[str, str]) -> tuple[Place, ...]:
    """See `Searching.searched`."""
    return (*_always(), *_of_variables(variables))


def marks(system: System, path: str, names: Collection[str]) -> bool:
    """See `Searching.marks`."""
    if CONFIGURATION in names or "conda-meta" in names:
        return True
    if path in OF_SYSTEM or "lib" not in names or "bin" not in names:
        return False
    library = f"{path}/lib"
    return any(system.is_directory(f"{library}/{name}/site-packages") for name in python_directories(system, library))


def _always() -> Iterator[Place]:
    yield Place("/usr/lib/python3/dist-packages")
    for parent, names in _SITES:
        yield from (Place(f"{parent}/{version}/{name}") for version in _VERSIONS for name in names)
    for prefix in (*CONDA_OF_ALL, *(f"~/{name}" for name in CONDA)):
        yield from (Place(prefix, _CONDA), Place(f"{prefix}/envs/*", _CONDA))
    yield from (Place(f"~/{folder}/*", _CONDA) for folder in CONDA_FOLDERS)
    for below in (".pyenv/versions", ".local/share/uv/python", *(place for place, _ in INSTALLED)):
        yield Place(f"~/{below}/*", _INTERPRETER)
    yield from (Place(f"{root}/versions/*", _INTERPRETER) for root in PYENV_OF_ALL)
    yield from (Place(f"{folder}/*", _VIRTUAL) for folder in FOLDERS_OF_ALL)
    in_home = (".local/pipx/venvs", ".local/share/pipx/venvs", ".local/share/uv/tools", *FOLDERS, *MANAGED)
    for parent in (*(f"~/{name}" for name in in_home), "/opt/pipx/venvs"):
        yield Place(f"{parent}/*", _VIRTUAL)
    yield from (Place(prefix, _VIRTUAL) for prefix in OF_IMAGES)
    for home in ("~/.local/pipx", "~/.local/share/pipx", "/opt/pipx"):
        yield Place(home + SHARED, _VIRTUAL)
    yield Place(f"~/.local/share/hatch{HATCH}{_DEEP}", _VIRTUAL)
    for parent in ("/opt", "/srv", "~", *(f"~/{name}" for name in PROJECTS)):
        yield Place(f"{parent}/*", _VIRTUAL)
        yield from (Place(f"{parent}/*/{name}", _VIRTUAL) for name in PROJECT_NAMES)
        yield from (Place(f"{parent}/{name}", _VIRTUAL) for name in PROJECT_NAMES if name[0] == ".")


def _of_variables(variables: Mapping[str, str]) -> Iterator[Place]:
    for variable, below, kind in VARIABLES:
        root = variables.get(variable, "").rstrip("/")
        if is_exact(root):
            yield Place(f"{named(root)}{below}/*", _INTERPRETER if kind in BARE else _VIRTUAL)
    for variable, below in PIPX_HOMES:
        root = variables.get(variable, "").rstrip("/")
        if is_exact(root):
            yield Place(f"{named(root)}{below}{SHARED}", _VIRTUAL)
    for variable, below in HATCH_HOMES:
        root = variables.get(variable, "").rstrip("/")
        if is_exact(root):
            yield Place(f"{named(root)}{below}{HATCH}{_DEEP}", _VIRTUAL)
    base = variables.get(USER_BASE, "").rstrip("/")
    if is_exact(base):
        yield from (Place(f"{named(base)}/lib/{version}/site-packages") for version in _VERSIONS)
    for variable, kinds in (("VIRTUAL_ENV", _VIRTUAL), ("CONDA_PREFIX", _INTERPRETER)):
        prefix = variables.get(variable, "").rstrip("/")
        if is_exact(prefix):
            yield Place(named(prefix), kinds)
