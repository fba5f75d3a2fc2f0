"""Packs that are made: which object goes into which block."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec.canonical import pack
from cortexrepo.codec.hashing import pack_name
from cortexrepo.codec.objects import MANIFEST, RAW_LIMIT
from cortexrepo.codec.packed import blocks, packs
from cortexrepo.codec.packed.changes import Changes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cortexrepo.codec.packed.blocks import Block, Content
    from cortexrepo.model.ids import ObjectId

_WHOLE_FULL = 1 << 20
"""A block of whole objects is full with so many bytes."""


class Packed(NamedTuple):
    """A pack ready to be stored: its name, its file, and the ids of its objects."""

    name: str
    data: bytes
    ids: tuple[ObjectId, ...]


class Writer:
    """A pack that is being made. What is alike should come one behind the other."""

    def __init__(self) -> None:
        """Begins a pack."""
        self._head: list[Block] = []
        self._data: list[bytes] = []
        self._ids: list[ObjectId] = []
        self._size = self._count = 0
        self._changes = Changes()
        self._changed: list[ObjectId] = []
        self._whole: list[tuple[ObjectId, Content]] = []

    def __len__(self) -> int:
        """Returns how many objects it has."""
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether it takes no more."""
        return self._count == packs.COUNT_LIMIT or self._size >= packs.FULL

    def add(self, identity: ObjectId, content: Content) -> None:
        """Takes an object of that id; ValueError beyond the limits."""
        if self.is_full or len(content.raw) > RAW_LIMIT:
            raise ValueError("more than a pack may hold")
        self._count += 1
        if content.type != MANIFEST or not self._take(identity, content.raw):
            self._whole.append((identity, content))
            if len(self._whole) == blocks.COUNT_LIMIT or sum(len(one.raw) for _, one in self._whole) >= _WHOLE_FULL:
                self._close_whole()

    def finish(self) -> Packed:
        """Returns the pack; nothing may be added afterwards."""
        self._close_changes()
        self._close_whole()
        beginnings = b"".join(bytes.fromhex(identity[: 2 * packs.BEGINNING]) for identity in self._ids)
        data = b"".join((front(self._head, beginnings), *self._data))
        return Packed(pack_name(data), data, tuple(self._ids))

    def _take(self, identity: ObjectId, raw: bytes) -> bool:
        """Takes a manifest as changes; False for one that no block has room for, or that is none."""
        try:
            if not self._changes.add(raw):
                self._close_changes()
                if not self._changes.add(raw):
                    return False
        except ValueError:
            return False
        self._changed.append(identity)
        return True

    def _close_changes(self) -> None:
        if self._changed:
            self._close(blocks.encode_changes(self._changes), self._changed)
            self._changes, self._changed = Changes(), []

    def _close_whole(self) -> None:
        if self._whole:
            ids, contents = zip(*self._whole, strict=True)
            self._close(blocks.encode_whole(contents), ids)
            self._whole = []

    def _close(self, encoded: tuple[Block, bytes], ids: Sequence[ObjectId]) -> None:
        block, data = encoded
        self._head.append(block)
        self._data.append(data)
        self._size += len(data)
        self._ids += ids


def front(found: Sequence[Block], beginnings: bytes) -> bytes:
    """Returns a pack's file up to its first frame, from its blocks and the beginnings of its objects' ids."""
    rows = [(kind, count, list(chain.from_iterable(frames))) for kind, count, frames in found]
    head = pack((rows, beginnings))
    return packs.MAGIC + bytes((packs.VERSION, packs.ZSTD)) + len(head).to_bytes(4, "big") + head


def encode(contents: Iterable[Content]) -> Packed:
    """Returns the pack of these objects; ValueError beyond the limits."""
    writer = Writer()
    for content in contents:
        writer.add(packs.identify(content), content)
    return writer.finish()
