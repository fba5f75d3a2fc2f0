"""What runs when npm starts in a prefix: node and npm, all that npm loads, and the configuration of npm."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.npm.managers import MODULES as OF_MANAGERS
from cortexrepo.ecosystems.npm.managers import modules_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cortexrepo.ecosystems.contract.programs import Look

_INSIDE = ("bin", "bin/npm", "bin/node", "lib", "share/man", "etc", "etc/npmrc")
_MACHINES = ("/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc")
"""The configuration of npm for the whole machine."""
_MODULES = "lib/node_modules"


def reached(environment: str, look: Look, homes: Iterable[str] = ()) -> Iterator[str]:
    """See `Programs.reached`.

    That are the directories of the prefix and all that lies in `lib/node_modules`; and where that is there, npm and
    node, those of the system too, and what configures npm, and so decides from where it installs.
    """
    yield environment
    yield from (f"{environment}/{name}" for name in _INSIDE)
    yield from _modules(f"{environment}/{_MODULES}", look)
    yield from _modules(environment + OF_MANAGERS, look)
    if os.path.isdir(f"{environment}/{_MODULES}"):
        yield from _MACHINES
        yield from (f"{home}/.npmrc" for home in homes)
        yield from _started(environment, look)


def packages(environment: str, facts: Mapping[str, str]) -> tuple[str, ...]:
    """See `Programs.packages`."""
    return (modules_at(environment, facts),)


def _modules(modules: str, look: Look) -> Iterator[str]:
    """Yields a directory of packages, what lies in it, and all of npm itself."""
    for name in look.names(modules):
        yield f"{modules}/{name}"
        if name.startswith("@"):
            yield from (f"{modules}/{name}/{inner}" for inner in look.names(f"{modules}/{name}"))
    yield f"{modules}/npm/npmrc"
    look.below(f"{modules}/npm")


def _started(prefix: str, look: Look) -> Iterator[str]:
    """Yields npm and node, and what npm is configured by: those of the prefix, and the system's where it has none."""
    for npm in (f"{prefix}/bin/npm", look.command("npm")):
        if npm:
            yield npm
            yield from _builtin(npm)
            _package(npm, look)
    if node := look.command("node"):
        yield node


def _builtin(npm: str) -> Iterator[str]:
    """Yields the configuration that an npm has beside its programs."""
    real = os.path.realpath(npm)
    if posixpath.basename(posixpath.dirname(real)) == "bin":
        yield posixpath.normpath(f"{real}/../../npmrc")


def _package(program: str, look: Look) -> None:
    """Looks to the bottom of the package that a program belongs to, and of what that one finds beside it."""
    if not look.add(program) or not os.path.exists(program):
        return
    folder = posixpath.dirname(os.path.realpath(program))
    while folder != "/" and not os.path.exists(f"{folder}/package.json"):
        folder = posixpath.dirname(folder)
    if folder != "/":
        above = posixpath.dirname(folder)
        look.below(above if posixpath.basename(above) == "nodejs" else folder)  # Debian's has its parts there
