"""Evidence as bytes: what the process of a user notes and sends, and what root keeps of it.

A process that was just forked copies each page of memory that it writes to, and a stamp of bytes takes a quarter of one
of numbers. Root reads them when it asks whether anything was touched since, and not when it records a machine.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Stamp = tuple[int, ...]
    Answers = tuple[tuple[str, str], ...]
    Evidence = tuple[tuple[tuple[str, Stamp], ...], Answers, Answers, tuple[bytes, ...]]

_STAMP = struct.Struct("<QQIIqqq")
_HEAD = struct.Struct("<III")
_NOTHING = bytes(_STAMP.size)
"""The stamp of what is not there: no file has this mode."""


def packed(stamp: Stamp) -> bytes:
    """Returns a stamp as bytes; none for one with a time that no clock shows."""
    try:
        return _STAMP.pack(*stamp) if stamp else _NOTHING
    except struct.error:
        return b""


def joined(stamps: Mapping[str, bytes], resolved: Mapping[str, str], links: Mapping[str, str]) -> bytes:
    """Returns all of what was noted as bytes; none where a path or a time cannot be kept."""
    pairs = [text for answers in (resolved, links) for pair in answers.items() for text in pair]
    try:
        texts = "\0".join((*stamps, *pairs)).encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return b""
    if not all(stamps.values()) or texts.count(b"\0") + 1 != len(stamps) + len(pairs):
        return b""
    return b"".join((_HEAD.pack(len(stamps), len(resolved), len(links)), *stamps.values(), texts))


def newest(data: bytes) -> int:
    """Returns the latest time in stamped notes, in nanoseconds since 1970; raises ValueError for anything else."""
    stamps, _ = _parts(data)
    return max((stamp[-1] for stamp in _STAMP.iter_unpack(stamps)), default=0)


def evidence(data: bytes) -> Evidence:
    """Returns stamped notes as evidence; raises ValueError for anything else."""
    stamps, (count, resolved, links) = _parts(data)
    texts = data[_HEAD.size + len(stamps) :].decode("utf-8", "surrogateescape").split("\0")
    if len(texts) != count + 2 * (resolved + links):
        raise ValueError("the evidence is damaged")
    found: list[Stamp] = [() if not stamp[2] else stamp for stamp in _STAMP.iter_unpack(stamps)]
    pairs = list(zip(texts[count::2], texts[count + 1 :: 2], strict=True))
    return tuple(zip(texts, found, strict=False)), tuple(pairs[:resolved]), tuple(pairs[resolved:]), ()


def _parts(data: bytes) -> tuple[bytes, tuple[int, int, int]]:
    """Returns the stamps, and how many there are of everything."""
    if len(data) < _HEAD.size:
        raise ValueError("the evidence is damaged")
    count, resolved, links = _HEAD.unpack_from(data)
    end = _HEAD.size + count * _STAMP.size
    if not count or end >= len(data):
        raise ValueError("the evidence is damaged")
    return data[_HEAD.size : end], (count, resolved, links)
