"""The system itself: its release, its kernel, and where packages come from: the architectures, the sources, the keys.

A restore compares these before it changes anything. What may hold secrets is never kept: credentials in lists of
sources are removed before anything is hashed or stored. The package managers of the system say which files these are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.reading import Collected, as_error
from cortexrepo.ecosystems.contract.supplying import UNKNOWN
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.ecosystems.contract.supplying import Supply
    from cortexrepo.machine.files import System

NAME = "system"

TEXT_LIMIT = 64 << 10
"""How much of a list of sources is kept, in bytes of UTF-8; the checksum is over all of it."""

_RELEASES = ("/etc/os-release", "/usr/lib/os-release")
_RELEASE_KEYS = frozenset(("ID", "VERSION_ID", "VERSION_CODENAME", "PRETTY_NAME"))


def collect(system: System, named: Sequence[str]) -> list[Collected]:  # noqa: ARG001 -- one environment: the machine
    """See `Reader.collect`. One environment; its rows are keys and values, as name and version."""
    problems: list[str] = []
    rows = [*_release(system, problems), *_kernel(system)]
    suppliers = registry.suppliers()
    if not suppliers:
        problems.append(UNKNOWN)
    for supplier in suppliers:
        rows += _supplied(system, supplier.supply(system), problems)
    if not rows:
        return [Collected("", FAILED, error=as_error(problems)) if problems else Collected("", ABSENT)]
    return [Collected("", PARTIAL if problems else OK, Manifest.of(NAME, rows), as_error(problems))]


def _supplied(system: System, supply: Supply, problems: list[str]) -> list[Package]:
    """Returns the rows of what one package manager says."""
    problems += supply.problems
    return [
        *([_row("architecture/native", supply.native)] if supply.native else ()),
        *(_row(f"architecture/foreign/{name}", name) for name in supply.foreign),
        *_sources(system, supply.sources, problems),
        *_hashes(system, "keyring", supply.keyrings, problems),
        *_hashes(system, "preferences", supply.preferences, problems),
    ]


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


def _kernel(system: System) -> list[Package]:
    release = system.kernel() if system.live else ""
    return [_row("kernel/running", release)] if release else []


def _sources(system: System, paths: Iterable[str], problems: list[str]) -> list[Package]:
    from cortexrepo.ecosystems.system.sources import decode, scrub

    rows = []
    for path in paths:
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


def _hashes(system: System, kind: str, paths: Iterable[str], problems: list[str]) -> list[Package]:
    contents = ((path, _read(system, path, problems)) for path in paths)
    return [_row(_printable(f"{kind}{path}"), _digest(raw)) for path, raw in contents if raw is not None]


def _digest(content: bytes) -> str:
    from blake3 import blake3  # in use for objects anyway; hashlib would load OpenSSL for it

    return blake3(content).hexdigest()
