"""What a store is: bytes under keys, create-exclusive, and one way to publish several keys at once.

A key is path-like, of components that `name_is_safe` allows. Values are immutable: a key's bytes never change while it
is there, except what is stored with `put` and `put_cache`. The contract is wide enough for an object store: nothing in
it speaks of links, file locks or renames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    Intact = Callable[[str, bytes], bool]
    """(key, stored bytes) to whether they are what the key promises."""

PINS = "pins"
"""The prefix under which `Store.publish` announces a value before it puts its parts: `names` and `get` show it."""
ARTIFACTS = "artifacts"
"""The prefix of the keys of large values, as people are told of them."""
PIECE = 1 << 20
"""So many bytes of a large value are read at once."""
_ALLOWED = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-")


def name_is_safe(name: str) -> bool:
    """Returns whether `name` can be part of a key: 1 to 128 ASCII letters, digits and `._+-`, no first `.` or `-`."""
    if not 0 < len(name) <= 128 or name[0] in ".-":  # noqa: PLR2004 -- the rule itself
        return False
    # Ref names come by the ten thousand; this takes a third of the time.
    return (name.isascii() and name.replace("-", "").isalnum()) or _ALLOWED.issuperset(name)


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


class Store(Protocol):
    """Bytes under keys. Every method raises a `StoreError` when the place fails it."""

    location: str
    """Where it is, as a person would write it."""

    def get(self, key: str, limit: int) -> bytes | None:
        """Returns the value, or None; CorruptError when it is not a plain value of at most `limit` bytes."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Returns the last components of all keys directly below `prefix`, in no order, no temporary ones."""
        ...

    def size(self, key: str) -> int:
        """Returns how many bytes the value takes; 0 when it is not there."""
        ...

    def put_new(self, key: str, data: bytes) -> bool:
        """Stores a value under a free key; False when it is taken. Durable when it returns, whoever put it."""
        ...

    def put_mark(self, key: str, data: bytes) -> bool:
        """As `put_new`, for what lets a collector free room: a store may keep some in reserve for it."""
        ...

    def publish(self, key: str, data: bytes, parts: Mapping[str, bytes], intact: Intact) -> bool:
        """Stores `parts`, then `data` under a free key; False when that is taken.

        At no instant is `key` there without every part, whatever is killed or collected meanwhile; all is durable
        when it returns. A part whose key is there and intact is kept; one that is not intact is replaced. Takes no
        lock.
        """
        ...

    def put(self, key: str, data: bytes) -> None:
        """Stores a value, replacing the one before at one instant; durable when it returns."""
        ...

    def put_cache(self, key: str, data: bytes) -> None:
        """Stores a value that may be lost at any time, replacing the one before; a reader sees one of them, whole."""
        ...

    def remove(self, key: str) -> bool:
        """Takes a key away; False when it is not there. Durable when it returns, whoever removed it."""
        ...

    def shared(self) -> AbstractContextManager[bool]:
        """Holds the store's lock beside other sharers; yields False where locks cannot be had. LockTimeoutError."""
        ...
