"""The search for Python environments, one place at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments.python_prefix import (
    PythonEnvironment,
    at_interpreter,
    at_prefix,
    python_directories,
    short_version,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cortexrepo.machine.files import Entry, System

PROJECT_NAMES = (".venv", "venv", "env")
"""What people call the virtual environment in a project's directory."""
_TEXT_LIMIT = 1 << 16
"""No list of environments is longer, in bytes: each of its lines is looked up."""


class Finder:
    """Collects the environments of one machine, each site directory once: the place looked at first names it.

    Attributes:
        found: The environments.
        gaps: One line for every place that could not be searched.
    """

    def __init__(self, system: System) -> None:
        """Takes the machine; nothing is read yet."""
        self.found: list[PythonEnvironment] = []
        self.gaps: list[str] = []
        self._system = system
        self._sites: set[str] = set()

    def gap(self, path: str, error: OSError) -> None:
        """Remembers a place that could not be searched."""
        line = f"{path}: {error.strerror}"
        if line not in self.gaps:
            self.gaps.append(line)

    def add(self, path: str, look: Callable[[System, str], PythonEnvironment | None]) -> None:
        """Adds what `look` finds at `path`; an OSError of it is a gap."""
        try:
            found = look(self._system, path)
        except OSError as error:
            self.gap(path, error)
            return
        if found is None or (found.site or found.path) in self._sites:
            return
        self._sites.add(found.site or found.path)
        self.found.append(found)

    def entries(self, path: str) -> list[Entry]:
        """Returns the directories and links in `path`; none, and a gap, when it may not be listed."""
        try:
            return [entry for entry in self._system.entries(path) if entry.kind in {"directory", "link"}]
        except OSError as error:
            self.gap(path, error)
            return []

    def read(self, path: str) -> list[str]:
        """Returns the lines of a text file; none when it is not there, and a gap when it cannot be read."""
        try:
            # No path has a zero byte; a line that does is damage.
            content = (self._system.read(path, _TEXT_LIMIT) or b"").replace(b"\0", b"")
            return content.decode("utf-8", "surrogateescape").splitlines()
        except OSError as error:
            self.gap(path, error)
            return []

    def prefix(self, path: str, kind: str = "venv", *, bare: bool = False) -> None:
        """Adds the environment at `path`, if there is one; see `at_prefix`."""
        self.add(path, lambda system, prefix: at_prefix(system, prefix, kind, bare=bare))

    def prefixes(self, parent: str, kind: str = "venv", *, bare: bool = False) -> None:
        """Adds the environment at every directory in `parent`."""
        for entry in self.entries(parent):
            self.prefix(f"{parent}/{entry.name}", kind, bare=bare)

    def projects(self, parent: str, entries: Iterable[Entry]) -> None:
        """Adds the directories in `parent` that are virtual environments, and those in them with the usual names."""
        for name, _ in entries:
            path = f"{parent}/{name}"
            if name[0] != ".":
                self.prefix(path)
                for inner in PROJECT_NAMES:
                    self.prefix(f"{path}/{inner}")
            elif name in PROJECT_NAMES:
                self.prefix(path)

    def sites(self, parent: str, kind: str, names: Sequence[str] = ("site-packages",)) -> None:
        """Adds the site directories of every Python version in `parent`."""
        try:
            versions = python_directories(self._system, parent)
        except OSError as error:
            self.gap(parent, error)
            return
        for version in versions:
            for name in names:
                self.site(f"{parent}/{version}/{name}", kind, short_version(version))

    def site(self, path: str, kind: str, python: str) -> None:
        """Adds a site directory that stands for itself, if it is there."""

        def look(system: System, site: str) -> PythonEnvironment | None:
            if not system.is_directory(site):
                return None
            real = system.realpath(site)
            return PythonEnvironment(real, kind, python, real)

        self.add(path, look)

    def conda(self, prefix: str) -> None:
        """Adds the conda environment at `prefix` and those that it keeps in `envs`."""
        self.add(prefix, at_conda)
        for entry in self.entries(f"{prefix}/envs"):
            self.add(f"{prefix}/envs/{entry.name}", at_conda)


def at_conda(system: System, prefix: str) -> PythonEnvironment | None:
    """Returns the environment at a conda prefix; None for one without Python, which pip has nothing to do with.

    Raises:
        OSError: The place may not be read.
    """
    if not system.is_directory(f"{prefix}/conda-meta"):
        return None
    return at_interpreter(system, prefix, "conda")
