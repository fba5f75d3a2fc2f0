"""Environments of projects two levels down, whatever the directories are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments.habits import OF_PIXI
from cortexrepo.ecosystems.pip.environments.python_finder import PROJECT_NAMES
from cortexrepo.ecosystems.pip.environments.python_prefix import CONFIGURATION
from cortexrepo.machine.holders import ForeignError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.pip.environments.python_finder import Again, Finder
    from cortexrepo.machine.files import Entry

DIRECTORIES = 3000
"""So many directories are listed below one home, or below one directory of the system."""
_ENDS = ("env",)
"""How people end the name of an environment beside those in `PROJECT_NAMES`: `app-venv`, `myenv`."""
_PASSED = frozenset({"node_modules", "__pycache__", "site-packages"})


class _Descent:
    """One look below a directory, with what may still be listed."""

    def __init__(self, finder: Finder) -> None:
        self.left = DIRECTORIES
        self._finder = finder

    def entries(self, path: str, again: Again) -> list[Entry]:
        """Returns what is in a directory; what may not be listed is told, and no gap: no pattern speaks of it."""
        self.left -= 1
        system = self._finder.system
        try:
            return system.entries(path)
        except ForeignError as error:
            if system.scope is not None:
                self._finder.leave(path, error, again)
            else:
                self._finder.unlook(path, str(error.strerror))
        except OSError as error:
            self._finder.unlook(path, str(error.strerror))
        return []


def deeper(finder: Finder, parent: str, entries: Iterable[Entry]) -> None:
    """Adds the environments in the directories of the directories in `parent`, and pixi's in both.

    Args:
        finder: Takes them.
        parent: A home, or a directory of the system.
        entries: What is in it.
    """
    descent = _Descent(finder)
    for name, kind in entries:
        if kind == "directory" and _is_project(name) and not _below(finder, f"{parent}/{name}", descent):
            finder.note(f"{parent}: more than {DIRECTORIES} directories; the others are not looked at")
            return


def _below(finder: Finder, path: str, descent: _Descent) -> bool:
    """Looks into one directory and those in it; returns whether that could be done to the end."""
    inside = descent.entries(path, lambda other: _again(other, path))
    names = {entry.name for entry in inside}
    _add_pixi(finder, path, names)
    if CONFIGURATION in names:
        return True
    for name, kind in inside:
        if kind == "directory" and _is_project(name):
            if descent.left <= 0:
                return False
            _look(finder, f"{path}/{name}", descent)
    return True


def _again(finder: Finder, path: str) -> None:
    if not _below(finder, path, _Descent(finder)):
        finder.note(f"{path}: more than {DIRECTORIES} directories; the others are not looked at")


def _look(finder: Finder, path: str, descent: _Descent) -> None:
    entries = descent.entries(path, lambda other: _look(other, path, _Descent(other)))
    names = {entry.name for entry in entries if entry.kind != "other"}
    if CONFIGURATION in names:
        finder.prefix(path)
        return
    for name in sorted(names):
        if name in PROJECT_NAMES or name.endswith(_ENDS):
            finder.prefix(f"{path}/{name}")
    _add_pixi(finder, path, names)


def _is_project(name: str) -> bool:
    return name[0] != "." and name not in _PASSED


def _add_pixi(finder: Finder, path: str, names: Iterable[str]) -> None:
    if ".pixi" in names:
        finder.conda_folder(f"{path}/{OF_PIXI}")
