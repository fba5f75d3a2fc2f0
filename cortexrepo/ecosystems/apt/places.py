"""Where dpkg and apt keep things: apt's places as its configuration files say, read without starting a program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.apt.settings import Settings
    from cortexrepo.machine.files import System

STATUS = "/var/lib/dpkg/status"
UPDATES = "/var/lib/dpkg/updates"
"""The journal over the status file."""
INFO = "/var/lib/dpkg/info"
"""Where dpkg keeps one list of files for each package, and more of each."""
ARCHITECTURES = "/var/lib/dpkg/arch"

_MAIN = "/etc/apt/apt.conf"
_PARTS = "/etc/apt/apt.conf.d"
_LIMIT = 1 << 20
"""No file of settings that is read is larger, in bytes."""
_NAMED = b"dir"
_ORDERS = (b"#include", b"#clear")


class Places(NamedTuple):
    """Paths of apt's files and directories; empty where the configuration names none.

    Attributes:
        archives: The directory of the files that were downloaded.
        lists: The directory of the lists of packages.
        extended: The file of apt's marks.
        sources: The list of sources.
        more_sources: The directory of other lists of sources.
        preferences: The file of preferences (pins).
        more_preferences: The directory of other files of preferences.
        trusted: The file of keys of sources.
        more_trusted: The directory of other such files.
    """

    archives: str = "/var/cache/apt/archives"
    lists: str = "/var/lib/apt/lists"
    extended: str = "/var/lib/apt/extended_states"
    sources: str = "/etc/apt/sources.list"
    more_sources: str = "/etc/apt/sources.list.d"
    preferences: str = "/etc/apt/preferences"
    more_preferences: str = "/etc/apt/preferences.d"
    trusted: str = "/etc/apt/trusted.gpg"
    more_trusted: str = "/etc/apt/trusted.gpg.d"


USUAL = Places()
"""The places of an apt that nobody has configured."""


class Found(NamedTuple):
    """Places, and one line for each file of settings that could not be read: then they may be wrong."""

    places: Places
    problems: tuple[str, ...] = ()


def places(system: System) -> Found:
    """Returns where apt keeps things on a machine.

    Variables such as APT_CONFIG do not count: they are of one process, and not of the machine.
    """
    reading = _Reading(system)
    texts = reading.texts(_PARTS)
    main = reading.texts(_MAIN)
    if not any(_is_about_places(text) for text in (*texts, *main)):
        return Found(USUAL, tuple(reading.problems))
    from cortexrepo.ecosystems.apt.settings import Settings  # most machines have no setting of a place

    settings = Settings(reading.texts)
    for text in texts:
        settings.read(text)
    chosen = settings.path("Dir::Etc::main")
    for text in main if chosen == _MAIN else reading.texts(chosen):
        settings.read(text)
    return Found(from_settings(settings), tuple(reading.problems))


def from_settings(settings: Settings) -> Places:
    """Returns the places that settings name."""
    state, cache, etc = "Dir::State::", "Dir::Cache::", "Dir::Etc::"
    return Places(
        settings.path(f"{cache}archives"),
        settings.path(f"{state}lists"),
        settings.path(f"{state}extended_states"),
        settings.path(f"{etc}sourcelist"),
        settings.path(f"{etc}sourceparts"),
        settings.path(f"{etc}preferences"),
        settings.path(f"{etc}preferencesparts"),
        settings.path(f"{etc}trusted"),
        settings.path(f"{etc}trustedparts"),
    )


def unsure(system: System, found: Found, *paths: str) -> tuple[str, ...]:
    """Returns the problems with settings that make it unknown where files are.

    Settings that cannot be read are no problem where one of the files is in its usual place: other users cannot read
    settings with a password, and these say nothing of places.
    """
    return found.problems if found.problems and not any(map(system.exists, filter(None, paths))) else ()


class _Reading:
    """Reads files of settings, and notes what cannot be read."""

    def __init__(self, system: System) -> None:
        self._system = system
        self.problems: list[str] = []

    def texts(self, path: str) -> list[str]:
        """Returns the texts at a path, which is a file or a directory of files; none where nothing is."""
        if not path:
            return []
        try:
            if self._system.is_directory(path):
                names = (entry.name for entry in self._system.entries(path) if entry.kind in {"file", "link"})
                return [text for name in names if _counts(name) for text in self._file(f"{path}/{name}")]
        except OSError as error:
            self.problems.append(f"{path}: {error.strerror or error}")
            return []
        return list(self._file(path))

    def _file(self, path: str) -> Iterable[str]:
        try:
            raw = self._system.read(path, _LIMIT)
        except OSError as error:
            self.problems.append(f"{path}: {error.strerror or error}")
            return ()
        return () if raw is None else (raw.decode("utf-8", "surrogateescape"),)


def _counts(name: str) -> bool:
    """Returns whether apt reads a file of this name in a directory of settings."""
    stem = name.removesuffix(".conf")
    return (
        bool(stem)
        and all((letter.isascii() and letter.isalnum()) or letter in "_-:." for letter in stem)
        and (stem != name or "." not in stem)
    )


def _is_about_places(text: str) -> bool:
    """Returns whether a text can name a place: `Dir`, `RootDir`, or an order about other settings."""
    raw = text.encode("utf-8", "surrogateescape").lower()
    return _NAMED in raw or any(order in raw for order in _ORDERS)
