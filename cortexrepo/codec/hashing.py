"""BLAKE3 with a domain for each kind of thing, so that bytes of one kind never pass for another.

The domains are `derive_key` contexts (BLAKE3 specification, section 2.3).
"""

from __future__ import annotations

from functools import cache

from blake3 import blake3

from cortexrepo.model.ids import ObjectId

DIGEST = 32
"""Bytes in a digest."""
CONTENT = 12
"""Bytes in the digest of a package's content: enough that nobody finds another content for one."""


def object_id(kind: str, canonical: bytes) -> ObjectId:
    """Returns the id of an object: a digest over its uncompressed canonical bytes, in the domain of its kind."""
    return ObjectId(_of_kind(kind).copy().update(canonical).hexdigest())


@cache
def _of_kind(kind: str) -> blake3:
    """Returns a hasher of a kind's domain, to copy: a history has many objects, and the domain takes a hash too."""
    return blake3(derive_key_context=f"cortexrepo 2026 v1 object {kind}")


def checksum(data: bytes | memoryview) -> bytes:
    """Returns the checksum that closes a record file."""
    return blake3(data, derive_key_context="cortexrepo 2026 v1 record").digest()


def pack_name(data: bytes) -> str:
    """Returns the name of a pack's file: a digest over all its bytes, in hexadecimal digits."""
    return blake3(data, derive_key_context="cortexrepo 2026 v1 pack").hexdigest()


def segment_name(data: bytes) -> str:
    """Returns the name of a segment's file: a digest over all its bytes, in hexadecimal digits."""
    return blake3(data, derive_key_context="cortexrepo 2026 v1 segment").hexdigest()


def machine_id(secret: bytes) -> str:
    """Returns 32 hexadecimal digits for a machine; its `/etc/machine-id`, which is confidential, stays secret."""
    return blake3(secret, derive_key_context="cortexrepo 2026 v1 machine").hexdigest()[:32]


def snapshot_key(origin: str, machine: str) -> int:
    """Returns 128 bits for a machine and the repository in which its snapshots are made, both by their ids."""
    whole = bytes.fromhex(origin) + bytes.fromhex(machine)
    return int.from_bytes(blake3(whole, derive_key_context="cortexrepo 2026 v1 snapshot").digest(length=16), "big")


def content_digest(kind: str, data: bytes) -> str:
    """Returns the digest of a package's content as a row carries it: the kind of the bytes, and 24 digits."""
    digits = blake3(data, derive_key_context="cortexrepo 2026 v1 content").hexdigest(length=CONTENT)
    return f"{kind}:{digits}"
