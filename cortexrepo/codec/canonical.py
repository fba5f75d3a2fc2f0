"""One way to write each value: msgpack, restricted. The only code that calls msgpack.

Values are None, bool, int (64 bit), str, bytes and sequences of these; no maps, no floats, no extension types. What
is read
is accepted only if writing it again gives the same bytes, so that no two byte strings mean the same value. Format:
https://github.com/msgpack/msgpack/blob/master/spec.md, shortest form of every integer, string and array.
"""

from __future__ import annotations

import msgpack

from cortexrepo.errors import CorruptError


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
