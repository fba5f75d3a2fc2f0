"""rpm: what rpm has installed, and what dnf5 knows of it: why it was installed, and whether it is locked.

Read from rpm's and dnf5's own files; no program is run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cortexrepo.ecosystems.contract.reading import Collected, as_error
from cortexrepo.ecosystems.rpm import database
from cortexrepo.model.package import BROKEN, HOLD, Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.ecosystems.rpm.header import Header
    from cortexrepo.machine.files import System

NAME = "rpm"

REASONS = "/usr/lib/sysimage/libdnf5/packages.toml"
LOCKS = "/etc/dnf/versionlock.toml"
REMAINS = (REASONS, "/var/lib/dnf/history.sqlite")
"""What dnf5 and dnf write when they install something: without rpm's database, that one is gone."""

LIMIT = 4 << 20
"""Neither of dnf5's files may be larger, in bytes."""

_T = TypeVar("_T")


def collect(system: System, named: Sequence[str]) -> list[Collected]:  # noqa: ARG001 -- one environment: the machine
    """See `Reader.collect`. The whole machine is one environment."""
    problems: list[str] = []
    try:
        path = database.find(system)
        if not path:
            return [_without_database(system)]
        headers = _headers(system, path, problems)
    except (OSError, ValueError) as error:
        return [Collected("", FAILED, error=_reason(error))]
    except MemoryError:
        return [Collected("", FAILED, error=f"{database.FILE}: the file does not fit into memory")]
    manifest = Manifest.of(NAME, _marked(system, headers, problems))
    return [Collected("", PARTIAL if problems else OK, manifest, as_error(problems))]


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return f"{error.filename or database.FILE}: {error.strerror or error}"
    return str(error)


def _without_database(system: System) -> Collected:
    for remains in REMAINS:
        if system.exists(remains):
            return Collected(
                "", FAILED, error=f"{database.PLACES[0]}/{database.FILE}: the file is missing, but {remains} exists"
            )
    return Collected("", ABSENT)


def _headers(system: System, path: str, problems: list[str]) -> list[Header]:
    """Returns what every header says that can be read; each of the others is a problem."""
    from cortexrepo.ecosystems.rpm import header, names, table

    found = []
    for number, blob in table.rows(database.image(system, path, problems), path):
        try:
            read = header.parse(blob)
        except ValueError as error:
            problems.append(f"{path}: the header {number} cannot be read: {error}")
            continue
        if not names.is_name(read.name) or not names.is_name(read.arch or "noarch"):
            problems.append(f"{path}: the header {number} has no valid NAME or ARCH")
            continue
        if not read.whole or not names.is_version(read.version):
            problems.append(f"{path}: the header {number}, of {read.name}, has no valid VERSION and RELEASE")
        found.append(read)
    return found


def _marked(system: System, headers: Sequence[Header], problems: list[str]) -> list[Package]:
    if not headers:
        return []
    from cortexrepo.ecosystems.rpm import dnf

    reasons = _told(system, REASONS, dnf.reasons, problems) or {}
    locked = _told(system, LOCKS, dnf.locked, problems) or frozenset()
    return [_row(header, reasons.get(f"{header.name}.{header.arch}", 0), header.name in locked) for header in headers]


def _told(system: System, path: str, parse: Callable[[bytes], _T], problems: list[str]) -> _T | None:
    """Returns what one of dnf5's files says, or None where there is none or it cannot be read, which is a problem."""
    try:
        data = system.read(path, LIMIT)
        return None if data is None else parse(data)
    except OSError as error:
        problems.append(_reason(error))
    except ValueError as error:
        problems.append(f"{path}: {error}")
    return None


def _row(header: Header, reason: int, locked: bool) -> Package:  # noqa: FBT001 -- a fact of the row
    from cortexrepo.ecosystems.rpm.names import is_version

    usable = header.whole and is_version(header.version)
    flags = reason | (HOLD if locked else 0) | (0 if usable else BROKEN)
    attributes = (("module", header.label), ("vendor", header.vendor))
    known = tuple((key, value) for key, value in attributes if value)
    return Package(header.name, header.arch, header.version if usable else "", flags, known)
