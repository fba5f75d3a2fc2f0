"""Where apt gets packages from, for which architectures, and whom it trusts. See `Supplying`.

apt's `auth.conf`, which holds credentials, is not read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.places import ARCHITECTURES, INFO, STATUS, places, unsure
from cortexrepo.ecosystems.contract.supplying import Supply
from cortexrepo.machine.text import clean

if TYPE_CHECKING:
    from cortexrepo.ecosystems.apt.places import Places
    from cortexrepo.machine.files import System

_KEYRINGS = ("/etc/apt/keyrings", "/usr/share/keyrings")


def supply(system: System) -> Supply:
    """See `Supplying.supply`."""
    found = places(system)
    where = found.places
    reading = _Reading(system, list(unsure(system, found, where.sources, where.more_sources)))
    native, foreign = _architectures(reading)
    sources = (*_named(where.sources), *reading.files(where.more_sources, endings=(".list", ".sources")))
    keyrings = _keyrings(reading, where)
    preferences = (*_named(where.preferences), *reading.files(where.more_preferences))
    return Supply(native, foreign, sources, keyrings, preferences, tuple(reading.problems))


def enabling(architecture: str) -> str:
    """See `Supplying.enabling`."""
    return f"dpkg --add-architecture {architecture} && apt-get update"


class _Reading:
    """Reads files and directories, and notes what cannot be read."""

    def __init__(self, system: System, problems: list[str]) -> None:
        self._system = system
        self.problems = problems

    def content(self, path: str) -> bytes | None:
        """Returns a file's content; None where there is none, or where it cannot be read."""
        try:
            return self._system.read(path)
        except OSError as error:
            self._note(path, error)
            return None

    def is_there(self, path: str) -> bool:
        """Returns whether something is at a path; False where that cannot be told."""
        try:
            return self._system.exists(path)
        except OSError as error:
            self._note(path, error)
            return False

    def files(self, directory: str, *, endings: tuple[str, ...] = ("",)) -> list[str]:
        """Returns the files in a directory whose names are not hidden and end in one of `endings`."""
        if not directory:
            return []
        try:
            return [
                path
                for name, kind in self._system.entries(directory)
                if not name.startswith(".") and name.endswith(endings) and kind in {"file", "link"}
                for path in (f"{directory}/{name}",)
                if kind == "file" or not self._system.is_directory(path)
            ]
        except OSError as error:
            self._note(directory, error)
            return []

    def _note(self, path: str, error: OSError) -> None:
        self.problems.append(clean(f"{path}: {error.strerror or error}"))


def _architectures(reading: _Reading) -> tuple[str, tuple[str, ...]]:
    listed = (reading.content(ARCHITECTURES) or b"").decode("utf-8", "replace").split()
    status = reading.content(STATUS)
    if status is None and not reading.problems and (listed or reading.is_there(INFO)):
        # Without it nobody knows which architectures are dpkg's: what is not there is not known to be gone.
        reading.problems.append(f"{STATUS}: the file is missing")
    own = _architecture_of_dpkg(status or b"") or next(iter(listed), "")
    return own, tuple(name for name in listed if name not in {own, "all"})


def _architecture_of_dpkg(status: bytes) -> str:
    """Returns the architecture of the package `dpkg`: reading all stanzas for it would cost more than all else here."""
    head, found, rest = (b"\n" + status).partition(b"\nPackage: dpkg\n")
    del head
    stanza = rest.partition(b"\n\n")[0] if found else b""
    value = (b"\n" + stanza).partition(b"\nArchitecture: ")[2]
    return value.partition(b"\n")[0].decode("utf-8", "replace").strip()


def _keyrings(reading: _Reading, where: Places) -> tuple[str, ...]:
    folders = (where.more_trusted, *_KEYRINGS)
    return (*_named(where.trusted), *(path for folder in folders for path in reading.files(folder)))


def _named(path: str) -> tuple[str, ...]:
    """Returns a path as one of a list; nothing where a setting names none."""
    return (path,) if path else ()
