"""Compressed files, recognised by their first bytes: a file's name need not say how it is compressed."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable

_GZIP, _BZIP2, _XZ, _ZSTD = b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"
_LZMA = b"\x5d\0\0"
_OTHERS = {b"\x04\x22\x4d\x18": "lz4", b"\x89LZO\0": "lzop", b"\x1f\x9d": "compress", b"PK\x03\x04": "zip"}
_LONGEST = 6


class UnknownCompressionError(Exception):
    """The file is compressed in a way that no library here reads; the argument says how, or is empty."""


def opened(raw: BinaryIO, *, packed: bool) -> BinaryIO:
    """Returns a file's content: `raw` itself where it is not compressed.

    Args:
        raw: The file, at its beginning.
        packed: Whether its name says that it is compressed. Such a file is plain only if it begins with ASCII text.

    Raises:
        UnknownCompressionError: It is compressed by lz4, lzop, compress, zip, or by nothing that is known.
        ImportError: This Python lacks the library for it.
        OSError: It cannot be read.
    """
    head = raw.read(_LONGEST)
    raw.seek(0)
    for magic, way in _WAYS.items():
        if head.startswith(magic):
            return way(raw)
    for magic, name in _OTHERS.items():
        if head.startswith(magic):
            raise UnknownCompressionError(name)
    if packed and not (head.isascii() and head.decode("ascii").replace("\n", "").isprintable()):
        raise UnknownCompressionError
    return raw


def reason(error: Exception) -> str:
    """Returns why a file could not be opened or decompressed."""
    if isinstance(error, ImportError):
        return "this Python cannot decompress the file"
    if isinstance(error, UnknownCompressionError) and not error.args:
        return "the file cannot be decompressed: its content is not that of gzip, bzip2, xz, lzma or zstd"
    if isinstance(error, UnknownCompressionError):
        return f"the file is compressed by {error}, which is not read: decompress it"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return f"the file cannot be decompressed: {str(error) or type(error).__name__}"


def _gzip(raw: BinaryIO) -> BinaryIO:
    from gzip import GzipFile

    return GzipFile(fileobj=raw, mode="rb")  # type: ignore[return-value]


def _bzip2(raw: BinaryIO) -> BinaryIO:
    from bz2 import BZ2File

    return BZ2File(raw)  # type: ignore[return-value]


def _lzma(raw: BinaryIO) -> BinaryIO:
    from lzma import LZMAFile

    return LZMAFile(raw)  # type: ignore[return-value]


def _zstd(raw: BinaryIO) -> BinaryIO:
    import sys

    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd.ZstdFile(raw)  # type: ignore[return-value]


_WAYS: dict[bytes, Callable[[BinaryIO], BinaryIO]] = {
    _GZIP: _gzip,
    _BZIP2: _bzip2,
    _XZ: _lzma,
    _LZMA: _lzma,
    _ZSTD: _zstd,
}
