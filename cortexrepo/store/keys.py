"""The keys of a store: how they are made of names, and the few that a store must know.

A key is path-like, of components that `name_is_safe` allows. A file below some prefixes may have another name: somebody
renamed it, or put it there. It is listed and can be read, and nothing is stored under such a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PINS = "pins"
"""The prefix under which `Store.publish` announces a value before it puts its parts: `names` and `get` show it."""
ARTIFACTS = "artifacts"
"""The prefix of the keys of large values, as people are told of them."""
PIECE = 1 << 20
"""So many bytes of a large value are read at once."""
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")


class Naming(NamedTuple):
    """How a writer makes sure that a value's name was never given before.

    Attributes:
        name: No other writer at work has it while this one publishes; one component of a key.
        is_used: Returns whether the value's name was given before; asked once `name` is this writer's.
    """

    name: str
    is_used: Callable[[], bool]


class Ahead(NamedTuple):
    """Parts of a value that must be there before the value is announced: only they say which other parts it needs.

    Attributes:
        data: A value that needs these parts alone, and is announced before them.
        parts: The parts by key.
    """

    data: bytes
    parts: Mapping[str, bytes]


def name_is_safe(name: str) -> bool:
    """Returns whether `name` can be part of a key: 1 to 128 ASCII letters, digits and `._+-`, no first `.` or `-`."""
    if not 0 < len(name) <= 128 or name[0] in ".-":  # noqa: PLR2004 -- the rule itself
        return False
    # Ref names come by the ten thousand; this takes a third of the time.
    return (name.isascii() and name.replace("-", "").isalnum()) or _ALLOWED.issuperset(name)


def name_is_one(name: str) -> bool:
    """Returns whether `name` can be the name of one entry of a directory, and leads to no other place."""
    return name not in {"", ".", ".."} and "/" not in name and "\0" not in name


class Shape:
    """The keys of a repository, as far as a store must know them."""

    def __init__(self, config: str, prefixes: tuple[str, ...], later: frozenset[str], flat: frozenset[str]) -> None:
        """Takes the names.

        Args:
            config: The key of the configuration; while it is not there, there is no repository.
            prefixes: The prefixes of keys, sorted, for which a store makes room when it is made.
            later: Prefixes that come when they are needed.
            flat: Those of `prefixes` below which there is one level of names.
        """
        self.config = config
        self.prefixes = prefixes
        self.later = later
        self.flat = flat


def large_key(name: str) -> str:
    """Returns the key of a large value, as people are told of it."""
    return f"{ARTIFACTS}/{name[:2]}/{name}"
