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
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    return _canonical(data, limit, _unpacked)


class Table(NamedTuple):
    """An array that is long at one place: what a reader accepts, so that it needs little memory for what is not one.

    A row is an array of values and of lists of pairs of values.

    Attributes:
        limit: The whole may have so many bytes.
        fields: The array has so many values.
        place: The position of the rows among these.
        rows: At most so many.
        width: A row has so many values.
        row: Each row, and each other value, has at most so many bytes.
        pairs: All rows together have at most so many pairs.
    """

    limit: int
    fields: int
    place: int
    rows: int
    width: int
    row: int
    pairs: int


def unpack_table(data: bytes, table: Table) -> object:
    """Returns the array that `data` encodes, arrays as tuples; raises as `unpack`."""
    if len(data) <= table.row:
        return unpack(data, table.row)
    return _canonical(data, table.limit, lambda whole: _rows(whole, table))


def _canonical(data: bytes, limit: int, read: Callable[[bytes], object]) -> object:
    if len(data) > limit:
        raise CorruptError(f"the file is damaged: its body has {len(data)} bytes, and {limit} are allowed")
    try:
        value = read(data)
        same = pack(value) == data
    except (ValueError, TypeError, RecursionError, MemoryError, msgpack.UnpackException) as error:
        raise CorruptError(
            f"the file is damaged: its body is not canonical msgpack ({type(error).__name__})"
        ) from error
    if not same:
        raise CorruptError("the file is damaged: its body is not in the canonical form")
    return value


def _unpacked(data: bytes) -> object:
    return msgpack.unpackb(data, use_list=False, raw=False, strict_map_key=True, max_map_len=0, max_ext_len=0)


def _rows(data: bytes, table: Table) -> object:
    """Returns the array row by row: no row is decoded before it is known to be short, none is kept that is not flat."""
    unpacker = msgpack.Unpacker(max_buffer_size=table.limit)
    unpacker.feed(data)
    if unpacker.read_array_header() != table.fields:
        raise CorruptError(f"the file is damaged: its body has another number of values than {table.fields}")
    return tuple(
        tuple(_flat_rows(data, unpacker, table)) if place == table.place else _one(data, unpacker, table.row)
        for place in range(table.fields)
    )


def _flat_rows(data: bytes, unpacker: msgpack.Unpacker, table: Table) -> Iterator[object]:
    count: int = unpacker.read_array_header()
    if count > table.rows:
        raise CorruptError(f"the file is damaged: it has {count} rows, and {table.rows} are allowed")
    found = 0
    for _ in range(count):
        row = _one(data, unpacker, table.row)
        found += _pairs(row, table.width)
        if found > table.pairs:
            raise CorruptError(f"the file is damaged: its rows have more than {table.pairs} pairs together")
        yield row


def _pairs(row: object, width: int) -> int:
    """Returns how many pairs are in a row; raises CorruptError for one that is not flat."""
    if type(row) is not tuple or len(row) != width:
        raise CorruptError(f"the file is damaged: one of its rows is not an array of {width} values")
    found = 0
    for value in row:
        if type(value) is tuple and value:
            if not all(type(pair) is tuple and len(pair) == 2 and tuple not in map(type, pair) for pair in value):  # noqa: PLR2004 -- a pair
                raise CorruptError("the file is damaged: one of its rows has a list of other things than pairs")
            found += len(value)
    return found


def _one(data: bytes, unpacker: msgpack.Unpacker, limit: int) -> object:
    start = unpacker.tell()
    unpacker.skip()
    end = unpacker.tell()
    if end - start > limit:
        raise CorruptError(f"the file is damaged: a row has {end - start} bytes, and {limit} are allowed")
    return _unpacked(data[start:end])


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


def values_from(data: bytes, start: int) -> list[bytes]:
    """Returns the encodings of the values that follow one another from there to the end, which are not checked.

    Raises:
        ValueError: The last one is cut short, or something there is no value of msgpack.
    """
    unpacker = msgpack.Unpacker(max_buffer_size=max(len(data), 1))
    unpacker.feed(data[start:])
    tell, skip, end = unpacker.tell, unpacker.skip, len(data) - start
    ends = [0]
    try:
        while ends[-1] < end:
            skip()
            ends.append(tell())
    except (msgpack.OutOfData, RecursionError) as error:
        raise ValueError("no values one behind the other") from error
    return [data[start + begin : start + stop] for begin, stop in pairwise(ends)]
