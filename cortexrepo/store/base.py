"""What a store is: bytes under keys, create-exclusive, and one way to publish several keys at once.

Values are immutable: a key's bytes never change while it is there, except those that `put` and `put_cache` store. The
contract is wide enough for an object store: nothing in it speaks of links, file locks or renames.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from cortexrepo.store.keys import Ahead, Naming

    Intact = Callable[[str, bytes], bool]
    """(key, stored bytes) to whether they are what the key promises."""


class Store(Protocol):
    """Bytes under keys. Every method raises a `StoreError` when the place fails it."""

    location: str
    """Where it is, as a person would write it."""

    def get(self, key: str, limit: int) -> bytes | None:
        """Returns the value, or None; CorruptError when it is not a plain value of at most `limit` bytes."""
        ...

    def names(self, prefix: str) -> list[str]:
        """Returns the last components of all keys directly below `prefix`, in no order, no temporary ones.

        Below `refs`, `segments`, `tags` and `deleted` also what is under a name that no key may have: such a file may
        be one of the repository that was renamed. `get` reads it; nothing can be stored there.
        """
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

    def publish(
        self,
        key: str,
        data: bytes,
        parts: Mapping[str, bytes],
        intact: Intact,
        naming: Naming,
        ahead: Ahead | None = None,
    ) -> bool:
        """Stores `parts`, then `data` under a free key; False when that, or the name, is taken or used.

        At no instant is `key` there without every part, whatever is killed or collected meanwhile; all is durable
        when it returns. A part whose key is there and intact is kept; one that is not intact is replaced. Takes no
        lock. The parts of `ahead` are there whenever `data` can be seen, under its key or announced.
        """
        ...

    def confirm(self, key: str) -> None:
        """Makes it durable that a key is there: its writer may not have come so far."""
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
