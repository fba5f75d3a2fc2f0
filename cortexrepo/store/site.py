"""The place of a store: whether there is one, whose it is, and how one is made.

The configuration is bytes here: what it says is the repository's business, except the way in which names are given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.store.upkeep import Kept


class Site(Protocol):
    """One place. Every method raises `StoreError` when the place fails it."""

    location: str
    """Where it is, as a person would write it."""

    def look(self) -> bool:
        """Returns whether something is there.

        Raises:
            ForeignRepositoryError: It can hold no store.
            OwnerError: It belongs neither to this user nor to root.
        """
        ...

    def configuration(self, limit: int) -> bytes | None:
        """Returns the configuration as it was published, or None; ForeignRepositoryError for what is none."""
        ...

    def check_unused(self) -> None:
        """Checks a place without a configuration.

        Raises:
            ForeignRepositoryError: Other things are in the place.
            CorruptError: Values are in the place: there was a configuration.
        """
        ...

    def check(self) -> None:
        """Raises ForeignRepositoryError where a store would reach beyond its place; it has a configuration."""
        ...

    def prepare(self) -> None:
        """Makes the place, and raises as `look` does where that belongs to somebody else or can hold no store."""
        ...

    def furnish(self) -> None:
        """Makes what a store needs before its configuration is published; any number may do this at once."""
        ...

    def publish(self, encode: Callable[[str], bytes]) -> None:
        """Publishes the configuration, create-exclusive and durable, whoever was first.

        Args:
            encode: Returns the configuration for the way, `link` or `rename`, in which this store gives names. A store
                that has only one way, whatever it is, takes `link`.
        """
        ...

    def store(self, way: str) -> Kept:
        """Returns the store, which gives names in the way that its configuration says."""
        ...
