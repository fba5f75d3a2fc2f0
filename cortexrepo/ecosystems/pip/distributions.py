"""The distributions in a site directory, from the names in it and the start of each METADATA."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.pip.metadata import describe, direct_url, name_in, normalise
from cortexrepo.machine.files import Entry
from cortexrepo.machine.text import clean
from cortexrepo.model.content import DIGEST
from cortexrepo.model.package import BROKEN, EDITABLE, OWNED, REQUESTED, Package

if TYPE_CHECKING:
    from cortexrepo.ecosystems.pip.content import Records
    from cortexrepo.machine.files import System

MOST = 100_000
"""No environment holds more distributions than this: a manifest would not hold them."""

UNKNOWN_URL = "?"
"""Stands for a direct URL whose file makes no sense: the distribution did not come from an index."""
_URL_LIMIT = 1 << 16
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-~/")
_WORD = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")
_LONGEST_WORD = 64
"""An INSTALLER is one word of these, or two as of Poetry (`poetry 1.8`): any other text may be another file's."""


class SiteReader:
    """Reads the distributions of one environment, one directory after the other in the order of sys.path.

    Attributes:
        rows: What was found. A name that an earlier directory holds is not taken from a later one; two versions in the
            same directory are two rows, because both are on the disk.
        problems: One line for everything that could not be read.
        unsure: The indices and paths of those rows that the system owns only if its lists have the path.
    """

    def __init__(self, system: System, records: Records, *, is_owned: bool) -> None:
        """Takes the machine, what reads digests, and whether the system owns what nobody else signed for."""
        self.rows: list[Package] = []
        self.problems: list[str] = []
        self.unsure: list[tuple[int, str]] = []
        self._system = system
        self._records = records
        self._owned = OWNED if is_owned else 0
        self._seen: set[str] = set()

    def add(self, directory: str, entries: list[Entry]) -> None:
        """Adds the distributions of one directory on the path; `entries` is its listing."""
        start = len(self.rows)
        for entry in entries:
            name = entry.name
            # pip and uv rename what they are removing so that it starts with a tilde: no longer installed.
            if not name.endswith(("-info", ".egg", ".egg-link")) or name[0] in "~.":
                continue
            path = f"{directory}/{name}"
            if len(self.rows) >= MOST:
                self.problems.append(clean(f"{directory}: more than {MOST} packages; the others are not recorded"))
                break
            if name.endswith(".dist-info"):
                self._dist_info(path, name)
            elif name.endswith(".egg-info"):
                self._described(path, name, self._egg_info_file(path, entry))
            elif name.endswith(".egg-link"):
                self._egg_link(path, name)
            elif name.endswith(".egg"):
                self._egg(path, entry)
        self._seen.update(row.name for row in self.rows[start:])

    def add_foreign(self, directory: str, entries: list[Entry]) -> None:
        """Adds a directory that a `.pth` file names: as `add`, but nothing in it is the system's."""
        self._owned = 0
        if directory.endswith(".egg"):
            # An egg is on the path itself, with its description inside it.
            parent, _, name = directory.rpartition("/")
            self.add(parent, [Entry(name, "directory")] if entries else [])
            return
        self.add(directory, entries)

    def problem(self, path: str, error: Exception) -> None:
        """Remembers that something at `path` could not be read."""
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.problems.append(clean(f"{path}: {reason}"))

    def _dist_info(self, path: str, entry: str) -> None:
        try:
            description = describe(self._system, f"{path}/METADATA")
        except OSError as error:
            # A directory of that name is damage, and nothing was withheld.
            if error.errno != errno.EINVAL:
                self.problem(f"{path}/METADATA", error)
            description = None
        flags, installer, url = self._origin(path)
        if self._owned and installer:
            self.unsure.append((len(self.rows), path))
        elif self._owned:
            flags |= OWNED
        digest = "" if flags & (OWNED | EDITABLE) else self._records.digest(path)
        self._row(entry, description, flags, _word(installer), url, digest)

    def _origin(self, path: str) -> tuple[int, str, str]:
        """Returns flags, installer and URL from the small files of a dist-info directory."""
        flags, installer, url = 0, "", ""
        file = f"{path}/INSTALLER"
        try:
            # Three failing opens are cheaper than listing the directory to learn which are there.
            if content := self._system.head(file, 256):
                installer = content.decode("utf-8", "replace").strip()
            file = f"{path}/REQUESTED"
            # uv writes it for everything, so that it says nothing there.
            flags = REQUESTED if self._system.exists(file) and installer != "uv" else 0
            file = f"{path}/direct_url.json"
            if (content := self._system.read(file, _URL_LIMIT)) is not None:
                url, editable = direct_url(content)
                flags |= EDITABLE if editable else 0
        except OSError as error:
            if error.errno == errno.EFBIG:
                return flags, installer, UNKNOWN_URL
            self.problem(file, error)
        except ValueError:
            # Damage of this one row: what is installed is known all the same.
            url = UNKNOWN_URL
        return flags, installer, url

    def _egg_info_file(self, path: str, entry: Entry) -> str:
        if entry.kind == "file":
            return path
        return f"{path}/PKG-INFO" if entry.kind == "directory" or self._is_directory(path) else path

    def _is_directory(self, path: str) -> bool:
        try:
            return self._system.is_directory(path)
        except OSError:
            return False

    def _described(self, path: str, entry: str, file: str, flags: int = 0, url: str = "") -> None:
        """Adds a row for an egg: `file` is its PKG-INFO, in the source tree for a development install."""
        try:
            description = describe(self._system, file)
        except OSError as error:
            self.problem(file, error)
            description = None
        self._row(entry or path.rpartition("/")[2], description, flags | self._owned, "", url)

    def _egg(self, path: str, entry: Entry) -> None:
        if entry.kind == "file":
            # A zip file: its name is made of name, version and Python, so it need not be opened.
            name, version, *_ = [*entry.name.removesuffix(".egg").split("-"), ""]
            self._row(entry.name, (clean(name), clean(version)), self._owned, "", "")
            return
        self._described(path, entry.name, f"{path}/EGG-INFO/PKG-INFO")

    def _egg_link(self, path: str, entry: str) -> None:
        """Adds a development install of setuptools: the link's first line names the directory with the egg-info."""
        stem = entry.removesuffix(".egg-link")
        try:
            content = (self._system.head(path, 1 << 14) or b"").replace(b"\0", b"")
            target = content.decode("utf-8", "surrogateescape").partition("\n")[0].strip().rstrip("/")
            eggs = self._system.entries(target) if target.startswith("/") else []
        except OSError as error:
            self.problem(path, error)
            self._row(entry, None, EDITABLE, "", "")
            return
        names = [egg.name for egg in eggs if egg.name.endswith(".egg-info")]
        own = [name for name in names if normalise(name_in(name)) == normalise(stem)] or names
        url = _file_url(target) if target else ""
        self._described(path, entry, f"{target}/{own[0]}/PKG-INFO" if own else f"{path}/PKG-INFO", EDITABLE, url)

    def _row(
        self, entry: str, description: tuple[str, str] | None, flags: int, installer: str, url: str, digest: str = ""
    ) -> None:
        """Adds the row unless an earlier directory has that name."""
        original, version = description or ("", "")
        if not original or not version:
            flags |= BROKEN
            version = version or clean(_version(entry))
        original = original or clean(name_in(entry)) or clean(entry)
        name = normalise(original)
        if name in self._seen:
            return
        attributes = [(DIGEST, digest)] if digest else []
        if installer:
            attributes.append(("installer", installer))
        if original != name:
            attributes.append(("name", original))
        if url:
            attributes.append(("url", url))
        self.rows.append(Package(name, "", version, flags, tuple(attributes)))


def _word(installer: str) -> str:
    """Returns the content of an INSTALLER if it is the name of one, and none of pip, else an empty string."""
    name, _, version = installer.partition(" ")
    sound = len(installer) <= _LONGEST_WORD and _WORD.issuperset(name) and _WORD.issuperset(version)
    return installer if sound and installer != "pip" else ""


def _version(entry: str) -> str:
    """Returns the version in the name of a dist-info directory, or an empty string."""
    return entry.removesuffix(".dist-info").partition("-")[2] if entry.endswith(".dist-info") else ""


def _file_url(path: str) -> str:
    """Returns the address of a directory, as `urllib.parse.quote` spells it.

    A process that has become another user may not be able to load that module any more.
    """
    data = path.encode("utf-8", "surrogateescape")
    return "file://" + "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in data)
