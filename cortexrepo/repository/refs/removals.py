"""The notes that collectors leave about removed snapshots, read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import removed as codec
from cortexrepo.codec.records import LIMIT
from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.model.damage import FROM_COPY
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from cortexrepo.model.removed import Removed
    from cortexrepo.store.base import Store


def find(store: Store, machine: str, origin: str) -> Removed | None:
    """Returns what was removed of a machine's snapshots that were made in a repository, or None for nothing.

    Raises:
        CorruptError: The note is damaged.
        FormatVersionError: A newer version wrote it.
    """
    return read(store, f"{machine}-{origin}")


def read(store: Store, name: str) -> Removed | None:
    """Returns the note of that name, or None; raises as `find`."""
    key = layout.removed_key(name)
    data = store.get(key, LIMIT)
    if data is None:
        return None
    try:
        found = codec.decode(data)
    except (CorruptError, FormatVersionError) as error:
        raise type(error)(f"{key}: {error}", hint=error.hint or FROM_COPY) from error
    if f"{found.machine}-{found.origin}" != name:
        raise CorruptError(f"{key}: the file is damaged: it is the note about another machine", hint=FROM_COPY)
    return found
