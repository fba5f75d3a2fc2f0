"""The names in a repository's directory that are the store's own, besides the keys."""

from __future__ import annotations

PINS, TEMPORARY, QUARANTINE = "pins", "tmp", "quarantine"
LOCK = "lock"
"""Held shared while names are listed, alone while a collector changes them. Never removed."""
COLLECTOR_LOCK = "lock.gc"
"""Held alone by a collector from beginning to end. Never removed."""
BALLAST = "ballast"
"""Room that a collector can free when the disk is full, so that it can work there."""
BALLAST_SIZE = 1 << 14
"""Four blocks of 4 KiB. A mark takes one for itself, and two where its directory outgrows its first; a collector takes
one for its quarantine, or two where claiming makes that directory grow."""
ARTIFACTS, ASIDE = "artifacts", "aside"
"""Where files of packages are kept, each below the first digits of its name, and where in there a collector has set
them aside. Made when the first one is kept."""
_OBJECTS = "objects/"
_FAN = 2


def aside_name(key: str) -> str:
    """Returns the name that an object's key has in quarantine."""
    return key.removeprefix(_OBJECTS).replace("/", "")


def aside_key(name: str) -> str:
    """Returns the key that a name in quarantine came from."""
    return f"{_OBJECTS}{name[:_FAN]}/{name[_FAN:]}"
