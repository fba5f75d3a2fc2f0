"""Tags and deletion marks as files: each is read back before it is stored, so that none is acknowledged in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import records
from cortexrepo.errors import CorruptError, RequestError, StoreError, in_part
from cortexrepo.repository import layout
from cortexrepo.repository.moment import present

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.progress import Progress
    from cortexrepo.store.base import Store

LATE_MS = 60_000
"""A mark that states a time so long before it was there is replaced; a collector goes by the time that it states."""


def sealed(kind: int, mark: records.Mark) -> bytes:
    """Returns the file of a tag or a mark; RequestError for values that no reader would take back."""
    try:
        data = records.encode_mark(kind, mark)
        same = records.decode_mark(kind, data) == mark
    except (ValueError, CorruptError) as error:
        raise RequestError(f"nothing was changed: {mark.name!r:.80} cannot be recorded: {error}") from error
    if not same:
        raise RequestError(f"nothing was changed: {mark.name!r:.80} cannot be recorded as it is")
    return data


def read(store: Store, name: str) -> records.Mark | None:
    """Returns the mark in a file of `deleted/`, claimed or not, or None when it is gone.

    Raises:
        CorruptError: It is damaged, no regular file, or the mark of another snapshot.
        FormatVersionError: A newer version wrote it.
    """
    data = store.get(f"{layout.DELETED}/{name}", records.LIMIT)
    mark = None if data is None else records.decode_mark(records.MARK, data)
    if mark is not None and not mark.name == mark.snapshot == name.removesuffix(layout.CLAIMED):
        raise CorruptError("it holds the mark of another snapshot")
    return mark


def put(store: Store, snapshot: SnapshotId, clock: Callable[[], int]) -> bool:
    """Marks a snapshot as deleted; False when it is marked already.

    Who was stopped between reading the clock and making the mark replaces the mark: else the snapshot would count as
    deleted long ago, and a collector would take it at once. Raises RequestError for a clock that shows no valid time.
    """
    key, stated = layout.mark_key(snapshot), present(clock)
    if not store.put_mark(key, sealed(records.MARK, records.Mark(snapshot, snapshot, stated))):
        return False
    now = present(clock)
    if now - stated > LATE_MS:
        store.put(key, sealed(records.MARK, records.Mark(snapshot, snapshot, now)))
    return True


def put_each(
    store: Store, snapshots: Sequence[SnapshotId], clock: Callable[[], int], progress: Progress | None
) -> None:
    """Marks snapshots as deleted, one after the other. Raises StoreError that says how many were marked before."""
    for number, snapshot in enumerate(snapshots):
        try:
            put(store, snapshot, clock)
        except StoreError as error:
            if not number:
                raise
            raise in_part(error, f"{number} of {len(snapshots)} snapshots were deleted") from error
        if progress is not None:
            progress("deleting snapshots", number + 1, len(snapshots))
