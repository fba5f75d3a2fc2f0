"""What runs when a program of an environment starts: the interpreter, and all that it loads before anything else."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SITES = ("site-packages", "dist-packages")
_INSIDE = ("bin", "bin/python", "bin/python3", "bin/npm", "bin/node", "lib", "lib64", "share/man", "etc", "etc/npmrc")
_PIP = ("/etc/pip.conf", "/etc/xdg/pip/pip.conf")
_NPM = ("/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc")
_OF_HOME = (".pip/pip.conf", ".config/pip/pip.conf")
_STARTING = ("sitecustomize", "usercustomize")
_SYSTEM = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class Look(Protocol):
    """What looks at places."""

    def add(self, path: str) -> bool:
        """Looks at a place."""
        ...

    def read(self, path: str) -> bytes:
        """Looks at a file; returns its content if nobody else could have made it, else nothing."""
        ...

    def names(self, path: str) -> list[str]:
        """Looks at a directory; returns the names in it."""
        ...


def places(environment: str, look: Look, homes: Iterable[str] = ()) -> Iterator[str]:
    """Yields what work in an environment changes or starts.

    That are its directories and all that lies in its site directories; the interpreter, what its link leads to and that
    one's standard library; `pyvenv.cfg` and the `home` in it; `.pth` files and the directories that they add; modules
    that an interpreter loads by itself (`sitecustomize`, `usercustomize`); npm and node; what configures pip and
    npm, and so decides from where they install.

    Args:
        environment: The path that identifies it.
        look: Reads files and directories, as far as they may be trusted.
        homes: The home directories of who is to work there.
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
        yield from _modules(f"{prefix}/lib/node_modules", look)
    yield from _settings(prefix, homes)
    yield from _configured(prefix, look)
    for name in versions:
        yield from _interpreter(prefix, name, look)
    yield from _systems(prefix, versions, look)


def _settings(prefix: str, homes: Iterable[str]) -> Iterator[str]:
    """Yields the files from which pip and npm take their configuration; npm's only where there are packages of it."""
    yield f"{prefix}/pip.conf"
    yield from _PIP
    yield from (f"{home}/{name}" for home in homes for name in _OF_HOME)
    if os.path.isdir(f"{prefix}/lib/node_modules"):
        yield from _NPM
        yield from (f"{home}/.npmrc" for home in homes)
        yield from _builtin(f"{prefix}/bin/npm")


def _builtin(npm: str) -> Iterator[str]:
    """Yields the configuration that an npm has beside its programs."""
    real = os.path.realpath(npm)
    if posixpath.basename(posixpath.dirname(real)) == "bin":
        yield posixpath.normpath(f"{real}/../../npmrc")


def _versions(names: list[str]) -> list[str]:
    return [name for name in names if name.startswith(("python", "pypy"))]


def _site(site: str, look: Look) -> Iterator[str]:
    """Yields a site directory, what lies in it, and what is loaded from it at the start of an interpreter."""
    names = look.names(site)
    yield from (f"{site}/{name}" for name in names)
    yield from _customised(f"{site}/__pycache__", look)
    for name in names:
        if not name.endswith(".pth") or name.startswith("."):
            continue
        for line in os.fsdecode(look.read(f"{site}/{name}")).splitlines():
            added = line.rstrip()
            if added and "\0" not in added and not added.startswith(("#", "import ", "import\t")):
                path = added if added.startswith("/") else f"{site}/{added}"
                yield path
                yield from _customised(path, look)


def _customised(directory: str, look: Look) -> Iterator[str]:
    """Yields the modules in a directory that an interpreter loads by itself."""
    yield from (f"{directory}/{name}" for name in look.names(directory) if name.startswith(_STARTING))


def _modules(modules: str, look: Look) -> Iterator[str]:
    """Yields a directory of npm packages, what lies in it, and npm's own programs there."""
    for name in look.names(modules):
        yield f"{modules}/{name}"
        if name.startswith("@"):
            yield from (f"{modules}/{name}/{inner}" for inner in look.names(f"{modules}/{name}"))
    yield from (f"{modules}/npm/{name}" for name in ("bin", "lib", "npmrc", "package.json"))


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
    """Yields an interpreter of an environment, and the standard library of what it leads to."""
    for name in (f"bin/{version}", "bin/python3", "bin/python"):
        yield from _standard(f"{prefix}/{name}", version, look)


def _standard(program: str, version: str, look: Look) -> Iterator[str]:
    """Yields the standard library of an interpreter, beside the one that its link leads to."""
    if look.add(program) and os.path.exists(program):
        own = posixpath.dirname(posixpath.dirname(os.path.realpath(program)))
        for library in ("lib", "lib64"):
            yield from _library(f"{own}/{library}", version, look)


def _library(library: str, version: str, look: Look) -> Iterator[str]:
    yield from (f"{library}/{name}" for name in look.names(library) if name.startswith(("libpython", "libpypy")))
    standard = f"{library}/{version}"
    for name in look.names(standard):
        if name not in _SITES:
            yield f"{standard}/{name}"
    yield f"{standard}/lib-dynload"
    yield from _customised(f"{standard}/__pycache__", look)


def _systems(prefix: str, versions: list[str], look: Look) -> Iterator[str]:
    """Yields the system's programs that are started where an environment has none of its own."""
    names = ["python3", *versions]
    if os.path.isdir(f"{prefix}/lib/node_modules"):
        names += ["npm", "node"]
    for name in names:
        path = next((f"{one}/{name}" for one in _SYSTEM if os.access(f"{one}/{name}", os.X_OK)), "")
        if path:
            yield path
            yield from _builtin(path) if name == "npm" else ()
            yield from _standard(path, name, look) if name in versions else ()
