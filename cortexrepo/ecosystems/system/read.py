"""The system itself: its release, its architectures, its kernel, and where apt gets packages from and whom it trusts.

A restore compares these before it changes anything. What may hold secrets is never kept: apt's `auth.conf` is not read,
and credentials in lists of sources are removed before anything is hashed or stored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.contract.reading import Collected, as_error
from cortexrepo.machine.apt_places import places, unsure
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.machine.apt_places import Places
    from cortexrepo.machine.files import System

NAME = "system"

TEXT_LIMIT = 64 << 10
"""How much of a list of sources is kept, in bytes of UTF-8; the checksum is over all of it."""

_RELEASES = ("/etc/os-release", "/usr/lib/os-release")
_RELEASE_KEYS = frozenset(("ID", "VERSION_ID", "VERSION_CODENAME", "PRETTY_NAME"))
_ARCHITECTURES = "/var/lib/dpkg/arch"
_STATUS = "/var/lib/dpkg/status"
_INFO = "/var/lib/dpkg/info"
_KEYRINGS = ("/etc/apt/keyrings", "/usr/share/keyrings")


def collect(system: System, named: Sequence[str]) -> list[Collected]:  # noqa: ARG001 -- one environment: the machine
    """See `Reader.collect`. One environment; its rows are keys and values, as name and version."""
    problems: list[str] = []
    found = places(system)
    where = found.places
    problems += unsure(system, found, where.sources, where.more_sources)
    rows = [
        *_release(system, problems),
        *_architectures(system, problems),
        *_kernel(system),
        *_sources(system, where, problems),
        *_hashes(system, "keyring", _keyrings(system, where, problems), problems),
        *_hashes(system, "preferences", _preferences(system, where, problems), problems),
    ]
    if not rows:
        return [Collected("", FAILED, error=as_error(problems)) if problems else Collected("", ABSENT)]
    return [Collected("", PARTIAL if problems else OK, Manifest.of(NAME, rows), as_error(problems))]


def _printable(path: str) -> str:
    """Returns a path without what is no UTF-8 in it."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _read(system: System, path: str, problems: list[str]) -> bytes | None:
    """Returns a file's content; None when there is none, or when it cannot be read, which is then a problem."""
    try:
        return system.read(path)
    except OSError as error:
        problems.append(_printable(f"{path}: {error.strerror or error}"))
        return None


def _exists(system: System, path: str, problems: list[str]) -> bool:
    try:
        return system.exists(path)
    except OSError as error:
        problems.append(_printable(f"{path}: {error.strerror or error}"))
        return False


def _row(key: str, value: str, attributes: tuple[tuple[str, str], ...] = ()) -> Package:
    return Package(key, "", value, 0, attributes)


def _unquoted(value: str) -> str:
    """Returns what a shell would make of a value in os-release."""
    value = value.strip()
    quote = value[:1]
    if len(value) < 2 or quote not in {'"', "'"} or value[-1] != quote:  # noqa: PLR2004 -- two quotes
        return value
    value = value[1:-1]
    if quote == '"':
        for character in '"$`\\':
            value = value.replace("\\" + character, character)
    return value


def _release(system: System, problems: list[str]) -> list[Package]:
    for path in _RELEASES:
        raw = _read(system, path, problems)
        if raw is None:
            continue
        pairs = (line.partition("=") for line in raw.decode("utf-8", "replace").split("\n"))
        found = {key.strip(): _unquoted(value) for key, equals, value in pairs if equals}
        return [_row(f"os/{key}", found[key]) for key in sorted(_RELEASE_KEYS & found.keys())]
    return []


def _architectures(system: System, problems: list[str]) -> list[Package]:
    listed = (_read(system, _ARCHITECTURES, problems) or b"").decode("utf-8", "replace").split()
    status = _read(system, _STATUS, problems)
    if status is None and not problems and (listed or _exists(system, _INFO, problems)):
        # Without it nobody knows which architectures are dpkg's: what is not there is not known to be gone.
        problems.append(f"{_STATUS}: the file is missing")
    own = _architecture_of_dpkg(status or b"") or next(iter(listed), "")
    rows = [_row("architecture/native", own)] if own else []
    foreign = [name for name in listed if name not in {own, "all"}]
    return rows + [_row(f"architecture/foreign/{name}", name) for name in foreign]


def _architecture_of_dpkg(status: bytes) -> str:
    """Returns the architecture of the package `dpkg`: reading all stanzas for it would cost more than all else here."""
    head, found, rest = (b"\n" + status).partition(b"\nPackage: dpkg\n")
    del head
    stanza = rest.partition(b"\n\n")[0] if found else b""
    value = (b"\n" + stanza).partition(b"\nArchitecture: ")[2]
    return value.partition(b"\n")[0].decode("utf-8", "replace").strip()


def _kernel(system: System) -> list[Package]:
    release = system.kernel() if system.live else ""
    return [_row("kernel/running", release)] if release else []


def _files(system: System, directory: str, problems: list[str], *, endings: tuple[str, ...] = ("",)) -> list[str]:
    """Returns the paths of the files in a directory whose names are not hidden and end in one of `endings`."""
    if not directory:
        return []
    try:
        entries = system.entries(directory)
        return [
            path
            for name, kind in entries
            if not name.startswith(".") and name.endswith(endings) and kind in {"file", "link"}
            for path in (f"{directory}/{name}",)
            if kind == "file" or not system.is_directory(path)
        ]
    except OSError as error:
        problems.append(_printable(f"{directory}: {error.strerror or error}"))
        return []


def _sources(system: System, where: Places, problems: list[str]) -> list[Package]:
    from cortexrepo.ecosystems.system.sources import decode, scrub

    rows = []
    more = _files(system, where.more_sources, problems, endings=(".list", ".sources"))
    for path in (*_named(where.sources), *more):
        raw = _read(system, path, problems)
        if raw is None:
            continue
        text = scrub(decode(raw)).encode()
        attributes = [("text", text[:TEXT_LIMIT].decode("utf-8", "ignore"))]
        if len(text) > TEXT_LIMIT:
            # Without this, a restore might take the beginning for all of it.
            attributes.insert(0, ("size", str(len(text))))
        rows.append(_row(_printable(f"source{path}"), _digest(text), tuple(attributes)))
    return rows


def _keyrings(system: System, where: Places, problems: list[str]) -> list[str]:
    found = _named(where.trusted)
    for directory in (where.more_trusted, *_KEYRINGS):
        found += _files(system, directory, problems)
    return found


def _preferences(system: System, where: Places, problems: list[str]) -> list[str]:
    return [*_named(where.preferences), *_files(system, where.more_preferences, problems)]


def _named(path: str) -> list[str]:
    """Returns a path in a list, or an empty list where a setting names none."""
    return [path] if path else []


def _hashes(system: System, kind: str, paths: Iterable[str], problems: list[str]) -> list[Package]:
    contents = ((path, _read(system, path, problems)) for path in paths)
    return [_row(_printable(f"{kind}{path}"), _digest(raw)) for path, raw in contents if raw is not None]


def _digest(content: bytes) -> str:
    from blake3 import blake3  # in use for objects anyway; hashlib would load OpenSSL for it

    return blake3(content).hexdigest()
