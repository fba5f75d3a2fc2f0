"""What dnf5 keeps besides rpm's database: why a package is installed, and which ones are locked. Pure."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from cortexrepo.model.package import AUTO, REQUESTED

if TYPE_CHECKING:
    from collections.abc import Mapping

_FLAGS = {"Dependency": AUTO, "Weak Dependency": AUTO, "User": REQUESTED}


def reasons(data: bytes) -> dict[str, int]:
    """Returns `AUTO` or `REQUESTED` by `NAME.ARCH`; other reasons, a group's for instance, are neither.

    Raises:
        ValueError: It is not such a file; the text says why.
    """
    packages = _table(data).get("packages", {})
    if not isinstance(packages, dict):
        raise ValueError("the file is damaged: packages is not a table")  # noqa: TRY004 -- what is wrong is the file
    return {name: _FLAGS.get(_reason(name, entry), 0) for name, entry in packages.items()}


def locked(data: bytes) -> frozenset[str]:
    """Returns the names of the packages that are locked to versions; raises ValueError as `reasons` does."""
    packages = _table(data).get("packages", [])
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in _list(packages)]
    found = [name for name in names if isinstance(name, str)]
    if len(found) < len(names):
        raise ValueError("the file is damaged: a lock names no package")
    return frozenset(found)


def _table(data: bytes) -> Mapping[str, object]:
    try:
        found = tomllib.loads(data.decode())
    except RecursionError as error:
        raise ValueError("the file is damaged: its tables are nested too deeply") from error
    version = found.get("version", "1.0")
    if not isinstance(version, str) or version.partition(".")[0] != "1":
        raise ValueError(f"the version {version!r:.20} of the file is not known")
    return found


def _list(found: object) -> list[object]:
    if not isinstance(found, list):
        raise ValueError("the file is damaged: packages is not a list")  # noqa: TRY004 -- what is wrong is the file
    return found


def _reason(name: str, entry: object) -> str:
    reason = entry.get("reason") if isinstance(entry, dict) else None
    if not isinstance(reason, str):
        raise ValueError(f"the file is damaged: the package {name!r:.80} has no reason")  # noqa: TRY004 -- what is wrong is the file
    return reason
