"""The keys of a repository, as far as a store must know them."""

from __future__ import annotations

from typing import NamedTuple


class Shape(NamedTuple):
    """Which keys there are.

    Attributes:
        config: The key of the configuration; while it is not there, there is no repository.
        prefixes: The prefixes of keys, sorted, for which a store makes room when it is made.
        later: Prefixes that come when they are needed.
        flat: Those of `prefixes` below which there is one level of names.
    """

    config: str
    prefixes: tuple[str, ...]
    later: frozenset[str]
    flat: frozenset[str]
