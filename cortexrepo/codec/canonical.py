"""One way to write each value: msgpack, restricted. The only code that calls msgpack.

Values are None, bool, int (64 bit), str, bytes and sequences of these; no maps, no floats, no extension types. What
is read
is accepted only if writing it again gives the same bytes, so that no two byte strings mean the same value. Format:
https://github.com/msgpack/msgpack/blob/master/spec.md, shortest form of every integer, string and array.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import msgpack

from cortexrepo.errors import CorruptError

if TYPE_CHECKING:
    from collections.abc import Callable

_FEW, _MANY = 0x90, {0xDC: 3, 0xDD: 5}
"""Heads of arrays: of fewer than 16 values, of more with the bytes that the head takes."""
_SMALL = 512
"""Most values take less than so many bytes."""


def pack(value: object) -> bytes:
    """Returns the one encoding of `value`.

    Raises:
        ValueError: A string holds a lone surrogate, or an integer does not fit into 64 bits.
        TypeError: The value is of a type that the format does not have.
    """
    try:
        packed: bytes = msgpack.packb(value, use_bin_type=True)
    except OverflowError as error:
        raise ValueError(str(error)) from error
    return packed


def packer() -> Callable[[object], bytes]:
    """Returns a function that packs many small values, quicker than `pack`; it is for one thread."""
    made: Callable[[object], bytes] = msgpack.Packer(use_bin_type=True).pack
    return made


def fits(value: object, *types: type) -> bool:
    """Returns whether a value that `unpack` gave is a tuple of exactly these types: a bool is no int.

    Several times as fast as a `match` on classes, which asks each class for names that these do not have.
    """
    return type(value) is tuple and tuple(map(type, value)) == types


def unpack(data: bytes, limit: int) -> object:
    """Returns the value that `data` encodes, arrays as tuples.

    Raises:
        CorruptError: It is longer than `limit`, is not msgpack, or is not the canonical encoding of its value.
    """
    if len(data) > limit:
        raise CorruptError(f"the file is damaged: its body has {len(data)} bytes, and {limit} are allowed")
    try:
        value = msgpack.unpackb(data, use_list=False, raw=False, strict_map_key=True, max_map_len=0, max_ext_len=0)
        same = pack(value) == data
    except (ValueError, TypeError, RecursionError, MemoryError) as error:
        raise CorruptError(
            f"the file is damaged: its body is not canonical msgpack ({type(error).__name__})"
        ) from error
    if not same:
        raise CorruptError("the file is damaged: its body is not in the canonical form")
    return value


def parsed(data: bytes) -> object:
    """Returns the value in bytes that `pack` made in this process; they are not checked."""
    value: object = msgpack.unpackb(data, use_list=False, raw=False)
    return value


def array_head(count: int) -> bytes:
    """Returns with which bytes the encoding of an array of so many values begins; those of the values follow."""
    if count < 1 << 4:
        return bytes((_FEW | count,))
    return b"\xdc" + count.to_bytes(2, "big") if count < 1 << 16 else b"\xdd" + count.to_bytes(4, "big")


def value_at(data: bytes, start: int) -> tuple[object, int]:
    """Returns the value whose encoding begins there, and where that ends; ValueError for no value of the format."""
    for size in (_SMALL, len(data)):
        unpacker = msgpack.Unpacker(use_list=False, max_buffer_size=size)
        unpacker.feed(data[start : start + size])
        try:
            value: object = unpacker.unpack()
        except msgpack.OutOfData:
            continue
        except RecursionError as error:
            raise ValueError("no value of the format") from error
        return value, start + unpacker.tell()
    raise ValueError("no value of the format")


def array_start(data: bytes, start: int) -> int:
    """Returns where the values of the array begin whose head is there; ValueError where none is."""
    head = data[start] if start < len(data) else 0
    if head & 0xF0 == _FEW:
        return start + 1
    if head in _MANY:
        return start + _MANY[head]
    raise ValueError("no array")


def array_parts(data: bytes) -> tuple[object, list[bytes]]:
    """Returns of an array the first value, and of the array that is its second value the encodings of the values.

    What comes before these is not checked: compare it with what `array_head` and `pack` give.

    Raises:
        ValueError: It is no such array, or has more behind its end.
    """
    unpacker = msgpack.Unpacker(use_list=False, max_buffer_size=len(data))
    unpacker.feed(data)
    try:
        unpacker.read_array_header()
        first: object = unpacker.unpack()
        count = unpacker.read_array_header()
        tell, skip = unpacker.tell, unpacker.skip
        ends = [tell()]
        for _ in range(count):
            skip()
            ends.append(tell())
    except (msgpack.OutOfData, RecursionError) as error:
        raise ValueError("no array of values") from error
    if ends[-1] != len(data):
        raise ValueError("no array of values: there is more behind it")
    return first, [data[start:end] for start, end in pairwise(ends)]
