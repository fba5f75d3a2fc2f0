"""The directories that a site directory adds to sys.path through its .pth files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from cortexrepo.machine.files import Entry, System


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
    for name, kind in entries:
        if not name.endswith(".pth") or name[0] == "." or kind == "directory":
            continue
        path = f"{site}/{name}"
        try:
            content = system.read(path, 1 << 20) or b""
        except OSError as error:
            problem(path, error)
            continue
        for line in content.decode("utf-8", "surrogateescape").splitlines():
            target = _directory(system, site, line.rstrip())
            if target and target not in others:
                found[target] = None
    return list(found)


def _directory(system: System, site: str, line: str) -> str:
    """Returns the path that a line adds, or an empty string for a comment, code, and what cannot be a path."""
    if not line or line[0] == "#" or line.startswith(("import ", "import\t")) or "\0" in line:
        return ""
    return system.realpath(line if line[0] == "/" else f"{site}/{line}")
