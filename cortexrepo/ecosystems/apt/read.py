"""apt: what dpkg has installed, what apt installed on its own, what is held.

Read from dpkg's and apt's own files: no program is run, and what a killed dpkg left in its journal counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.reading import Collected, as_error
from cortexrepo.machine.apt_places import places, unsure
from cortexrepo.machine.dpkg import INSTALLED, Stanza, marks, native, parse
from cortexrepo.model.package import AUTO, HOLD, RESIDUAL, Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.files import System

NAME = "apt"

STATUS = "/var/lib/dpkg/status"
UPDATES = "/var/lib/dpkg/updates"
INFO = "/var/lib/dpkg/info"
ARCHITECTURES = "/var/lib/dpkg/arch"

_ATTEMPTS = 5
_PLAIN = frozenset((INSTALLED, "hold ok installed"))


def collect(system: System, named: Sequence[str]) -> list[Collected]:  # noqa: ARG001 -- one environment: the machine
    """See `Reader.collect`. The whole machine is one environment."""
    problems: list[str] = []
    try:
        files = _read(system, problems)
        if files is None:
            return [_without_status(system)]
        architectures = _text(system, ARCHITECTURES, problems)
        stanzas = _parse(files, architectures, problems)
        missing = _unlisted(system, files[0][1], stanzas)
    except OSError as error:
        return [Collected("", FAILED, error=_reason(error, STATUS))]
    if missing and not stanzas:
        return [Collected("", FAILED, error=f"{STATUS}: the file is empty, but {INFO} lists installed packages")]
    if missing:
        problems.append(f"{STATUS}: the file is cut off: {INFO} lists {missing}, and the file does not")
    own = native(stanzas, architectures)
    automatic = marks(_bytes(system, _extended(system, problems), problems))
    # Code points sort as UTF-8 bytes do, and no two rows share name and architecture: this is `Manifest.of`, only
    # faster.
    manifest = Manifest(NAME, tuple(sorted(_rows(stanzas, own, automatic))))
    return [Collected("", PARTIAL if problems else OK, manifest, as_error(problems))]


def _reason(error: OSError, path: str) -> str:
    return f"{error.filename or path}: {error.strerror or error}"


def _read(system: System, problems: list[str]) -> list[tuple[str, bytes]] | None:
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
        for entry in system.entries(UPDATES):
            if entry.name.isascii() and entry.name.isdigit():
                path = f"{UPDATES}/{entry.name}"
                files.append((path, system.read(path) or b""))
        if system.stamp(STATUS) == stamp:
            return files
    problems.append(f"{STATUS}: the file changed during each reading")
    return files


def _without_status(system: System) -> Collected:
    if _listed(system) or system.exists(STATUS + "-old"):
        return Collected("", FAILED, error=f"{STATUS}: the file is missing, but packages were installed")
    return Collected("", ABSENT)


def _listed(system: System) -> set[str]:
    """Returns the names of the packages of which dpkg keeps a list of files."""
    ending = ".list"
    return {
        entry.name[: -len(ending)].partition(":")[0] for entry in system.entries(INFO) if entry.name.endswith(ending)
    }


def _unlisted(system: System, status: bytes, stanzas: Sequence[Stanza]) -> str:
    """Returns a package that must have been in the status file, or an empty string.

    Looked for only where the file's end says that it was cut: dpkg ends it with an empty line.
    """
    if status.endswith(b"\n\n"):
        return ""
    return min(_listed(system).difference(stanza.name for stanza in stanzas), default="")


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


def _parse(files: Sequence[tuple[str, bytes]], architectures: str, problems: list[str]) -> list[Stanza]:
    """Returns the stanzas that count: the status file's, overlaid by the journal's."""
    path, status = files[0]
    stanzas, damage = parse(status, path)
    problems += damage
    own = native(stanzas, architectures)
    # `all` and the machine's own architecture are one place: a package may move between them.
    current = {(stanza.name, own if stanza.arch == "all" else stanza.arch): stanza for stanza in stanzas}
    for path, entry in files[1:]:
        later, damage = parse(entry, path)
        problems += damage
        for stanza in later:
            arch = own if stanza.arch == "all" else stanza.arch
            if not arch:
                # A selection without architecture is about the only instance there is.
                known = [key for key in current if key[0] == stanza.name]
                arch = known[0][1] if len(known) == 1 else ""
            current[stanza.name, arch] = stanza
    return list(current.values())


def _rows(stanzas: Sequence[Stanza], own: str, automatic: set[tuple[str, str]]) -> list[Package]:
    rows = []
    for name, arch, version, state, flags in stanzas:
        mark = AUTO if (name, own if arch == "all" else arch) in automatic else 0
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
