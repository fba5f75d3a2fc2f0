"""Values of part 1 of docs/format.md: digests, canonical msgpack, and the types of fields."""

from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias, TypeVar

import msgpack
from blake3 import blake3

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Extensions: TypeAlias = tuple[tuple[str, bytes], ...]
T = TypeVar("T")

KIB = 1 << 10
MIB = 1 << 20
LARGEST = (1 << 64) - 1
LATEST = (1 << 44) - 1


class DamagedError(Exception):
    """The file holds something else than the page says."""


class NewerError(Exception):
    """The file is of a later version."""


def need(holds: bool, what: str) -> None:  # noqa: FBT001
    """Refuses as damaged where a sentence of the page does not hold."""
    if not holds:
        raise DamagedError(what)


def digest(what: str, data: bytes, length: int = 32) -> bytes:
    return blake3(data, derive_key_context=f"cortexrepo 2026 v1 {what}").digest(length)


def packed(value: object) -> bytes:
    made: bytes = msgpack.packb(value, use_bin_type=True)
    return made


def unpacked(data: bytes) -> object:
    """The value of canonical msgpack."""
    try:
        value: object = msgpack.unpackb(data, raw=False, strict_map_key=False)
        need(plain(value), "a map, float or extension type")
        need(packed(value) == data, "not canonical")
    except (ValueError, RecursionError, msgpack.UnpackException, OverflowError, TypeError) as error:
        raise DamagedError(f"no msgpack: {error}") from error
    return value


def encodings(data: bytes) -> list[bytes]:
    """The bytes of each of the values of msgpack that follow one another, with nothing behind them."""
    unpacker = msgpack.Unpacker(max_buffer_size=len(data) + 1)
    unpacker.feed(data)
    ends = [0]
    try:
        while ends[-1] < len(data):
            unpacker.skip()
            ends.append(unpacker.tell())
    except (ValueError, RecursionError, msgpack.UnpackException) as error:
        raise DamagedError(f"no msgpack: {error}") from error
    return [data[start:end] for start, end in pairwise(ends)]


def array_head(length: int) -> bytes:
    """The bytes before the values of an array of that length."""
    made: bytes = msgpack.Packer().pack_array_header(length)
    return made


def plain(value: object) -> bool:
    if isinstance(value, list):
        return all(plain(each) for each in value)
    return value is None or isinstance(value, bool | int | str | bytes)


def array(value: object, length: int | None = None) -> list[object]:
    if not isinstance(value, list):
        raise DamagedError("no array")
    need(length is None or len(value) == length, "an array of another length")
    return value


def text(value: object) -> str:
    if not isinstance(value, str):
        raise DamagedError("no string")
    return value


def octets(value: object, length: int | None = None) -> bytes:
    if not isinstance(value, bytes):
        raise DamagedError("no byte string")
    need(length is None or len(value) == length, "a byte string of another length")
    return value


def number(value: object, largest: int = LARGEST) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise DamagedError("no integer")
    need(0 <= value <= largest, "an integer out of its range")
    return value


def moment(value: object) -> int:
    return number(value, LATEST)


def pairs(value: object, of: Callable[[object], T]) -> tuple[tuple[str, T], ...]:
    found = []
    for pair in array(value):
        key, what = array(pair, 2)
        found.append((text(key), of(what)))
    ascending([key.encode() for key, _ in found])
    return tuple(found)


def texts(value: object) -> Pairs:
    return pairs(value, text)


def extensions(value: object) -> Extensions:
    return pairs(value, octets)


def required(value: object) -> None:
    """Version 1 has no required feature: any name is one of a later version."""
    if names(value):
        raise NewerError("a required feature")


def names(value: object) -> tuple[str, ...]:
    found = tuple(text(name) for name in array(value))
    ascending([name.encode() for name in found])
    return found


def ascending(keys: list[T]) -> None:
    """Refuses keys that are not sorted, or not each there once."""
    for before, after in pairwise(keys):
        need(before < after, "not sorted, or twice")  # type: ignore[operator]
