"""The search for npm's global prefixes, one place at a time."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.npm.managers import LOCKS, kind_at
from cortexrepo.ecosystems.npm.managers import MODULES as OF_MANAGERS
from cortexrepo.ecosystems.npm.npmrc import read_prefix
from cortexrepo.ecosystems.npm.origin import escaped
from cortexrepo.machine.budget import ENVIRONMENTS
from cortexrepo.machine.claims import leading
from cortexrepo.machine.holders import ForeignError
from cortexrepo.machine.scope import Place
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cortexrepo.machine.claims import Leading
    from cortexrepo.machine.files import System
    from cortexrepo.machine.traces import Traces

NAME = "npm"
MODULES = "/lib/node_modules"
_NOT_THERE = frozenset({errno.ELOOP, errno.ENAMETOOLONG})


class Prefix(NamedTuple):
    """A global prefix: its real path, that of its `lib/node_modules`, and what it belongs to."""

    path: str
    modules: str
    kind: str


class Search:
    """The prefixes found so far, each once, and the places that could not be searched, by the home they are in.

    Attributes:
        system: The machine.
        found: The prefixes, by their `lib/node_modules`.
        unsearched: Why not everything was searched.
        leadings: The places that belong to others.
        unlooked: What was not looked at, with the reason; no gap, for nothing says that a prefix is there.
        ways: What led to a prefix, where that was no usual place.
        way: What leads to the places that are looked at now; empty for usual places.
        later: The homes that are still to be searched.
    """

    def __init__(self, system: System) -> None:
        """Takes the machine; nothing is read yet."""
        self.system = system
        self.found: dict[str, Prefix] = {}
        self.unsearched: dict[str, dict[str, None]] = {}
        self.leadings: dict[str, list[Leading]] = {}
        self.unlooked: dict[str, dict[str, str]] = {}
        self.ways: dict[str, str] = {}
        self.way = ""
        self.later: dict[str, None] = {}
        self._ground = ""
        self._tried: set[str] = set()
        self._configurations: list[tuple[str, str]] = []
        self._count = 0

    def begin(self, ground: str) -> None:
        """Begins to search a home."""
        self._ground, self._count = ground, 0
        self.later.pop(ground, None)

    def end(self, reason: str) -> None:
        """Notes why the search ended before its end: the homes that were not begun are not searched either."""
        self.note(reason)
        for home in list(self.later):
            self.begin(home)
            self.note(reason)

    def add(self, kind: str, path: str) -> None:
        """Takes `path` if it is a prefix."""
        if not path.startswith("/") or path in self._tried:
            return
        self._tried.add(path)
        way = self.way
        try:
            self._take(kind, path.rstrip("/"))
        except ForeignError as error:
            self._leave(path, error, lambda search: search.by(way, kind, path))
        except OSError as error:
            self.missed(path, error)

    def by(self, way: str, kind: str, path: str) -> None:
        """Takes `path`, to which something has led, if it is a prefix."""
        self.way = way
        self.add(kind, path)
        self.way = ""

    def follow(self, traces: Traces) -> None:
        """Takes the prefixes at the places that files name."""
        unlooked = self.unlooked.setdefault(self._ground, {})
        for path, reason in traces.unread.items():
            unlooked.setdefault(path, reason)
        for prefix, source in traces.found.items():
            self.trace(prefix, source)

    def trace(self, path: str, source: str) -> None:
        """Takes the prefix at a place that a file names; one that may not be looked at is no gap."""
        if path in self._tried:
            return
        self._tried.add(path)
        self.way = source
        try:
            lead = self._lead("named", path)
            reason = "" if lead is None else f"it belongs to the user {lead.owner}"
        except ForeignError as error:
            reason = ""
            if self.system.scope is None:
                reason = str(error.strerror)
            else:
                self._leave(path, error, lambda search: search.trace(path, source))
        except OSError as error:
            reason = str(error.strerror)
        self.way = ""
        if reason:
            self.unlooked.setdefault(self._ground, {}).setdefault(path, f"{source} names it: {reason}")

    def add_each(self, kind: str, folder: str, below: str = "") -> None:
        """Takes every `folder/NAME` and `folder/@SCOPE/NAME`, with `below` appended, that is a prefix."""
        try:
            for name, _ in self.system.entries(folder):
                if name[0] != "@":
                    self.add(kind, f"{folder}/{name}{below}")
                    continue
                for scoped, _ in self.system.entries(f"{folder}/{name}"):
                    self.add(kind, f"{folder}/{name}/{scoped}{below}")
        except ForeignError as error:
            self._leave(folder, error, lambda search: search.add_each(kind, folder, below))
        except OSError as error:
            self.missed(folder, error)

    def add_configured(self, file: str, variables: Mapping[str, str]) -> None:
        """Takes the prefix that an npmrc file names."""
        try:
            configured = read_prefix(self.system, file, variables)
        except ForeignError as error:
            # What root's variables say is nothing for another user's file.
            self._leave(file, error, lambda search: search.add_configured(file, {}))
            return
        except OSError as error:
            self.missed(file, error)
            return
        self.by(file, "configured", configured)

    def add_referred(self) -> None:
        """Takes what the configuration inside each prefix found names, and so on from there."""
        while self._configurations:
            self._ground, file = self._configurations.pop()
            self.add_configured(file, {})

    def missed(self, path: str, error: OSError) -> None:
        """Notes that it is not known what is at `path`."""
        if error.errno not in _NOT_THERE:
            self.note(f"{escaped(path)}: {error.strerror}")

    def note(self, reason: str) -> None:
        """Notes why not everything was searched."""
        self.unsearched.setdefault(self._ground, {})[reason] = None

    def _leave(self, path: str, error: ForeignError, again: Callable[[Search], None]) -> None:
        if self.system.scope is None:
            self.missed(path, error)
            return
        self.system.scope.left.append((error.holder, Place(NAME, path, again)))

    def _take(self, kind: str, path: str) -> None:
        if (lead := self._lead(kind, path)) is not None:
            self.leadings.setdefault(self._ground, []).append(lead)

    def _lead(self, kind: str, path: str) -> Leading | None:
        """Takes `path` if it is a prefix; returns who it belongs to where that is another."""
        below = MODULES
        if kind in LOCKS or not self.system.is_directory(path + MODULES):
            kind, below = kind_at(self.system, path, kind), OF_MANAGERS
            if not kind:
                return None
        modules = self.system.realpath(path + below)
        if modules in self.found:
            return None
        # Whatever way led there, the same packages get the same name.
        real = modules.removesuffix(below) if modules.endswith(below) else self.system.realpath(path)
        if (lead := leading(self.system, path, modules)) is not None:
            return lead._replace(real=escaped(real) or "/")
        self._count += 1
        if self._ground and self._count > ENVIRONMENTS:
            self.note(f"more than {ENVIRONMENTS} prefixes; the others are not recorded")
            return None
        self.found[modules] = Prefix(escaped(real) or "/", modules, kind)
        if self.way:
            self.ways[modules] = self.way
        self._configurations += ((self._ground, f"{real}/etc/npmrc"), (self._ground, f"{modules}/npm/npmrc"))
        return None
