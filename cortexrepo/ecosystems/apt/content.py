"""The digest of a Debian package's content: over its list of MD5 sums, which dpkg keeps as the package brings it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec.hashing import content_digest
from cortexrepo.ecosystems.apt.places import INFO
from cortexrepo.model.content import with_digest
from cortexrepo.model.package import RESIDUAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.machine.files import System
    from cortexrepo.model.package import Package

KIND = "md5sums"
_TORN = "half-installed"
"""The state in which the list may be of another version than the files."""
_ENDING = f".{KIND}"
_LARGEST = 16 << 20
"""No list counts that is larger, in bytes: a package of 100,000 files has one of 8 MiB."""


def digest(sums: bytes) -> str:
    """Returns the digest of a package's list; empty where the package has none."""
    return content_digest(KIND, sums) if sums else ""


def with_digests(system: System, rows: Iterable[Package]) -> list[Package]:
    """Returns the rows, each that is installed with the digest of its content, where that is known."""
    try:
        there = {entry.name for entry in system.entries(INFO) if entry.name.endswith(_ENDING)}
    except OSError:
        return list(rows)
    return [with_digest(row, _of(system, row, there)) if _is_whole(row) else row for row in rows]


def _is_whole(row: Package) -> bool:
    return not row.flags & RESIDUAL and _TORN not in row.attribute("state")


def _of(system: System, row: Package, there: set[str]) -> str:
    for name in (f"{row.name}:{row.arch}{_ENDING}", f"{row.name}{_ENDING}"):
        if name in there:
            try:
                return digest(system.read(f"{INFO}/{name}", _LARGEST) or b"")
            except OSError:
                return ""
    return ""
