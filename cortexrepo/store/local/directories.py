"""The names in a repository's directory that are the store's own, besides the keys."""

from __future__ import annotations

from cortexrepo.store.keys import PINS

TEMPORARY, QUARANTINE = "tmp", "quarantine"
OWN = (PINS, QUARANTINE, TEMPORARY)
"""The directories that are the store's own; there is one for each prefix of keys besides."""
RENEWED, BESIDE = "refs", "refs.new"
"""The directory in whose place a collector puts a smaller one when it has grown, and where that one is meanwhile."""
NEVER_MADE_AGAIN = {RENEWED: "snapshots", "segments": "snapshots", "tags": "tags"}
"""The directories without which nobody knows something, and what. All others are made where they are missing."""
TELLING = frozenset((*NEVER_MADE_AGAIN, "deleted"))
"""The directories in which every file may say something of a snapshot, also one under a name that nobody gave it."""
PASSING = frozenset((PINS, TEMPORARY))
"""The directories of which nothing has to outlast a power cut."""
DROPPED = frozenset((*OWN, "deleted", "removed"))
"""The directories that a collector removes where nothing is in them, and whoever needs one makes again."""
LOCK = "lock"
"""Held shared while names are listed, alone while a collector changes them. Never removed."""
COLLECTOR_LOCK = "lock.gc"
"""Held alone by a collector from beginning to end. Never removed."""
BALLAST = "ballast"
"""Room that a collector can free when the disk is full, so that it can work there."""
BALLAST_SIZE = 20 << 10
"""Five blocks of 4 KiB. A mark takes one for itself, and two where its directory outgrows its first; a collector takes
one for its quarantine, or two where claiming makes that directory grow, and one for what it notes."""
ASIDE = "aside"
"""Where below `ARTIFACTS` a collector has set files aside. Made when the first one is kept."""
_OBJECTS = "objects/"
_FAN = 2


def aside_name(key: str) -> str:
    """Returns the name that an object's key has in quarantine."""
    return key.removeprefix(_OBJECTS).replace("/", "")


def aside_key(name: str) -> str:
    """Returns the key that a name in quarantine came from."""
    return f"{_OBJECTS}{name[:_FAN]}/{name[_FAN:]}"
