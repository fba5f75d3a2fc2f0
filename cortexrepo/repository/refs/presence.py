"""Whether a snapshot is there: a question to which a file that cannot be read gives no answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from collections.abc import Collection

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.refs.look import Look
    from cortexrepo.store.base import Store

    class Looked(Protocol):
        """What is asked of `Refs`."""

        def has_any(self, snapshots: Collection[SnapshotId]) -> bool:
            """See `Refs.has_any`."""
            ...

        def look(self) -> Look:
            """See `Refs.look`."""
            ...

        def file(self, name: str) -> tuple[Snapshot, bytes] | None:
            """See `Refs.file`."""
            ...


def is_gone(refs: Looked, store: Store, snapshot: SnapshotId) -> bool:
    """See `Refs.is_gone`."""
    if f"{snapshot}{layout.CLAIMED}" in store.names(layout.DELETED):
        return True
    try:
        if refs.has_any((snapshot,)):
            return False
    except (CorruptError, FormatVersionError):
        return False
    look = refs.look()
    return not look.damaged and not any(_may_hold(refs, stranger, snapshot) for stranger in look.strangers)


def _may_hold(refs: Looked, stranger: str, snapshot: SnapshotId) -> bool:
    """Returns whether a file in `refs/` whose name is no ref's holds a snapshot, or cannot be read."""
    try:
        found = refs.file(stranger)
    except (CorruptError, FormatVersionError):
        return True
    return found is not None and found[0].id == snapshot
