"""What runs when a Python starts in an environment: the interpreter, all that it loads first, and what pip is."""

from __future__ import annotations

import os
import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cortexrepo.ecosystems.contract.programs import Look

_SITES = ("site-packages", "dist-packages")
_NAMES = ("python", "pypy")
"""What the directory of an interpreter's library is called, without the version."""
_INSIDE = ("bin", "bin/python", "bin/python3", "lib", "lib64")
_MACHINES = ("/etc/pip.conf", "/etc/xdg/pip/pip.conf")
"""The configuration of pip for the whole machine."""
_OF_HOME = (".pip/pip.conf", ".config/pip/pip.conf")
_STARTING = ("sitecustomize", "usercustomize")
_RUN = ("pip", "setuptools", "pkg_resources", "_distutils_hack", "wheel")
"""What pip is, and what it imports of its site directory."""
_HARMLESS = "distutils-precedence.pth"
"""setuptools' own: it imports nothing but what is in `_RUN`."""
_NAME = re.compile(r"\w+")


def reached(environment: str, look: Look, homes: Iterable[str] = ()) -> Iterator[str]:
    """See `Programs.reached`.

    That are the directories of the environment and all that lies in its site directories; the interpreter, what its
    link leads to and that one's standard library; `pyvenv.cfg` and the `home` in it; `.pth` files and the directories
    that they add; modules that an interpreter loads by itself (`sitecustomize`, `usercustomize`); and what configures
    pip, and so decides from where it installs.
    """
    yield environment
    if posixpath.basename(environment) in _SITES:
        versions = [posixpath.basename(posixpath.dirname(environment))]
        prefix = posixpath.normpath(f"{environment}/../../..")
        yield f"{prefix}/bin"
        yield from _site(environment, look)
    else:
        prefix, versions = environment, _versions(look.names(f"{environment}/lib"))
        yield from (f"{prefix}/{name}" for name in _INSIDE)
        for name in versions:
            for site in _SITES:
                yield from _site(f"{prefix}/lib/{name}/{site}", look)
    yield from _settings(prefix, homes)
    yield from _configured(prefix, look)
    for name in versions:
        yield from _interpreter(prefix, name, look)
    yield from _systems(versions, look)


def packages(environment: str, facts: Mapping[str, str]) -> tuple[str, ...]:
    """See `Programs.packages`; the environment may be such a directory itself."""
    python = facts.get("python", "")
    is_name = python.isprintable() and "/" not in python
    return tuple(f"{environment}/lib/{name}{python}/site-packages" for name in _NAMES) if python and is_name else ()


def _settings(prefix: str, homes: Iterable[str]) -> Iterator[str]:
    """Yields the files from which pip takes its configuration."""
    yield f"{prefix}/pip.conf"
    yield from _MACHINES
    yield from (f"{home}/{name}" for home in homes for name in _OF_HOME)


def _versions(names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(_NAMES)]


def _site(site: str, look: Look) -> Iterator[str]:
    """Yields a site directory, what lies in it, and what is loaded from it at the start of an interpreter.

    Looks to the bottom of what pip is; and of all of it where a line of a .pth file imports something, for what is
    imported may import the rest.
    """
    names = look.names(site)
    yield from (f"{site}/{name}" for name in names)
    yield from _customised(f"{site}/__pycache__", look)
    for name in names:
        if name in _RUN:
            look.below(f"{site}/{name}")
    added, imported = _lines(site, names, look)
    if imported:
        look.below(site)
    for path in added:
        yield path
        yield from _customised(path, look)
        for name in look.names(path) if imported else ():
            if name.partition(".")[0] in imported:
                look.below(f"{path}/{name}")


def _lines(site: str, names: list[str], look: Look) -> tuple[list[str], set[str]]:
    """Returns the directories that .pth files add, and every word of the lines in them that import something."""
    added: list[str] = []
    imported: set[str] = set()
    for name in names:
        if not name.endswith(".pth") or name.startswith("."):
            continue
        for line in os.fsdecode(look.read(f"{site}/{name}")).splitlines():
            path = line.rstrip()
            if path.startswith(("import ", "import\t")):
                imported |= set(_NAME.findall(path)) if name != _HARMLESS else set()
            elif path and "\0" not in path and not path.startswith("#"):
                added.append(path if path.startswith("/") else f"{site}/{path}")
    return added, imported


def _customised(directory: str, look: Look) -> Iterator[str]:
    """Yields the modules in a directory that an interpreter loads by itself."""
    yield from (f"{directory}/{name}" for name in look.names(directory) if name.startswith(_STARTING))


def _configured(prefix: str, look: Look) -> Iterator[str]:
    """Yields the directory that `pyvenv.cfg` names as the home of the interpreter, and the interpreter there."""
    path = f"{prefix}/pyvenv.cfg"
    yield path
    for line in os.fsdecode(look.read(path)).splitlines():
        key, _, value = line.partition("=")
        home = value.strip()
        if key.strip().lower() == "home" and home.startswith("/") and "\0" not in home:
            yield home
            yield from (f"{home}/{name}" for name in ("python", "python3"))


def _interpreter(prefix: str, version: str, look: Look) -> Iterator[str]:
    """Yields an interpreter of an environment, the standard library of what it leads to, and its sites if set."""
    settings = os.fsdecode(look.read(f"{prefix}/pyvenv.cfg")).lower().replace(" ", "")
    with_sites = "include-system-site-packages=true" in settings
    for name in (f"bin/{version}", "bin/python3", "bin/python"):
        yield from _standard(f"{prefix}/{name}", version, look, with_sites=with_sites)


def _standard(program: str, version: str, look: Look, *, with_sites: bool = False) -> Iterator[str]:
    """Yields the standard library of an interpreter, beside what its link leads to; and its site directories."""
    if look.add(program) and os.path.exists(program):
        real = os.path.realpath(program)
        own = posixpath.dirname(posixpath.dirname(real))
        for name in sorted({version, posixpath.basename(real)}):
            for library in ("lib", "lib64"):
                yield from _library(f"{own}/{library}", name, look)
            for library in ("lib/python3", f"lib/{name}", f"local/lib/{name}") if with_sites else ():
                for site in _SITES:
                    yield from _site(f"{own}/{library}/{site}", look)


def _library(library: str, version: str, look: Look) -> Iterator[str]:
    """Yields the shared libraries and the archive of an interpreter; looks to the bottom of its standard library."""
    mine = ("libpython", "libpypy", "python")
    yield from (f"{library}/{name}" for name in look.names(library) if name.startswith(mine))
    look.below(f"{library}/{version}", _SITES)
    yield from _customised(f"{library}/{version}/__pycache__", look)


def _systems(versions: list[str], look: Look) -> Iterator[str]:
    """Yields the system's interpreters, which are started where an environment has none of its own."""
    for name in ("python3", *versions):
        path = look.command(name)
        if path:
            yield path
            yield from _standard(path, name, look, with_sites=True)
