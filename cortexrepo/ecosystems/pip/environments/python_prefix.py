"""One Python environment: what it is, and what is at one prefix."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.machine.files import System

CONFIGURATION = "pyvenv.cfg"
"""The file that makes a directory a virtual environment. It is much shorter than 4 KB."""

_HARMLESS = {errno.ELOOP, errno.EINVAL, errno.ENAMETOOLONG, errno.ENXIO}
"""What opening says of links in a loop, of FIFOs and the like: there is no environment, and nothing was withheld."""
_LONGEST = 1024
"""A longer path of an interpreter is not recorded."""
_DIGITS = 8
"""No version of Python has more."""
FREE = "t"
"""What the names of a Python without a global lock have behind the version: `python3.13t`."""


class PythonEnvironment(NamedTuple):
    """One place that packages are installed to.

    Attributes:
        path: Identifies it: the prefix where an interpreter has it to itself, else the site directory. Links resolved.
        kind: `system`, `local`, `user`, `venv`, `pyenv`, `pipx`, `uv-tool`, `uv-python`, `conda`, `prefix` or `target`.
        python: The version of its Python, as `3.11`, or an empty string where the files do not say.
        site: Its site directory, links resolved; empty where there is none, which is a broken environment.
        base: The directory of the interpreter that a virtual environment was made with, as its own file says; else
            empty.
    """

    path: str
    kind: str
    python: str
    site: str
    base: str = ""


def at_prefix(system: System, prefix: str, kind: str, *, bare: bool = False) -> PythonEnvironment | None:
    """Returns the environment at `prefix`, or None when there is none.

    Args:
        system: The machine.
        prefix: Where to look.
        kind: What to call a virtual environment that is found there.
        bare: Whether an interpreter that is not a virtual environment counts, under the same kind.

    Raises:
        OSError: The place may not be read.
    """
    content = quiet_head(system, f"{prefix}/{CONFIGURATION}")
    if content is None:
        return at_interpreter(system, prefix, kind) if bare else None
    real = system.realpath(prefix)
    python = _configured(content) or _linked(system, real)
    found = _described(system, real, kind, python)
    return found._replace(base=_base(content)) if found.path == real else found


def at_interpreter(system: System, prefix: str, kind: str) -> PythonEnvironment | None:
    """Returns the environment of an interpreter installed at `prefix`, or None; raises OSError as `at_prefix`."""
    if kind != "conda" and system.is_directory(f"{prefix}/conda-meta"):
        kind = "conda"
    real = system.realpath(prefix)
    found = _described(system, real, kind, _linked(system, real))
    return found if found.site else None


def quiet_head(system: System, path: str) -> bytes | None:
    """Returns the start of the file, or None when it is not there or is not a file at all; raises OSError otherwise."""
    try:
        return system.head(path, 4096)
    except OSError as error:
        if error.errno in _HARMLESS:
            return None
        raise


def short_version(text: str) -> str:
    """Returns `3.11` for `3.11`, `python3.11`, `3.11.2` and `3.11.2.final.0`, else an empty string.

    A Python without a global lock has the letter in its version: `3.13t` for `python3.13t`.
    """
    major, _, rest = text.removeprefix("python").partition(".")
    minor = rest.partition(".")[0]
    digits = major + minor.removesuffix(FREE)
    if len(digits) > _DIGITS or not (major and minor.removesuffix(FREE)):
        return ""
    return f"{major}.{minor}" if digits.isascii() and digits.isdigit() else ""


def python_directories(system: System, parent: str) -> list[str]:
    """Returns the names such as `python3.11` and `pypy3.10` in `parent`, the newest first; raises OSError."""
    names = [entry.name for entry in system.entries(parent) if entry.kind in {"directory", "link"}]
    found = [name for name in names if name.startswith(("python", "pypy")) and "." in name]
    return sorted(found, key=_newness, reverse=True)


def _newness(name: str) -> tuple[int, int]:
    major, _, minor = short_version(name.removeprefix("pypy").removeprefix("python")).partition(".")
    return (int(major), int(minor.removesuffix(FREE))) if minor else (0, 0)


def _configured(content: bytes) -> str:
    """Returns the version in a pyvenv.cfg: `version` of venv, `version_info` of virtualenv and uv."""
    found = ""
    for key, value in _settings(content):
        if key in {"version", "version_info"}:
            found = short_version(value) or found
    return found


def _base(content: bytes) -> str:
    """Returns the directory of the interpreter that a pyvenv.cfg names as the one below; empty where it is too long."""
    found = [value for key, value in _settings(content) if key == "home"]
    return found[-1] if found and len(found[-1]) <= _LONGEST else ""


def _settings(content: bytes) -> Iterator[tuple[str, str]]:
    """Yields the keys of a pyvenv.cfg in lower case, with their values."""
    for line in content.decode("utf-8", "replace").splitlines():
        key, separator, value = line.partition("=")
        if separator:
            yield key.strip().lower(), value.strip()


def _linked(system: System, prefix: str) -> str:
    """Returns the version that the interpreter's own link names: `bin/python` or `bin/python3` to `python3.11`."""
    for name in ("python", "python3"):
        target = system.readlink(f"{prefix}/bin/{name}")
        if target and (version := short_version(target.rpartition("/")[2])):
            return version
    return ""


def of_site(system: System, site: str, kind: str, python: str) -> PythonEnvironment:
    """Returns the environment that a site directory is, whatever way led there.

    With a pyvenv.cfg of its owner's or root's above, it is that virtual environment; else it stands for itself.

    Args:
        system: The machine; raises OSError as `at_prefix`.
        site: The directory, links resolved.
        kind: What to call one that stands for itself.
        python: The version of its Python.
    """
    prefix = site.rsplit("/", 3)[0]
    configuration = f"{prefix}/{CONFIGURATION}"
    if prefix and site.rsplit("/", 2)[0] == f"{prefix}/lib" and quiet_head(system, configuration) is not None:
        owner = system.owner(configuration)
        if owner is not None and owner in {0, system.owner(site)}:
            return PythonEnvironment(prefix, "venv", python, site)
    return PythonEnvironment(site, kind, python, site)


def site_named(system: System, environment: str, kind: str, python: str) -> str:
    """Returns the site directory of an environment that was found before; an empty string where there is none now.

    Args:
        system: The machine; raises OSError as `at_prefix`.
        environment: The path that identifies the environment.
        kind: Its kind.
        python: The version of its Python.
    """
    if kind == "target" or environment.endswith(("/site-packages", "/dist-packages")):
        return environment if system.is_directory(environment) else ""
    return _described(system, environment, kind, python).site


def _described(system: System, real: str, kind: str, python: str) -> PythonEnvironment:
    if python:
        site = f"{real}/lib/python{python}/site-packages"
        if system.is_directory(site):
            return _placed(system, real, kind, python, site)
    for name in python_directories(system, f"{real}/lib"):
        site = f"{real}/lib/{name}/site-packages"
        if system.is_directory(site):
            python = short_version(name.removeprefix("pypy"))
            return _placed(system, real, kind, python, site)
    return PythonEnvironment(real, kind, python, "")


def _placed(system: System, prefix: str, kind: str, python: str, site: str) -> PythonEnvironment:
    """Returns an environment by the place where its packages are: one to which a link leads keeps its own name."""
    real = system.realpath(site)
    return PythonEnvironment(prefix, kind, python, real) if real == site else of_site(system, real, "prefix", python)
