"""apt: what dpkg has installed, what apt installed on its own, what is held.

Read from dpkg's and apt's own files: no program is run, and what a killed dpkg left in its journal counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.content import with_digests
from cortexrepo.ecosystems.apt.database.fields import UnreadableError
from cortexrepo.ecosystems.apt.database.images import unpacked
from cortexrepo.ecosystems.apt.database.journal import misnamed, overlaid
from cortexrepo.ecosystems.apt.database.marks import marks
from cortexrepo.ecosystems.apt.database.stanza import INSTALLED, native
from cortexrepo.ecosystems.apt.database.status import named as named_in
from cortexrepo.ecosystems.apt.database.status import parse
from cortexrepo.ecosystems.apt.places import ARCHITECTURES, INFO, STATUS, UPDATES, places, unsure
from cortexrepo.ecosystems.contract.reading import Collected, as_error
from cortexrepo.machine.text import clean
from cortexrepo.model.package import AUTO, HOLD, RESIDUAL, Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.ecosystems.apt.database.marks import Marks
    from cortexrepo.ecosystems.apt.database.stanza import Stanza
    from cortexrepo.machine.files import System

NAME = "apt"

_LIST = ".list"
_NAMED = 5
"""So many packages are named that the status file has lost."""
_ATTEMPTS = 5
_PLAIN = frozenset((INSTALLED, "hold ok installed"))


def collect(system: System, named: Sequence[str]) -> list[Collected]:  # noqa: ARG001 -- one environment: the machine
    """See `Reader.collect`. The whole machine is one environment."""
    problems: list[str] = []
    try:
        files = status_files(system, problems)
        unlisted = unpacked(system, problems)
        if files is None and not unlisted:
            return [_without_status(system)]
        stanzas = _parse(files or [], unlisted, problems)
        missing = _unlisted(system, stanzas, files[0][1] if files and problems else b"")
    except (OSError, UnreadableError) as error:
        return [Collected("", FAILED, error=_reason(error, STATUS))]
    if missing and not stanzas and not problems:
        return [Collected("", FAILED, error=f"{STATUS}: the file is empty, but {INFO} lists installed packages")]
    if missing:
        problems.append(f"{STATUS}: the file does not have packages that {INFO} lists: {missing}")
    if problems and not stanzas:
        return [Collected("", FAILED, error=as_error(problems))]
    own = native(stanzas, _text(system, ARCHITECTURES, problems))
    extended = _extended(system, problems)
    automatic, damage = marks(_bytes(system, extended, problems), extended)
    problems += damage
    # Code points sort as UTF-8 bytes do, and no two rows share name and architecture: this is `Manifest.of`, only
    # faster.
    manifest = Manifest(NAME, tuple(sorted(with_digests(system, _rows(stanzas, own, automatic)))))
    return [Collected("", PARTIAL if problems else OK, manifest, as_error(problems))]


def _reason(error: OSError | UnreadableError, path: str) -> str:
    return str(error) if isinstance(error, UnreadableError) else f"{error.filename or path}: {error.strerror or error}"


def status_files(system: System, problems: list[str]) -> list[tuple[str, bytes]] | None:
    """Returns the status file, then the journal's entries in order: (path, content); None without a status file.

    dpkg replaces the status file and only then empties the journal, so that an unchanged stamp means that the two
    belong together. Reading entries that the status file already contains is harmless: later ones are never removed
    first.
    """
    files: list[tuple[str, bytes]] = []
    for _ in range(_ATTEMPTS):
        stamp = system.stamp(STATUS)
        status = system.read(STATUS)
        if status is None:
            return None
        files = [(STATUS, status)]
        entries = [entry.name for entry in system.entries(UPDATES) if entry.name.isascii() and entry.name.isdigit()]
        files += [(path, system.read(path) or b"") for path in (f"{UPDATES}/{name}" for name in entries)]
        if system.stamp(STATUS) == stamp:
            return files
    problems.append(f"{STATUS}: the file changed during each reading")
    return files


def _without_status(system: System) -> Collected:
    if next(_listed(system), None) is not None or system.exists(STATUS + "-old"):
        return Collected("", FAILED, error=f"{STATUS}: the file is missing, but packages were installed")
    return Collected("", ABSENT)


def _listed(system: System) -> Iterator[tuple[str, str]]:
    """Yields name and architecture of each package that dpkg keeps a list of files of; the latter may be empty."""
    for entry in system.entries(INFO):
        if entry.name.endswith(_LIST):
            name, _, arch = entry.name[: -len(_LIST)].partition(":")
            yield name, arch


def _unlisted(system: System, stanzas: Sequence[Stanza], damaged: bytes) -> str:
    """Returns the packages that must have been in the status file and are not, or an empty string.

    A part that was lost between two stanzas leaves no other trace.

    Args:
        system: The machine.
        stanzas: What could be read.
        damaged: The status file where a stanza of it could not be read: the name in that one is not lost.
    """
    known = {(stanza.name, stanza.arch) for stanza in stanzas}
    known |= {(stanza.name, "") for stanza in stanzas}
    names = {match[1].decode("utf-8", "replace").lower() for match in named_in(damaged)}
    lost = sorted(key for key in _listed(system) if key not in known and key[0] not in names)
    if not lost:
        return ""
    from cortexrepo.model import enumeration  # most machines have lost nothing

    return enumeration.names([clean(f"{name}:{arch}" if arch else name) for name, arch in lost], _NAMED)


def _bytes(system: System, path: str, problems: list[str]) -> bytes:
    """Returns a file's content, empty when there is none or when it cannot be read, which is then a problem."""
    try:
        return system.read(path) or b""
    except OSError as error:
        problems.append(_reason(error, path))
        return b""


def _extended(system: System, problems: list[str]) -> str:
    """Returns where apt's marks are, as far as its settings can be read."""
    found = places(system)
    problems += unsure(system, found, found.places.extended)
    return found.places.extended


def _text(system: System, path: str, problems: list[str]) -> str:
    return _bytes(system, path, problems).decode("utf-8", "replace")


def _parse(files: Sequence[tuple[str, bytes]], others: Sequence[Stanza], problems: list[str]) -> list[Stanza]:
    """Returns the stanzas that count: the status file's, overlaid by the journal's, and others that neither knows.

    Raises:
        UnreadableError: dpkg would refuse the journal: what it says of its packages is not known.
    """
    if not files:
        return list(others)
    stanzas, damage = parse(files[0][1], files[0][0])
    problems += damage
    later = []
    for path, entry in files[1:]:
        found, damage = parse(entry, path)
        if damage:
            raise UnreadableError(damage[0])
        later += found
    reason = misnamed([path.rpartition("/")[2] for path, _ in files[1:]])
    if later and not reason:
        stanzas, reason = overlaid(stanzas, later)
    if reason:
        raise UnreadableError(f"{UPDATES}: {reason}")
    known = {stanza.name for stanza in stanzas} if others else ()
    return stanzas + [stanza for stanza in others if stanza.name not in known]


def _rows(stanzas: Sequence[Stanza], own: str, automatic: Marks) -> list[Package]:
    rows = []
    for name, arch, version, state, flags, _ in stanzas:
        mark = AUTO if automatic.has(name, own if arch == "all" else arch, own) else 0
        if state == INSTALLED:
            rows.append(Package(name, arch, version, flags | mark))
            continue
        want, _, rest = state.partition(" ")
        held = HOLD if want == "hold" else 0
        if rest.endswith(" not-installed") and not held:
            continue
        if rest.endswith((" config-files", " not-installed")):
            # A mark on what is not there is apt's leftover: apt-mark does not show it either.
            mark = RESIDUAL
        attributes = () if state in _PLAIN else (("state", state),)
        rows.append(Package(name, arch, version, flags | mark | held, attributes))
    return rows
