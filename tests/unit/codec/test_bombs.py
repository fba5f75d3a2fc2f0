"""Bytes made to hurt: each refused, in a process of its own whose memory hardly grows."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgpack
import pytest
from support.processes import workers

from cortexrepo.codec import objects, records
from cortexrepo.codec.hashing import checksum

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1 << 20


def _frame(raw: bytes, *, length: int | None = None, payload: bytes | None = None) -> bytes:
    header = objects.MAGIC + bytes((objects.VERSION, objects.MANIFEST, objects.ZLIB))
    size = len(raw) if length is None else length
    return header + size.to_bytes(4, "big") + (zlib.compress(raw) if payload is None else payload)


def _record(body: bytes, *, length: int | None = None) -> bytes:
    header = records.MAGIC + bytes((records.VERSION, records.REF))
    data = header + (len(body) if length is None else length).to_bytes(4, "big") + body
    return data + checksum(data)


def _rows(*rows: object) -> bytes:
    packed: bytes = msgpack.packb(("apt", rows), use_bin_type=True)
    return packed


def _array(size: int) -> bytes:
    return b"\xdd" + size.to_bytes(4, "big")


ROW = ("bash", "amd64", "1", 0, ())
OTHER = ("zsh", "amd64", "1", 0, ())
NARROW = (MIB - 5) // 2
DEEP = b"\x91" * 500 + b"\xc0"
MANY_ROWS = ("apt", tuple(("a", "", "", number, ()) for number in range(90_000, 0, -1)))
BODIES = {
    "deep nesting": b"\x91" * (MIB - 1) + b"\xc0",
    "many deep nestings": _array((MIB - 5) // len(DEEP)) + DEEP * ((MIB - 5) // len(DEEP)),
    "many small arrays": _array(NARROW) + b"\x91\xc0" * NARROW,
    "many empty arrays": _array(MIB - 5) + b"\x90" * (MIB - 5),
    "a huge array that is not there": _array((1 << 32) - 1),
    "a huge string that is not there": b"\xdb\xff\xff\xff\xff",
    "huge bytes that are not there": b"\xc6\xff\xff\xff\xff",
    "a map": b"\x81\xa1a\xa1b",
    "an extension type": b"\xd4\x01\x00",
    "a moment in time": b"\xd6\xff\x00\x00\x00\x00",
    "a float": b"\xcb" + bytes(8),
    "a byte that means nothing": b"\xc1",
    "bytes behind the end": _rows(ROW) + b"\x00",
    "a string that is not text": b"\x92\xa1\xff\x90",
    "a lone surrogate": b"\x92\xa3\xed\xa0\x80\x90",
    "nothing": b"",
}
MANIFESTS = {
    "duplicate rows": _rows(ROW, ROW),
    "unsorted rows": _rows(OTHER, ROW),
    "many unsorted rows": msgpack.packb(MANY_ROWS, use_bin_type=True),
    "an integer longer than it need be": b"\x92\xa3apt\x91\x95\xa4bash\xa0\xa11\xcc\x00\x90",
    "an array longer than it need be": b"\xdc\x00\x02\xa3apt\x90",
    "a string longer than it need be": b"\x92\xd9\x03apt\x90",
    "a truth value for a number": _rows((*ROW[:3], True, ())),
    "a negative number": _rows((*ROW[:3], -1, ())),
    "a row without a name": _rows(("", *ROW[1:])),
    "unsorted attributes": _rows((*ROW[:4], (("b", ""), ("a", "")))),
    "duplicate attributes": _rows((*ROW[:4], (("a", "1"), ("a", "2")))),
    "a row that is too short": _rows(ROW[:4]),
}
OBJECTS = {
    "a zlib bomb": _frame(b"", length=MIB, payload=zlib.compress(bytes(256 * MIB), 9)),
    "a length beyond the limit": _frame(b"", length=(1 << 32) - 1, payload=zlib.compress(bytes(MIB * 64))),
    "a length that is too small": _frame(_rows(ROW), length=3),
    "a length that is too large": _frame(_rows(ROW), length=MIB),
    "bytes behind the compressed ones": _frame(_rows(ROW), payload=zlib.compress(_rows(ROW)) + b"\x00"),
    "no compressed bytes": _frame(_rows(ROW), payload=b""),
    "a cut header": _frame(_rows(ROW))[: objects.HEADER - 1],
}
CASES = (
    [pytest.param("object", data, id=f"object: {name}") for name, data in OBJECTS.items()]
    + [pytest.param("object", _frame(raw), id=f"object: {name}") for name, raw in (BODIES | MANIFESTS).items()]
    + [
        pytest.param("ref", _record(body), id=f"ref: {name}")
        for name, body in BODIES.items()
        if len(body) < records.LIMIT - 64
    ]
    + [
        pytest.param("ref", _record(b"\x91" * 400_000 + b"\xc0"), id="ref: deepest nesting"),
        pytest.param("ref", _record(_array(250_000) + b"\x91\xc0" * 250_000), id="ref: many small arrays"),
        pytest.param("ref", _record(b"\x90", length=(1 << 32) - 1), id="ref: a length beyond the limit"),
        pytest.param("ref", bytes(64 * MIB), id="ref: far too long"),
    ]
)


@pytest.mark.parametrize(("kind", "data"), CASES)
def test_hostile_bytes_are_refused_in_little_memory(kind: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "bytes"
    path.write_bytes(data)
    with workers.start("refuse", kind, str(path)) as child:
        output, errors = child.communicate()
    assert child.returncode == 0, errors
    name, growth = output.split()
    assert name == "CorruptError"
    assert int(growth) < 64 * 1024
