"""Notes about removed snapshots that are gone: put back from a copy where a snapshot looks lost without one."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from cortexrepo.codec import identity, removed
from cortexrepo.errors import CortexError
from cortexrepo.model import refname
from cortexrepo.repository import layout
from cortexrepo.repository.refs import removals
from cortexrepo.repository.refs.refs import Refs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.removed import Removed
    from cortexrepo.store.upkeep import Kept


def put_back(store: Kept, sources: Sequence[Kept], snapshot: SnapshotId) -> bool:
    """Puts back the note that says that a missing snapshot was removed; False where no copy has one that fits.

    A note that is there is left as it is. One of a copy does not fit where it tells of a snapshot that is here.
    """
    if any(_tells(store, name, snapshot) is not None for name in store.names(layout.REMOVED)):
        return True
    here = [name.id for name in Refs(store).every()]
    for source in sources:
        with contextlib.suppress(CortexError):
            for name in sorted(set(source.names(layout.REMOVED)).difference(store.names(layout.REMOVED))):
                found = _tells(source, name, snapshot)
                if found is not None and not any(_is_of(found, one) for one in here):
                    store.put(layout.removed_key(name), removed.encode(found))
                    return True
    return False


def _tells(store: Kept, name: str, snapshot: SnapshotId) -> Removed | None:
    """Returns a note that says that a snapshot was removed, or None."""
    with contextlib.suppress(CortexError):
        found = removals.read(store, name)
        if found is not None and _is_of(found, snapshot):
            return found
    return None


def _is_of(note: Removed, snapshot: SnapshotId) -> bool:
    parts = refname.parts_of(identity.key(note.origin, note.machine), snapshot)
    return parts is not None and parts[0] != refname.IMPORTED and note.covers(parts[0])
