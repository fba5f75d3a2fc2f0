"""Ids as types: an `ObjectId` is never mistaken for a `SnapshotId`."""

from __future__ import annotations

from typing import NewType

ObjectId = NewType("ObjectId", str)
"""64 lower-case hexadecimal digits: BLAKE3 over an object's canonical bytes."""

SnapshotId = NewType("SnapshotId", str)
"""32 lower-case hexadecimal digits, random."""

HEX = frozenset("0123456789abcdef")


def is_hex(text: str, length: int) -> bool:
    """Returns whether `text` is exactly `length` lower-case hexadecimal digits."""
    return len(text) == length and HEX.issuperset(text)
