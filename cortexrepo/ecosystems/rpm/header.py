"""A header: how rpm describes one installed package, as bytes in its database. Pure.

It begins with two numbers, the count of its entries and the size of its data. Each entry names a tag, a type, an offset
into the data and a count of values. Every number is checked against the bytes that are there before it is used.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_LENGTHS = struct.Struct(">II")
_ENTRY = struct.Struct(">IIII")
_ENTRIES = 1 << 16
"""rpm's own bound."""
_LONGEST = 1000
"""No text that is read here may be longer, in bytes."""
_INT32, _STRING = 4, 6
_NUMBER = struct.Struct(">I")

_EPOCH = 1003
_TEXTS = {1000: "NAME", 1001: "VERSION", 1002: "RELEASE", 1011: "VENDOR", 1022: "ARCH", 5096: "MODULARITYLABEL"}


class Header(NamedTuple):
    """What a header says of a package; a text is empty where the tag is missing.

    Attributes:
        name: The package's name.
        version: `[epoch:]version-release`, as rpm prints EVR: with an epoch of 0 where the package states one.
        arch: Its architecture; empty for a public key.
        vendor: Who built it.
        label: Its module label.
        whole: Whether both version and release are there.
    """

    name: str
    version: str
    arch: str
    vendor: str
    label: str
    whole: bool


def parse(blob: bytes) -> Header:
    """Returns what a header says; raises ValueError, whose text says what is wrong with it."""
    texts = dict.fromkeys(_TEXTS.values(), "")
    epoch = ""
    data = _data(blob)
    for tag, kind, offset, count in _ENTRY.iter_unpack(blob[_LENGTHS.size : data]):
        if tag == _EPOCH:
            epoch = f"{_number(blob, data, kind, offset, count)}:"
        elif tag in _TEXTS:
            texts[_TEXTS[tag]] = _text(blob, data, _TEXTS[tag], (kind, offset, count))
    version, release = texts["VERSION"], texts["RELEASE"]
    number = f"{version}-{release}" if release else version
    return Header(
        texts["NAME"],
        epoch + number if version else "",
        texts["ARCH"],
        texts["VENDOR"],
        texts["MODULARITYLABEL"],
        bool(version and release),
    )


def _data(blob: bytes) -> int:
    """Returns where the data begins."""
    if len(blob) < _LENGTHS.size:
        raise ValueError("its first numbers are cut off")
    entries, size = _LENGTHS.unpack_from(blob)
    start = int(_LENGTHS.size + _ENTRY.size * entries)
    if not 0 < entries < _ENTRIES or start + size != len(blob):
        raise ValueError("its lengths do not match its size")
    return start


def _number(blob: bytes, data: int, kind: int, offset: int, count: int) -> int:
    if (kind, count) != (_INT32, 1) or data + offset + _NUMBER.size > len(blob):
        raise ValueError("its field EPOCH is damaged")
    return int(_NUMBER.unpack_from(blob, data + offset)[0])


def _text(blob: bytes, data: int, tag: str, entry: tuple[int, int, int]) -> str:
    kind, offset, count = entry
    if (kind, count) != (_STRING, 1) or data + offset >= len(blob):
        raise ValueError(f"its field {tag} is damaged")
    start = data + offset
    end = blob.find(b"\0", start, start + _LONGEST + 1)
    if end < 0:
        raise ValueError(f"its field {tag} has no end, or is longer than {_LONGEST} bytes")
    return blob[start:end].decode("utf-8", "replace")
