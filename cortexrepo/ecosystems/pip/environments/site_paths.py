"""The directories that a site directory adds to sys.path through its .pth files."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cortexrepo.ecosystems.pip.environments.python_prefix import PythonEnvironment
    from cortexrepo.machine.files import Entry, System

FILE_LIMIT = 1 << 16
SHARED = "pipx_shared.pth"
"""It leads to what pipx keeps once for all applications: an environment of its own, and packages of none of them."""
LINES = 1000
"""No environment's files name more paths, all together: each one is looked up."""


def added(
    system: System,
    site: str,
    entries: list[Entry],
    others: Collection[str],
    problem: Callable[[str, Exception], None],
) -> list[str]:
    """Returns what the `.pth` files of `site` add, links resolved, in the order of Python's `site`, each once.

    Lines that are code (`import ...`) are not run, so what they would add is not seen.

    Args:
        system: The machine.
        site: The site directory.
        entries: Its listing.
        others: Site directories of all environments: they are read for themselves, and never as part of this one.
        problem: Told of every file that cannot be read.
    """
    found: dict[str, None] = {}
    left = LINES
    for name, kind in entries:
        if not name.endswith(".pth") or name[0] == "." or name == SHARED or kind == "directory":
            continue
        path = f"{site}/{name}"
        try:
            content = system.read(path, FILE_LIMIT) or b""
        except OSError as error:
            problem(path, error)
            continue
        lines = [line.rstrip() for line in content.decode("utf-8", "surrogateescape").splitlines()]
        paths = [line for line in lines if _is_path(line)]
        left -= len(paths)
        if left < 0:
            problem(path, OSError(errno.EFBIG, f"the .pth files have more than {LINES} lines; the others are not read"))
            break
        for line in paths:
            try:
                target = system.realpath(line if line[0] == "/" else f"{site}/{line}")
            except OSError as error:
                problem(path, error)
                continue
            if target not in others:
                found[target] = None
    return list(found)


def beside(
    system: System, environment: PythonEnvironment, others: Collection[str], problem: Callable[[str, Exception], None]
) -> list[str]:
    """Returns further directories of packages of an environment with a prefix of its own, links resolved.

    Modules with parts for one kind of machine go to `lib64` where the distribution says so, and that need not be a link
    to `lib`. Debian's Python has packages in `local` where it takes the prefix for the system's.

    Args:
        system: The machine.
        environment: The environment.
        others: Site directories of all environments.
        problem: Told of every directory that cannot be looked at.
    """
    prefix, version = environment.path, environment.site.rsplit("/", 2)[-2]
    if environment.site != f"{prefix}/lib/{version}/site-packages":
        return []
    found: dict[str, None] = {}
    for path in (f"{prefix}/lib64/{version}/site-packages", f"{prefix}/local/lib/{version}/dist-packages"):
        try:
            if system.is_directory(path) and (real := system.realpath(path)) not in others:
                found[real] = None
        except OSError as error:
            problem(path, error)
    return list(found)


def _is_path(line: str) -> bool:
    """Returns whether a line adds a path: it is no comment, no code, and nothing that cannot be a path."""
    return bool(line) and line[0] != "#" and not line.startswith(("import ", "import\t")) and "\0" not in line
