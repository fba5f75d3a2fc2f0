"""The memory of a repository: which snapshot the machine last equalled, and the evidence for it.

A cache and nothing more: it may be lost, torn or outdated at any time, and then everything is read again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cortexrepo.codec import records
from cortexrepo.errors import CorruptError, FormatVersionError, StoreError
from cortexrepo.model.ids import SnapshotId, is_hex
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from cortexrepo.store.base import Store

_KEY = f"{layout.CACHE}/machine"


class Memory(NamedTuple):
    """What was asked (`question`), what was seen (`evidence`), and the snapshot that holds the answer."""

    question: bytes
    evidence: tuple[object, ...]
    snapshot: SnapshotId


def recall(store: Store, question: bytes) -> Memory | None:
    """Returns what is remembered of exactly this question, or None."""
    try:
        data = store.get(_KEY, records.LIMIT)
        value = None if data is None else records.unseal(records.MEMORY, data)
    except (CorruptError, FormatVersionError, StoreError):
        return None
    match value:
        case (bytes(asked), tuple(evidence), str(snapshot)) if asked == question and is_hex(snapshot, 32):
            return Memory(question, cast("tuple[object, ...]", evidence), SnapshotId(snapshot))
        case _:
            return None


def remember(store: Store, memory: Memory) -> None:
    """Replaces what is remembered. What cannot be kept (too much, not text, no room) is not."""
    try:
        store.put_cache(_KEY, records.seal(records.MEMORY, tuple(memory)))
    except (ValueError, StoreError):
        return
