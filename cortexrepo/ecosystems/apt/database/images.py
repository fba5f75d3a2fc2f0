"""Packages of images that were built without dpkg: a file for each, in `status.d` beside where dpkg's status file is.

Distroless images have these. Beside each file lies one of sums, named like it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.database.stanza import INSTALLED
from cortexrepo.ecosystems.apt.database.status import parse

if TYPE_CHECKING:
    from cortexrepo.ecosystems.apt.database.stanza import Stanza
    from cortexrepo.machine.files import System

DIRECTORY = "/var/lib/dpkg/status.d"
_SUMS = ".md5sums"


def unpacked(system: System, problems: list[str]) -> list[Stanza]:
    """Returns the packages that an image's builder unpacked without dpkg: all count as installed.

    Args:
        system: The machine.
        problems: Takes a line for each file that is damaged.

    Raises:
        OSError: The directory, or a file in it, cannot be read.
    """
    found: dict[tuple[str, str], Stanza] = {}
    for entry in system.entries(DIRECTORY):
        if entry.kind == "directory" or entry.name.endswith(_SUMS):
            continue
        path = f"{DIRECTORY}/{entry.name}"
        # The builder may leave out the last end of line: these are no files of dpkg's.
        stanzas, damage = parse((system.read(path) or b"").rstrip(b"\n") + b"\n\n", path, INSTALLED)
        problems += damage
        found |= {(stanza.name, stanza.arch): stanza for stanza in stanzas}
    return list(found.values())
