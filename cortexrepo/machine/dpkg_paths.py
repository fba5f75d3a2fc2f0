"""Which paths dpkg installed, by its lists of files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.machine.files import System

INFO = "/var/lib/dpkg/info"
"""Where dpkg keeps one list of files for each package."""


def listed(system: System, paths: Iterable[str]) -> set[str]:
    """Returns those of `paths` that some package of dpkg holds.

    It reads the lists one by one, which takes a while: ask only for what nothing cheaper can tell.

    Raises:
        OSError: A list cannot be read.
    """
    wanted = {path: f"\n{path}\n".encode(errors="surrogateescape") for path in paths}
    found: set[str] = set()
    for entry in system.entries(INFO):
        if len(found) == len(wanted):
            break
        if not entry.name.endswith(".list"):
            continue
        content = b"\n" + (system.read(f"{INFO}/{entry.name}") or b"") + b"\n"
        found.update(path for path, line in wanted.items() if line in content)
    return found
