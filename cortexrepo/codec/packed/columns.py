"""Columns of whole numbers, and of texts, as bytes: what many rows have in common compresses best column by column.

A column of numbers: the bytes that one number takes (1, 2, 4 or 8), then the lowest byte of every number, then the
next one of every number, and so on: what is by chance in them stays apart from what is not.
"""

from __future__ import annotations

import sys
from array import array
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}
_SWAPPED = sys.byteorder == "big"
_END = b"\xff"
_SIGNED = [(step >> 1) ^ -(step & 1) for step in range(256)]
"""Nearly all steps but a column's first one: they are looked up several times as fast as they are worked out."""


def encode(values: Iterable[int]) -> bytes:
    """Returns a column of numbers from 0 to 2**64 - 1."""
    found = list(values)
    width = next(width for width in _CODES if max(found, default=0) < 1 << (8 * width))
    column = array(_CODES[width], found)
    if _SWAPPED:
        column.byteswap()
    data = column.tobytes()
    return bytes((width,)) + b"".join(data[place::width] for place in range(width))


def decode(data: object, count: int) -> list[int]:
    """Returns the numbers of a column that has `count` of them; raises CorruptError for anything else."""
    return list(read(data, count))


def read(data: object, count: int) -> Sequence[int]:
    """Returns the same to go through once: narrow columns stay bytes, an eighth of what a list takes."""
    if not isinstance(data, bytes) or data[:1] not in (b"\x01", b"\x02", b"\x04", b"\x08"):
        raise CorruptError("the file is damaged: a column cannot be read")
    if len(data) != 1 + count * data[0]:
        raise CorruptError(f"the file is damaged: a column does not have {count} numbers")
    width = data[0]
    if width == 1:
        return data[1:]
    joined = bytearray(count * width)
    for place in range(width):
        joined[place::width] = data[1 + place * count : 1 + (place + 1) * count]
    column = array(_CODES[width], bytes(joined))
    if _SWAPPED:
        column.byteswap()
    return column.tolist()


def decode_below(data: object, count: int, limit: int) -> list[int]:
    """Returns the numbers of a column, which are all below `limit`: positions in a table. Raises as `decode`."""
    return list(read_below(data, count, limit))


def read_below(data: object, count: int, limit: int) -> Sequence[int]:
    """Returns the same to go through once; raises as `decode`."""
    found = read(data, count)
    if found and max(found) >= limit:
        raise CorruptError(f"the file is damaged: a number in a column is too large: it must be below {limit}")
    return found


def steps(values: Sequence[int]) -> list[int]:
    """Returns from each value how far it is from the one before, both ways made positive; the first from 0."""
    return [step << 1 if step >= 0 else (-step << 1) - 1 for step in (b - a for a, b in pairwise((0, *values)))]


def decode_walk(data: object, count: int) -> list[int]:
    """Returns the values that the steps in a column were made from; raises as `decode`."""
    found = decode(data, count)
    if not any(found):
        return found
    first, rest = found[0], found[1:]
    if max(rest, default=0) < len(_SIGNED):
        return list(accumulate(map(_SIGNED.__getitem__, rest), initial=(first >> 1) ^ -(first & 1)))
    return list(accumulate([(step >> 1) ^ -(step & 1) for step in found]))


def encode_texts(values: Iterable[str]) -> bytes:
    """Returns a column of texts: the UTF-8 bytes of each and a byte `FF`, which no UTF-8 has."""
    return b"".join([value.encode() + _END for value in values])


def decode_texts(data: object, count: int) -> list[bytes]:
    """Returns the UTF-8 bytes of the texts in a column that has `count` of them; raises CorruptError as `decode`.

    Whether they are UTF-8 is for whoever takes one to see: most are not asked for.
    """
    if not isinstance(data, bytes) or data.count(_END) != count or data[-1:] != _END[: min(count, 1)]:
        raise CorruptError(f"the file is damaged: a column does not have {count} texts")
    return data.split(_END)[:count]
