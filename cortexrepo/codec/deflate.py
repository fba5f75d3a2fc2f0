"""Deflate streams (RFC 1950): never more than is expected is taken out of one."""

from __future__ import annotations

import zlib

from cortexrepo.errors import CorruptError


def inflate(payload: bytes, length: int) -> bytes:
    """Returns a stream's content, of which at most one byte more than `length` is ever made.

    Raises:
        CorruptError: It cannot be decompressed, is cut short, has bytes behind its end, or a longer content.
    """
    stream = zlib.decompressobj()
    try:
        raw = stream.decompress(payload, length + 1)
    except zlib.error as error:
        raise CorruptError(f"the file is damaged: it cannot be decompressed ({error})") from error
    if not stream.eof or stream.unused_data:
        raise CorruptError("the file is damaged: it is cut short, or has bytes after its end")
    return raw
