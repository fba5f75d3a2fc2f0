"""What a store can do besides keeping values: for collection, verification, repair, and for values of any size.

The order of the steps is the caller's: `repository.upkeep.gc`. The protocols speak of no directory, link or file lock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cortexrepo.store.base import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager

    from cortexrepo.store.base import Intact
    from cortexrepo.store.keys import Shape


class Collecting(Protocol):
    """One run of a collector, which excludes all others."""

    def renaming(self) -> AbstractContextManager[None]:
        """Keeps listers out while names change; raises LockTimeoutError, and StoreError where there are no locks."""
        ...

    def restore_leftovers(self) -> int:
        """Puts back what collectors that died had set aside, and returns how many objects that were."""
        ...

    def drop_abandoned(self) -> int:
        """Removes what writers announced or began that are gone, and returns how many those were."""
        ...

    def rename(self, key: str, name: str) -> bool:
        """Moves a key to another last component at one instant; False when it is not there."""
        ...

    def remove(self, keys: Iterable[str]) -> None:
        """Removes keys; those that are not there are passed over. Durable after `settle`."""
        ...

    def replace(self, key: str, data: bytes) -> None:
        """Stores a value in the place of the one before, at one instant, durably; a store may keep room for it."""
        ...

    def make(self, directory: str) -> None:
        """Makes room for keys below a prefix, durably, where a copy has none."""
        ...

    def settle(self, prefix: str) -> None:
        """Makes what was removed and renamed directly below `prefix` durable, if it is there; "" is the repository."""
        ...

    def drop_empty(self, prefix: str) -> None:
        """Removes what places below a prefix in which no key is any more take; keys can be put there as before."""
        ...

    def set_aside(self, keys: Iterable[str], intact: Intact) -> None:
        """Moves objects to where `Store.get` finds them still; at every instant each is in one of the two places."""
        ...

    def put_back(self, keys: Iterable[str]) -> None:
        """Moves objects back to where they belong, durably, before they leave where they were set aside."""
        ...

    def discard_aside(self) -> int:
        """Removes what this run has set aside, and returns how many objects that were."""
        ...

    def finish(self) -> None:
        """Ends the run: what it took for itself is given back."""
        ...


class Inspecting(Protocol):
    """A repository's place, looked at from outside of its keys."""

    def oddities(self, shape: Shape) -> Iterator[tuple[str, str, str]]:
        """Yields what should not be in the place: a kind of `cortexrepo.model.problem`, its key, and the reason."""
        ...

    def absent(self, shape: Shape) -> list[str]:
        """Returns the prefixes for which the place has no room any more, though it had when it was made."""
        ...

    def leftovers(self) -> int:
        """Returns how many things are there that killed writers and collectors have left."""
        ...

    def keep_aside(self, key: str, prefix: str) -> None:
        """Keeps a value under a new name below `prefix` too, durably; the caller excludes collectors."""
        ...


class Large(Protocol):
    """Values of any size under names that begin with two hexadecimal digits, written and read in pieces."""

    def is_empty(self) -> bool:
        """Returns whether nothing was ever kept."""
        ...

    def fans(self) -> list[str]:
        """Returns the beginnings, two digits each, of the names that may be there, sorted."""
        ...

    def names(self, fan: str) -> list[str]:
        """Returns the names with a beginning, without those that a collector has set aside."""
        ...

    def aside(self) -> list[str]:
        """Returns the names of those that a collector has set aside."""
        ...

    def size(self, name: str) -> int | None:
        """Returns how many bytes a value has, wherever it is, or None when it is not there."""
        ...

    def part(self, name: str, offset: int, size: int) -> bytes | None:
        """Returns a part of a value, wherever it is; None when it is not there; CorruptError when it is no value."""
        ...

    def export(self, pieces: Iterable[bytes], path: str) -> None:
        """Writes pieces to a new file outside; whatever they raise is raised, and nothing is left of the file."""
        ...

    def put(self, pieces: Callable[[], Iterable[bytes]], name: Callable[[], str]) -> bool:
        """Stores a value under a free name; False when it is taken. Durable when it returns, whoever put it.

        Nothing but a whole value ever has a name. Whatever `pieces` raises is raised.

        Args:
            pieces: Begins to read the content; may be called again.
            name: Is asked for the name once all of the content was read.
        """
        ...

    def confirm(self, names: Iterable[str]) -> None:
        """Makes it durable that these are there: who put them may not have come so far."""
        ...

    def replace(self, name: str, pieces: Callable[[], Iterable[bytes]]) -> None:
        """Puts a good copy in the place of a damaged value, at one instant; the caller excludes collectors.

        `pieces` is as in `put`.
        """
        ...

    def remove(self, name: str) -> bool:
        """Removes a value from where it belongs, durably; False where none is. The caller excludes collectors."""
        ...

    def put_back_leftovers(self) -> int:
        """Puts back what a collector that died had set aside, and returns how many values that were."""
        ...

    def set_aside(self, names: Iterable[str]) -> list[str]:
        """Moves values to where readers look second, durably, and returns those that were there."""
        ...

    def put_back(self, names: Iterable[str]) -> None:
        """Moves values back to where they belong, durably, before they leave where they were set aside."""
        ...

    def discard(self, names: Iterable[str]) -> None:
        """Removes values that were set aside."""
        ...


class Kept(Store, Protocol):
    """A store that a repository can be kept in for years."""

    def collecting(self) -> AbstractContextManager[Collecting]:
        """Excludes other collectors, and yields what only a collector may do.

        Raises:
            LockTimeoutError: Another collector is at work.
            StoreError: The lock cannot be had.
        """
        ...

    def inspection(self) -> Inspecting:
        """Returns the place as it looks from outside."""
        ...

    def large(self) -> Large:
        """Returns the values of any size that are kept here."""
        ...
