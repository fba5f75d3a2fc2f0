"""What a repository remembers of a machine's environments: those that a walk found, and what `create` said last.

A cache, as the memory is: where it is lost, a walk is needed again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import records
from cortexrepo.errors import CorruptError, FormatVersionError, StoreError
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from cortexrepo.store.base import Store

MOST = 2000
"""So many places are remembered."""
_KEY = f"{layout.CACHE}/environments"


class Known(NamedTuple):
    """What is remembered.

    Attributes:
        places: The names of environments that a walk found.
        said: A digest of the places that were not looked at, as `create` last said.
    """

    places: tuple[str, ...] = ()
    said: bytes = b""


class Keeper:
    """Keeps it in a repository; of another user's nothing is believed, and nothing is written there."""

    def __init__(self, store: Store, *, is_lent: bool) -> None:
        """Takes where it is kept, and whether this is another user's."""
        self._store = store
        self._is_lent = is_lent

    def known(self) -> Known:
        """Returns what is remembered; nothing where there is none, or it is damaged."""
        if self._is_lent:
            return Known()
        try:
            data = self._store.get(_KEY, records.LIMIT)
            value = None if data is None else records.unseal(records.MEMORY, data)
        except (CorruptError, FormatVersionError, StoreError):
            return Known()
        match value:
            case (tuple(places), bytes(said)) if all(isinstance(one, str) and one.startswith("/") for one in places):
                return Known(tuple(map(str, places[:MOST])), said)
            case _:
                return Known()

    def remember(self, now: Known) -> bool:
        """Replaces what is remembered; returns whether that could be done."""
        if self._is_lent:
            return False
        try:
            self._store.put_cache(_KEY, records.seal(records.MEMORY, (now.places[:MOST], now.said)))
        except (ValueError, StoreError):
            return False
        return True
