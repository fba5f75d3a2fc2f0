"""The database of rpm on a machine: where it is, and its bytes as they are at one moment.

Nothing is opened in place and nothing is written: rpm's database and its write-ahead log are read as files, and only
the copy in memory is given to sqlite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cortexrepo.machine.files import System

PLACES = ("/usr/lib/sysimage/rpm", "/var/lib/rpm")
"""Where rpm keeps its database; often the one is a link to the other."""
FILE = "rpmdb.sqlite"
LARGEST = 256 << 20
"""No database may be larger, in bytes: some 70 KiB are usual for a package, with all the names of its files."""

_OLDER = {"Packages": "Berkeley DB", "Packages.db": "ndb"}
_LOG, _JOURNAL = "-wal", "-journal"
_MAGIC = b"SQLite format 3\0"
_ATTEMPTS = 5


def find(system: System) -> str:
    """Returns the path of rpm's database, or an empty string where there is none and never was one.

    Raises:
        OSError: A place cannot be read.
        ValueError: It is there, and cannot be read here; the text names the file.
    """
    found = [path for place in PLACES if (path := _in(system, place))]
    if len({system.realpath(path) for path in found}) > 1:
        raise ValueError(
            f"there are two rpm databases, {found[0]} and {found[1]}: move one away; "
            "`rpm --eval %_dbpath` prints the directory in use"
        )
    return found[0] if found else ""


def _in(system: System, place: str) -> str:
    names = {entry.name for entry in system.entries(place)}
    if FILE in names:
        return f"{place}/{FILE}"
    for name, kind in _OLDER.items():
        if name in names:
            raise ValueError(f"{place}/{name}: the database has the older format {kind}, which is not supported")
    for name in (FILE + _LOG, FILE + _JOURNAL):
        if name in names:
            raise ValueError(f"{place}/{FILE}: the file is missing, but {name} exists")
    return ""


def image(system: System, path: str, problems: list[str]) -> bytearray:
    """Returns the database as sqlite would see it, with what its log holds, in a form that needs no log.

    Args:
        system: The machine.
        path: The database.
        problems: Is given a line where a log is damaged, as sqlite passes over it.

    Raises:
        OSError: A file cannot be read.
        ValueError: It is no such database, or changed each time it was read; the text names the file.
    """
    for _ in range(_ATTEMPTS):
        before = _stamps(system, path)
        found, log = _read(system, path), system.read(path + _LOG) or b""
        if _stamps(system, path) == before:
            return _whole(found, log, path, problems)
    raise ValueError(f"{path}: the file changed during each reading")


def _stamps(system: System, path: str) -> list[tuple[int, int, int, int] | None]:
    return [system.stamp(path + ending) for ending in ("", _LOG, _JOURNAL)]


def _read(system: System, path: str) -> bytearray:
    begin = system.head(path, len(_MAGIC))
    if begin and begin != _MAGIC:
        raise ValueError(f"{path}: the file is not an sqlite database")
    if system.head(path + _JOURNAL, 1) not in {None, b"", b"\0"}:
        raise ValueError(f"{path}: the file holds half a transaction, because {FILE}{_JOURNAL} exists")
    data = system.read(path, LARGEST)
    if data is None:
        raise ValueError(f"{path}: the file is a broken link, or was removed during the reading")
    return bytearray(data)


def _whole(found: bytearray, log: bytes, path: str, problems: list[str]) -> bytearray:
    from cortexrepo.ecosystems.rpm import wal  # few machines have a log

    try:
        wal.apply(found, log, LARGEST)
    except ValueError as error:
        problems.append(f"{path}{_LOG}: {error}; the log was not used")
    if not found.startswith(_MAGIC):
        raise ValueError(f"{path}: the file is empty")
    # These two say that there is a log, which sqlite would look for.
    found[18:20] = b"\1\1"
    return found
