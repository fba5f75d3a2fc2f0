"""The search for Python environments, one place at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.environments.python_prefix import (
    CONFIGURATION,
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
    from cortexrepo.machine.traces import Traces

    Look = Callable[[System, str], PythonEnvironment | None]
    Again = Callable[["Finder"], None]

_ECOSYSTEM = "pip"

PROJECT_NAMES = (".venv", "venv", "env")
"""What people call the virtual environment in a project's directory."""
OF_PROJECT = ("env", "-env", "_env", "venv", "-venv", "_venv")
"""What people put behind the name of a project, for the name of its environment. No pattern of a place can say this:
such an environment is first seen, and known from then on.
"""
OF_SYSTEM = frozenset({"", "/usr", "/usr/local"})
"""Prefixes whose site directories are environments of their own."""
_TEXT_LIMIT = 1 << 16
"""No list of environments is longer, in bytes: each of its lines is looked up."""


class Finder:
    """Collects the environments of one machine, each site directory once.

    Attributes:
        system: The machine.
        found: The environments.
        gaps: One line for every place that could not be searched, by the home it belongs to; empty for the system's.
        leadings: The places that belong to others, by the home that leads there.
        unlooked: What was not looked at, with the reason, by the home it belongs to; no gap, for nothing says that an
            environment is there.
        ways: What led to an environment, by its path, where that was no usual place.
        way: What leads to the places that are looked at now; empty for usual places.
        ground: The home that is searched now, or an empty string.
        later: The homes that are still to be searched.
    """

    def __init__(self, system: System) -> None:
        """Takes the machine; nothing is read yet."""
        self.found: list[PythonEnvironment] = []
        self.gaps: dict[str, dict[str, None]] = {}
        self.leadings: dict[str, list[Leading]] = {}
        self.unlooked: dict[str, dict[str, str]] = {}
        self.ways: dict[str, str] = {}
        self.way = ""
        self.ground = ""
        self.later: dict[str, None] = {}
        self.system = system
        self._sites: set[str] = set()
        self._bases: dict[str, str] = {}
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
        way = self.way
        try:
            found, lead = self._looked(path, look)
        except ForeignError as error:
            self.leave(path, error, again or (lambda finder: finder.by(way, path, look)))
            return
        except OSError as error:
            self.gap(path, error)
            return
        if found is not None and lead is not None:
            self.leadings.setdefault(self.ground, []).append(lead._replace(real=found.path))
        elif found is not None:
            self._take(found)

    def by(self, way: str, path: str, look: Look) -> None:
        """Adds what `look` finds at a place that something has led to; see `add`."""
        self.way = way
        self.add(path, look)
        self.way = ""

    def _looked(self, path: str, look: Look) -> tuple[PythonEnvironment | None, Leading | None]:
        """Returns what is at a path and was not found before, and who it belongs to where that is another."""
        found = look(self.system, path)
        if found is None or (found.site or found.path) in self._sites:
            return None, None
        return found, leading(self.system, path, found.site or found.path)

    def _take(self, found: PythonEnvironment) -> None:
        self._count += 1
        if self.ground and self._count > ENVIRONMENTS:
            self.note(f"more than {ENVIRONMENTS} environments; the others are not recorded")
            return
        self._sites.add(found.site or found.path)
        self.found.append(found)
        if self.way:
            self.ways[found.path] = self.way
        if found.base.endswith("/bin"):
            self._bases.setdefault(found.base.removesuffix("/bin"), found.path)

    def unlook(self, path: str, reason: str) -> None:
        """Remembers a place that was not looked at, where nothing says that an environment is there."""
        self.unlooked.setdefault(self.ground, {}).setdefault(path, reason)

    def follow(self, traces: Traces) -> None:
        """Adds the environments at the places that files name."""
        for path, reason in traces.unread.items():
            self.unlook(path, reason)
        for prefix, source in traces.found.items():
            self.trace(prefix, source)

    def follow_bases(self) -> None:
        """Adds the Pythons that the environments found so far were made with."""
        while self._bases:
            prefix, environment = self._bases.popitem()
            if prefix not in OF_SYSTEM:
                self.trace(prefix, f"{environment}/{CONFIGURATION}")

    def trace(self, prefix: str, source: str) -> None:
        """Adds the environment at a place that a file names; one that may not be looked at is no gap."""
        try:
            found, lead = self._looked(prefix, at_any)
        except ForeignError as error:
            if self.system.scope is None:
                self.unlook(prefix, f"{source} names it: {error.strerror}")
            else:
                self.leave(prefix, error, lambda finder: finder.trace(prefix, source))
            return
        except OSError as error:
            self.unlook(prefix, f"{source} names it: {error.strerror}")
            return
        if found is not None and lead is not None:
            self.unlook(found.path, f"{source} names it, and it belongs to the user {lead.owner}")
        elif found is not None:
            self.way = source
            self._take(found)
            self.way = ""

    def leave(self, path: str, error: ForeignError, again: Again) -> None:
        """Leaves a place to the reader of the user whose place it is."""
        if self.system.scope is None:
            self.gap(path, error)
            return
        self.system.scope.left.append((error.holder, Place(_ECOSYSTEM, path, again)))

    def entries(self, path: str, again: Again | None = None) -> list[Entry]:
        """Returns the directories and links in `path`; see `listed`."""
        return [entry for entry in self.listed(path, again) if entry.kind in {"directory", "link"}]

    def listed(self, path: str, again: Again | None = None) -> list[Entry]:
        """Returns what is in `path`; nothing, and a gap, when it may not be listed.

        A directory of another user is left to that user's reader, which looks `again`.
        """
        try:
            return self.system.entries(path)
        except ForeignError as error:
            if again is not None:
                self.leave(path, error, again)
                return []
            self.gap(path, error)
        except OSError as error:
            self.gap(path, error)
        return []

    def read(self, path: str) -> list[str]:
        """Returns the lines of a text file; none when it is not there, and a gap when it cannot be read."""
        try:
            # No path has a zero byte; a line that does is damage.
            content = (self.system.read(path, _TEXT_LIMIT) or b"").replace(b"\0", b"")
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
            versions = python_directories(self.system, parent)
        except ForeignError as error:
            self.leave(parent, error, lambda finder: finder.sites(parent, kind, names))
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
        self.conda_folder(f"{prefix}/envs")

    def conda_folder(self, folder: str) -> None:
        """Adds the environments of conda, or of one like it, in a directory."""
        for entry in self.entries(folder, lambda finder: finder.conda_folder(folder)):
            self.add(f"{folder}/{entry.name}", at_conda)


def at_any(system: System, prefix: str) -> PythonEnvironment | None:
    """Returns the environment at a prefix, virtual or an interpreter's own; raises OSError as `at_prefix`."""
    return at_prefix(system, prefix, "venv") or at_prefix(system, prefix, "prefix", bare=True)


def at_conda(system: System, prefix: str) -> PythonEnvironment | None:
    """Returns the environment at a conda prefix; None for one without Python, which pip has nothing to do with.

    Raises:
        OSError: The place may not be read.
    """
    if not system.is_directory(f"{prefix}/conda-meta"):
        return None
    return at_interpreter(system, prefix, "conda")
