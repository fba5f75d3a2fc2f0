"""A snapshot by its message: the whole of it, and only where no other snapshot has the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import CortexError, RevisionError
from cortexrepo.repository.refs.listing import damage_of
from cortexrepo.repository.refs.unread import BY_ID, not_known

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.refname import RefName
    from cortexrepo.repository.refs.refs import Refs

_DIGITS = 12
_SHOWN = 5


def only(message: str, refs: Refs, unread: Sequence[Damage], pool: Sequence[RefName]) -> RefName | None:
    """Returns the snapshot that has this message, or None.

    Args:
        message: The whole message.
        refs: The refs.
        unread: The files that may hold snapshots, and cannot be read.
        pool: The snapshots to choose from; each is read.

    Raises:
        RevisionError: Several have it.
        CorruptError: A file cannot be read that may hold a snapshot with this message.
        FormatVersionError: The same, and a newer version wrote the file.
    """
    damaged = list(unread)
    found: list[RefName] = []
    for name, snapshot in refs.snapshots(pool, linked=False):
        if isinstance(snapshot, CortexError):
            damaged.append(damage_of(name, snapshot))
        elif snapshot.message == message:
            found.append(name)
    if damaged:
        subject = "whether other snapshots have" if found else "whether a snapshot has"
        raise not_known(f"{subject} the message {message!r}", damaged, BY_ID)
    if len(found) > 1:
        more = ", ..." if len(found) > _SHOWN else ""
        ids = ", ".join(name.id[:_DIGITS] for name in found[:_SHOWN])
        raise RevisionError(
            f"{len(found)} snapshots have the message {message!r}", hint=f"give an id, the newest first: {ids}{more}"
        )
    return found[0] if found else None
