"""Zstandard (RFC 8878), from the standard library where that has it. Loaded by whoever needs what is packed."""

from __future__ import annotations

import sys

from cortexrepo.errors import CorruptError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_LEVEL, _WINDOW, _TABLES = 19, 24, 20
"""The window covers a whole pack, 2**24 bytes: what is the same in ten years of manifests is stored once. Tables of
2**20 entries find as much in that as the level's own, in two fifths of the time and without another 60 MiB."""


def compress(data: bytes) -> bytes:
    """Returns one frame that says how long its content is."""
    parameter = zstd.CompressionParameter
    options: dict[int, int] = {
        parameter.compression_level: _LEVEL,
        parameter.window_log: _WINDOW,
        parameter.chain_log: _TABLES,
        parameter.hash_log: _TABLES,
        parameter.enable_long_distance_matching: 1,
        parameter.checksum_flag: 0,
    }
    return zstd.compress(data, options=options)


def decompress(data: bytes, length: int) -> bytes:
    """Returns a frame's content, which must be `length` bytes; no more than that is ever written.

    Raises:
        CorruptError: It is torn or changed, has another length, needs a larger window, or has bytes behind its end.
    """
    stream = zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: _WINDOW})
    try:
        content = stream.decompress(data, length + 1)
        if not stream.eof and len(content) == length:
            # What is left may be the end of the frame, which has no content.
            content += stream.decompress(b"", 1)
    except zstd.ZstdError as error:
        raise CorruptError(f"the file is damaged: it cannot be decompressed ({error})") from error
    if len(content) != length or not stream.eof or stream.unused_data:
        raise CorruptError("the file is damaged: it is cut short, or longer than its header says")
    return content


def measure(data: bytes | memoryview) -> tuple[int, int]:
    """Returns how many bytes the frame takes that begins here, and how many its content has, as the frame says.

    Raises CorruptError where no whole frame begins here, or one that does not say how long its content is.
    """
    try:
        packed, length = zstd.get_frame_size(data), zstd.get_frame_info(data).decompressed_size
    except zstd.ZstdError as error:
        raise CorruptError(f"the file is damaged: it cannot be decompressed ({error})") from error
    if length is None:
        raise CorruptError("the file is damaged: a frame does not say how long its content is")
    return packed, length
