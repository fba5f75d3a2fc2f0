"""The search for Python environments, one place at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments.python_prefix import (
    PythonEnvironment,
    at_interpreter,
    at_prefix,
    of_site,
    python_directories,
    short_version,
)
from cortexrepo.machine.budget import ENVIRONMENTS
from cortexrepo.machine.claims import leading
from cortexrepo.machine.holders import ForeignError
from cortexrepo.machine.scope import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cortexrepo.machine.claims import Leading
    from cortexrepo.machine.files import Entry, System

    Look = Callable[[System, str], PythonEnvironment | None]
    Again = Callable[["Finder"], None]

_ECOSYSTEM = "pip"

PROJECT_NAMES = (".venv", "venv", "env")
"""What people call the virtual environment in a project's directory."""
OF_PROJECT = ("env", "-env", "_env", "venv", "-venv", "_venv")
"""What people put behind the name of a project, for the name of its environment. No pattern of a place can say this:
such an environment is first seen, and known from then on.
"""
_TEXT_LIMIT = 1 << 16
"""No list of environments is longer, in bytes: each of its lines is looked up."""


class Finder:
    """Collects the environments of one machine, each site directory once.

    Attributes:
        found: The environments.
        gaps: One line for every place that could not be searched, by the home it belongs to; empty for the system's.
        leadings: The places that belong to others, by the home that leads there.
        ground: The home that is searched now, or an empty string.
        later: The homes that are still to be searched.
    """

    def __init__(self, system: System) -> None:
        """Takes the machine; nothing is read yet."""
        self.found: list[PythonEnvironment] = []
        self.gaps: dict[str, dict[str, None]] = {}
        self.leadings: dict[str, list[Leading]] = {}
        self.ground = ""
        self.later: dict[str, None] = {}
        self._system = system
        self._sites: set[str] = set()
        self._count = 0

    def begin(self, ground: str) -> None:
        """Begins to search a home."""
        self.ground, self._count = ground, 0
        self.later.pop(ground, None)

    def end(self, reason: str) -> None:
        """Remembers why the search ended before its end: the homes that were not begun are not searched either."""
        self.note(reason)
        for home in list(self.later):
            self.begin(home)
            self.note(reason)

    def gap(self, path: str, error: OSError) -> None:
        """Remembers a place that could not be searched."""
        self.note(f"{path}: {error.strerror}")

    def note(self, reason: str) -> None:
        """Remembers why not everything was searched."""
        self.gaps.setdefault(self.ground, {})[reason] = None

    def add(self, path: str, look: Look, again: Again | None = None) -> None:
        """Adds what `look` finds at `path`; an OSError of it is a gap.

        What belongs to another user is left to that user's reader, which looks `again`.
        """
        try:
            found = look(self._system, path)
            if found is None or (found.site or found.path) in self._sites:
                return
            lead = leading(self._system, path, found.site or found.path)
        except ForeignError as error:
            self._leave(path, error, again or (lambda finder: finder.add(path, look)))
            return
        except OSError as error:
            self.gap(path, error)
            return
        if lead is not None:
            self.leadings.setdefault(self.ground, []).append(lead._replace(real=found.path))
            return
        self._count += 1
        if self.ground and self._count > ENVIRONMENTS:
            self.note(f"more than {ENVIRONMENTS} environments; the others are not recorded")
            return
        self._sites.add(found.site or found.path)
        self.found.append(found)

    def _leave(self, path: str, error: ForeignError, again: Again) -> None:
        if self._system.scope is None:
            self.gap(path, error)
            return
        self._system.scope.left.append((error.holder, Place(_ECOSYSTEM, path, again)))

    def entries(self, path: str, again: Again | None = None) -> list[Entry]:
        """Returns the directories and links in `path`; none, and a gap, when it may not be listed.

        A directory of another user is left to that user's reader, which looks `again`.
        """
        try:
            return [entry for entry in self._system.entries(path) if entry.kind in {"directory", "link"}]
        except ForeignError as error:
            if again is not None:
                self._leave(path, error, again)
                return []
            self.gap(path, error)
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
        for entry in self.entries(parent, lambda finder: finder.prefixes(parent, kind, bare=bare)):
            self.prefix(f"{parent}/{entry.name}", kind, bare=bare)

    def beneath(self, parent: str, levels: int) -> None:
        """Adds the virtual environment at every directory that is so many levels below `parent`."""
        for entry in self.entries(parent, lambda finder: finder.beneath(parent, levels)) if levels > 1 else ():
            self.beneath(f"{parent}/{entry.name}", levels - 1)
        if levels == 1:
            self.prefixes(parent)

    def projects(self, parent: str, entries: Iterable[Entry]) -> None:
        """Adds the directories in `parent` that are virtual environments, and those in them with the usual names."""
        for name, _ in entries:
            path = f"{parent}/{name}"
            if name[0] != ".":
                self.prefix(path)
                for inner in (*PROJECT_NAMES, *(name + end for end in OF_PROJECT)):
                    self.prefix(f"{path}/{inner}")
            elif name in PROJECT_NAMES:
                self.prefix(path)

    def sites(self, parent: str, kind: str, names: Sequence[str] = ("site-packages",)) -> None:
        """Adds the site directories of every Python version in `parent`."""
        try:
            versions = python_directories(self._system, parent)
        except ForeignError as error:
            self._leave(parent, error, lambda finder: finder.sites(parent, kind, names))
            return
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
            return of_site(system, system.realpath(site), kind, python)

        self.add(path, look)

    def conda(self, prefix: str) -> None:
        """Adds the conda environment at `prefix` and those that it keeps in `envs`."""
        self.add(prefix, at_conda)
        for entry in self.entries(f"{prefix}/envs", lambda finder: finder.conda(prefix)):
            self.add(f"{prefix}/envs/{entry.name}", at_conda)


def at_conda(system: System, prefix: str) -> PythonEnvironment | None:
    """Returns the environment at a conda prefix; None for one without Python, which pip has nothing to do with.

    Raises:
        OSError: The place may not be read.
    """
    if not system.is_directory(f"{prefix}/conda-meta"):
        return None
    return at_interpreter(system, prefix, "conda")
