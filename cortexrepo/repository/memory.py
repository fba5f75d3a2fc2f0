"""The memory of a repository: which snapshot the machine last equalled, and the evidence for it.

A cache and nothing more: it may be lost, torn or outdated at any time, and then everything is read again.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, cast

from cortexrepo.codec import records
from cortexrepo.codec.canonical import pack, unpack
from cortexrepo.codec.deflate import inflate
from cortexrepo.errors import CorruptError, FormatVersionError, StoreError
from cortexrepo.model.ids import SnapshotId, is_hex
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from cortexrepo.store.base import Store

_MOST = 4 << 20
"""Evidence takes no more bytes: some 15,000 packages. Asking for more stamps costs as much as reading."""
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
        case (bytes(asked), bytes(deflated), str(snapshot)) if asked == question and is_hex(snapshot, 32):
            found = _inflated(deflated)
            return None if found is None else Memory(question, found, SnapshotId(snapshot))
        case _:
            return None


def remember(store: Store, memory: Memory) -> None:
    """Replaces what is remembered. What cannot be kept (too much, not text, no room) is not."""
    try:
        store.put_cache(_KEY, _sealed(memory))
    except (ValueError, StoreError):
        return


def _sealed(memory: Memory) -> bytes:
    """Returns the record; deflated evidence where it would be too long: what fits is read sooner as it is."""
    try:
        return records.seal(records.MEMORY, tuple(memory))
    except ValueError:
        evidence = pack(memory.evidence)
        if len(evidence) > _MOST:
            raise
        return records.seal(records.MEMORY, (memory.question, zlib.compress(evidence, 1), memory.snapshot))


def _inflated(data: bytes) -> tuple[object, ...] | None:
    try:
        evidence = unpack(inflate(data, _MOST), _MOST)
    except CorruptError:
        return None
    return evidence if isinstance(evidence, tuple) else None
