"""Traces of environments: the programs that files of a machine name, in whose place an environment may be.

Scripts, units, crontabs, Jupyter's kernels and what a shell reads at its start name programs by their paths. A trace is
only a place to look at: whoever follows it looks with the rights that the file was read with.
"""

from __future__ import annotations

import errno
import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.machine.files import Entry, System

FILES = 1000
"""So many files of one directory are looked into."""
MOST = 400
"""So many places are followed for one home, and for the system."""
_HEAD = 512
"""The first line of a script, and the second one where the path was too long or has a space."""
_TEXT = 1 << 16

PROGRAMS = ("/usr/local/bin", "/usr/local/sbin")
UNITS = ("/etc/systemd/system", "/usr/local/lib/systemd/system", "/etc/systemd/user")
"""Where an administrator puts units. Those of packages name programs of packages."""
TEXTS = (
    "/etc/cron.d",
    "/etc/cron.hourly",
    "/etc/cron.daily",
    "/etc/cron.weekly",
    "/etc/cron.monthly",
    "/var/spool/cron/crontabs",
    "/etc/supervisor/conf.d",
    "/etc/profile.d",
)
FILES_OF_ALL = ("/etc/crontab", "/etc/environment")
KERNELS = ("/usr/local/share/jupyter/kernels", "/usr/share/jupyter/kernels")
PROGRAMS_OF_USER = (".local/bin", "bin")
UNITS_OF_USER = (".config/systemd/user", ".local/share/systemd/user")
KERNELS_OF_USER = (".local/share/jupyter/kernels",)
FILES_OF_USER = (".profile", ".bash_profile", ".bashrc", ".zshenv", ".zprofile", ".zshrc", ".config/fish/config.fish")
UNREAD = (
    ("/nix/store", "the store of Nix is not read"),
    ("/gnu/store", "the store of Guix is not read"),
    ("/snap", "few snaps are read"),
    ("/var/lib/flatpak/app", "applications of Flatpak are not read"),
    ("/var/lib/docker", "images and containers of Docker are not read"),
    ("/var/lib/containers/storage", "images and containers are not read"),
    ("/var/lib/containerd", "images and containers are not read"),
    ("/var/lib/lxc", "containers of LXC are not read: `cortex snapshot create --root DIR`"),
    ("/var/lib/lxd", "containers of LXD are not read: `cortex snapshot create --root DIR`"),
    ("/var/lib/incus", "containers of Incus are not read: `cortex snapshot create --root DIR`"),
    ("/var/lib/machines", "machines are not read: `cortex snapshot create --root DIR`"),
)
UNREAD_OF_USER = (
    (".local/share/containers/storage", "images and containers are not read"),
    (".local/share/docker", "images and containers of Docker are not read"),
    (".local/share/flatpak/app", "applications of Flatpak are not read"),
    (".cache/pre-commit", "pre-commit makes its environments again when they are missing"),
    (".cache/bazel", "caches of builds are not read"),
    (".deno", "packages of Deno are not read"),
    (".pex", "packages that pex has unpacked are not read"),
    (".shiv", "packages that shiv has unpacked are not read"),
)
"""Where packages are that nobody looks at, and why; nothing is said where the directory is missing."""
_OF_SYSTEM = frozenset({"", "/usr", "/usr/local", "/snap"})
"""Prefixes whose packages are found without a trace."""
_OF_PACKAGES = frozenset({"/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/games", "/snap/bin"})
"""Directories of programs of the system's packages: long, and each program there is the packages' own."""
_PROGRAM = re.compile(r'"(/[^"\n]*)/s?bin(?=[/:"])|(/[^\s"\'=:;,<>|&()`$\\]*)/s?bin(?=[/:"\';\s]|$)')
_DIRECTORY = re.compile(r"(?:^\s*WorkingDirectory=-?|\bcd\s+)\"?(/[^\s\"';&|]+)", re.MULTILINE)
_OF_DIRECTORY = (".venv", "venv", "env")
_HOME = re.compile(r"\$\{HOME\}|\$HOME(?!\w)|%h(?=/)|(?<![\w/.])~(?=/)")
_NOT_THERE = frozenset({errno.ELOOP, errno.ENAMETOOLONG, errno.EINVAL, errno.ENXIO})


class Traces:
    """The places that files name.

    Attributes:
        found: Prefixes, each with the file that named it first.
        unread: What could not be looked into, with the reason.
    """

    def __init__(self, system: System, home: str = "") -> None:
        """Takes the machine, and the home that `~` means in its files; nothing is read yet."""
        self.found: dict[str, str] = {}
        self.unread: dict[str, str] = {}
        self._system = system
        self._home = home

    def programs(self, folder: str) -> None:
        """Looks at where the programs in a directory lead, and which interpreters scripts there have."""
        for name, kind in self._entries(folder):
            path = f"{folder}/{name}"
            if kind == "link":
                self._link(folder, path)
            elif kind == "file":
                self._script(path)

    def units(self, folder: str) -> None:
        """Looks into the units in a directory, and what is added to them."""
        for name, kind in self._entries(folder):
            if kind == "directory" and name.endswith(".d"):
                self.texts(f"{folder}/{name}")
            elif kind == "file" and name.endswith(".service"):
                self.text(f"{folder}/{name}")

    def texts(self, folder: str) -> None:
        """Looks into every file in a directory."""
        for name, kind in self._entries(folder):
            if kind == "file" and name != ".placeholder":
                self.text(f"{folder}/{name}")

    def kernels(self, folder: str) -> None:
        """Looks into Jupyter's kernels."""
        for name, kind in self._entries(folder):
            if kind in {"directory", "link"}:
                self.text(f"{folder}/{name}/kernel.json")

    def text(self, path: str) -> None:
        """Takes the programs that a text file names."""
        try:
            content = self._system.read(path, _TEXT)
        except OSError as error:
            self._miss(path, error)
            return
        if content:
            self._take(path, content)

    def unlooked(self, path: str, reason: str) -> None:
        """Notes a directory that nobody looks at, if it is there."""
        try:
            if self._system.is_directory(path):
                self.unread[path] = reason
        except OSError as error:
            self._miss(path, error)

    def _script(self, path: str) -> None:
        try:
            content = self._system.head(path, _HEAD)
        except OSError as error:
            self._miss(path, error)
            return
        if content is not None and content.startswith(b"#!"):
            lines = content.split(b"\n", 2)
            self._take(path, b"\n".join(lines[: 2 if b"exec" in b"".join(lines[1:2]) else 1]))

    def _link(self, folder: str, path: str) -> None:
        try:
            target = self._system.readlink(path)
        except OSError as error:
            self._miss(path, error)
            return
        if target:
            self._add(posixpath.normpath(posixpath.join(folder, target)).rpartition("/bin/")[0], path)

    def _take(self, path: str, content: bytes) -> None:
        text = content.decode("utf-8", "surrogateescape").replace("\0", "")
        if self._home:
            home = self._home
            text = _HOME.sub(lambda _: home, text)
        for match in _PROGRAM.finditer(text):
            self._add(match[1] or match[2] or "", path)
        for match in _DIRECTORY.finditer(text):
            for name in _OF_DIRECTORY:
                self._add(f"{match[1].rstrip('/')}/{name}", path)

    def _add(self, prefix: str, source: str) -> None:
        prefix = posixpath.normpath(prefix) if prefix else ""
        if not prefix.startswith("/") or prefix in _OF_SYSTEM or prefix in self.found or prefix == self._home:
            return
        if len(self.found) >= MOST:
            self.unread.setdefault(source, f"files name more than {MOST} places; the others are not looked at")
            return
        self.found[prefix] = source

    def _entries(self, folder: str) -> list[Entry]:
        try:
            entries = self._system.entries(folder)
        except OSError as error:
            self._miss(folder, error)
            return []
        if len(entries) > FILES:
            self.unread[folder] = f"the directory has more than {FILES} names; the others are not looked at"
        return entries[:FILES]

    def _miss(self, path: str, error: OSError) -> None:
        if error.errno == errno.EFBIG:
            self.unread[path] = f"the file is longer than {_TEXT} bytes"
        elif error.errno not in _NOT_THERE:
            self.unread[path] = error.strerror or "the file cannot be read"


def of_system(system: System) -> Traces:
    """Returns what files of the system name, within bounds."""
    traces = Traces(system)
    for folder in PROGRAMS:
        traces.programs(folder)
    for folder in UNITS:
        traces.units(folder)
    for folder in TEXTS:
        traces.texts(folder)
    for file in FILES_OF_ALL:
        traces.text(file)
    for folder in KERNELS:
        traces.kernels(folder)
    for path, reason in UNREAD:
        traces.unlooked(path, reason)
    return traces


def of_home(system: System, home: str, names: Iterable[str]) -> Traces:
    """Returns what files in a home name, within bounds.

    Args:
        system: The machine.
        home: The home.
        names: What is in it: nothing else is asked for.
    """
    there = frozenset(names)
    traces = Traces(system, home)
    for below in _there(PROGRAMS_OF_USER, there):
        traces.programs(f"{home}/{below}")
    for below in _there(UNITS_OF_USER, there):
        traces.units(f"{home}/{below}")
    for below in _there(KERNELS_OF_USER, there):
        traces.kernels(f"{home}/{below}")
    for below in _there(FILES_OF_USER, there):
        traces.text(f"{home}/{below}")
    for below, reason in UNREAD_OF_USER:
        if below.partition("/")[0] in there:
            traces.unlooked(f"{home}/{below}", reason)
    return traces


def of_path(system: System, variable: str) -> Traces:
    """Returns what the programs in the directories of a search path lead to, and the directories' own prefixes."""
    traces = Traces(system)
    for folder in dict.fromkeys(variable.split(":")):
        path = posixpath.normpath(folder) if folder.startswith("/") else ""
        if not path or path in _OF_PACKAGES or path in PROGRAMS:
            continue
        if path.endswith("/bin"):
            traces.found.setdefault(path.removesuffix("/bin"), "PATH")
        traces.programs(path)
    for prefix in _OF_SYSTEM.intersection(traces.found):
        del traces.found[prefix]
    return traces


def _there(places: Iterable[str], names: frozenset[str]) -> Iterator[str]:
    return (place for place in places if place.partition("/")[0] in names)
