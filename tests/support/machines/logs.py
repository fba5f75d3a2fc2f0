"""A machine whose dpkg writes its log, and apt its history, as the real ones do; it keeps every state it was in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.past.apthistory import entries
from cortexrepo.ecosystems.apt.past.dpkglog import Line, parse
from cortexrepo.ecosystems.apt.past.packagelog import PackageLog
from cortexrepo.ecosystems.apt.past.reconstruction import past, states
from cortexrepo.ecosystems.apt.past.transactions import Gatherer, gather
from cortexrepo.ecosystems.apt.past.windows import Windows
from cortexrepo.machine.localtime import Clock
from cortexrepo.model.package import RESIDUAL, Package

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.ecosystems.apt.past.reconstruction import Past, State

START = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
NATIVE = "amd64"


class Row(NamedTuple):
    """One package: its architecture and version, and whether only its configuration is left."""

    arch: str
    version: str
    left: bool = False


class LoggingMachine:
    """Packages by name and place, and the logs of what was done to them.

    `states` are those that it was seen in, `between` are also those before each run of dpkg.
    """

    def __init__(self, rows: dict[tuple[str, str], Row] | None = None) -> None:
        """Takes what is there before the logs begin."""
        self.rows = dict(rows or {})
        self.lines: list[str] = []
        self.history: list[str] = []
        self.now = START
        self.states = [self.packages()]
        self.between = [self.packages()]

    def wait(self, seconds: int) -> None:
        """Lets time pass."""
        self.now += dt.timedelta(seconds=seconds)

    def see(self) -> None:
        """Keeps the state that it is in, if it is another one."""
        if self.packages() != self.states[-1]:
            self.states.append(self.packages())

    def packages(self) -> tuple[Package, ...]:
        """Returns what a collector would find."""
        left = (("state", "deinstall ok config-files"),)
        return tuple(
            sorted(
                Package(name, row.arch, row.version, RESIDUAL if row.left else 0, left if row.left else ())
                for (name, _), row in self.rows.items()
            )
        )

    def present(self) -> dict[tuple[str, str], Package]:
        """Returns the same under the keys of the log."""
        log = PackageLog(NATIVE)
        return {log.key(row.name, row.arch): row for row in self.packages()}

    def write(self, text: str) -> None:
        """Writes one line of dpkg's log."""
        self.lines.append(f"{self.now:%Y-%m-%d %H:%M:%S} {text}")

    def install(self, name: str, arch: str, version: str) -> None:
        """Installs, upgrades, downgrades or installs again, as `dpkg -i` does."""
        self.between.append(self.packages())
        key = (name, NATIVE if arch == "all" else arch)
        old, package = self.rows.get(key), f"{name}:{arch}"
        self.write("startup archives install")
        if old is None or old.left:
            before = old.version if old is not None else "<none>"
            self.write(f"install {package} {before} {version}")
            # What is left of a package has its architecture until the new one is unpacked.
            found = f"{package} {version}" if old is None else f"{name}:{old.arch} {old.version}"
            self.write(f"status half-installed {found}")
        else:
            found = f"{name}:{old.arch}".rstrip(":")
            self.write(f"upgrade {found} {old.version} {version}")
            for state in ("half-configured", "unpacked", "half-installed"):
                self.write(f"status {state} {found} {old.version}")
        self.write(f"status unpacked {package} {version}")
        self.write(f"configure {package} {version} {version}")
        self.write(f"status half-configured {package} {version}")
        self.write(f"status installed {package} {version}")
        self.rows[key] = Row(arch, version)

    def remove(self, name: str, place: str, *, purge: bool = False) -> None:
        """Removes what is there, as `dpkg -r` does, or purges it, as `dpkg -P` does."""
        self.between.append(self.packages())
        row = self.rows.get((name, place))
        self.write(f"startup packages {'purge' if purge else 'remove'}")
        if row is None or (row.left and not purge):
            return
        package = f"{name}:{row.arch}"
        self.write(f"status {'config-files' if row.left else 'installed'} {package} {row.version}")
        if not row.left:
            self.write(f"remove {package} {row.version} <none>")
            for state in ("half-configured", "half-installed", "config-files"):
                self.write(f"status {state} {package} {row.version}")
            self.rows[name, place] = row._replace(left=True)
        if purge:
            self.write(f"purge {package} {row.version} <none>")
            self.write(f"status not-installed {package} <none>")
            del self.rows[name, place]

    def roll_back(self, rows: dict[tuple[str, str], Row]) -> None:
        """Puts the disk back to what it was once, except the logs."""
        self.rows = dict(rows)

    def elsewhere(self, rows: dict[tuple[str, str], Row]) -> LoggingMachine:
        """Returns another root in which dpkg works from this machine, and so into the same logs."""
        other = LoggingMachine(rows)
        other.now, other.lines = self.now, self.lines
        return other

    def begin(self, command: str, user: str = "") -> None:
        """Begins a stanza of apt's history."""
        self.history += ["", f"Start-Date: {self.now:%Y-%m-%d  %H:%M:%S}", f"Commandline: {command}"]
        self.history += [f"Requested-By: {user} (1000)"] if user else []

    def end(self) -> None:
        """Ends it."""
        self.history.append(f"End-Date: {self.now:%Y-%m-%d  %H:%M:%S}")

    def rebuilt(self, pieces: Iterable[Line | str] | None = None, most: int = 1 << 18) -> Rebuilt:
        """Returns what the logs tell, or what these pieces of the log do."""
        return rebuilt(self.pieces() if pieces is None else pieces, self.history, self, most)

    def pieces(self) -> list[Line | str]:
        """Returns dpkg's log as it is read."""
        found = [parse(line.encode()) for line in self.lines]
        return [line or "damaged" for line in found]


class Rebuilt(NamedTuple):
    """What was told of the past: all of it, and the states from the oldest on."""

    past: Past
    states: list[State]

    def packages(self) -> list[tuple[Package, ...]]:
        """Returns the packages of every state, from the oldest on."""
        return [state.manifest.packages for state in self.states]


def rebuilt(pieces: Iterable[Line | str], history: Sequence[str], machine: LoggingMachine, most: int) -> Rebuilt:
    """Returns what pieces of a log tell of a machine in UTC."""
    work = Windows(entries(line.encode() for line in history), Clock(dt.UTC))
    now = int(machine.now.timestamp()) + 3600
    gathered = gather(pieces, Gatherer(work, Clock(dt.UTC), NATIVE, most), now)
    found = past(gathered, machine.present(), now)
    return Rebuilt(found, list(states(found, machine.present()))[::-1])
