"""Bytes made to hurt: each refused, in a process of its own whose memory hardly grows."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import msgpack
import pytest
from support.processes import workers

from cortexrepo.codec import canonical, objects, records, refs
from cortexrepo.codec.hashing import checksum

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MIB = 1 << 20
DEEP = b"\x91" * 500 + b"\xc0"


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
MANY_ROWS = ("apt", tuple(("a", "", "", number, ()) for number in range(90_000, 0, -1)))
LARGE = objects.TABLE.row
"""A body that is longer is read row by row."""
WIDE = LARGE // 2 - 10


def _filled(limit: int, row: bytes, fields: bytes = b"\x92\xa3apt", behind: bytes = b"") -> bytes:
    """Returns a body of almost `limit` bytes, with a list of as many of these rows as there is room for."""
    count = (limit - 200) // len(row)
    return fields + _array(count) + row * count + behind


ROWS = {
    "rows of small arrays": _array(WIDE) + b"\x91\xc0" * WIDE,
    "rows of empty arrays": _array(LARGE - 9) + b"\x90" * (LARGE - 9),
    "rows of numbers": _array((LARGE - 9) // 3) + b"\xcd\x03\xe8" * ((LARGE - 9) // 3),
    "rows of deep nestings": _array((LARGE - 9) // len(DEEP)) + DEEP * ((LARGE - 9) // len(DEEP)),
    "rows that are nothing": b"\xc0",
    "rows that are too long": b"\xc6" + LARGE.to_bytes(4, "big") + bytes(LARGE),
}
"""What costs a reader as much as can be, again and again as far as there is room."""
VALUES = _array(4_000_000) + b"\xc0" * 4_000_000


def _most(packages: int, last: int) -> bytes:
    """Returns as many packages with as many attributes as are allowed; the last one's number is `last`."""
    each = objects.TABLE.pairs // objects.TABLE.rows
    rows = [
        (f"{number:06}", "a", f"b{number}", 0, tuple((f"{index:03}", f"{number}") for index in range(each)))
        for number in range(packages)
    ]
    return canonical.pack(("apt", (*rows[:-1], (*rows[-1][:3], last, rows[-1][4]))))


REF = b"\x9c" + b"\xc0" * refs.TABLE.place, b"\xc0" * (refs.TABLE.fields - refs.TABLE.place - 1)
ATTRIBUTES = canonical.pack(("a", "", "", 0, tuple((f"{number:05}", "") for number in range(LARGE // 8 - 10))))
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
BOUND = 64
"""So many MiB more a process may have had while it refused these."""
ALLOWED = 192
"""Of a body in which only the last of very many rows is wrong: as many MiB as of one that is right.

A manifest of as many packages with as many attributes as are allowed takes 170 MiB while it is read."""
CASES = (
    [pytest.param("object", data, BOUND, id=f"object: {name}") for name, data in OBJECTS.items()]
    + [pytest.param("object", _frame(raw), BOUND, id=f"object: {name}") for name, raw in (BODIES | MANIFESTS).items()]
    + [pytest.param("ref", _record(body), BOUND, id=f"ref: {name}") for name, body in BODIES.items()]
    + [
        pytest.param("ref", _record(b"\x91" * 400_000 + b"\xc0"), BOUND, id="ref: deepest nesting"),
        pytest.param("ref", _record(_array(250_000) + b"\x91\xc0" * 250_000), BOUND, id="ref: fewer small arrays"),
        pytest.param("ref", _record(b"\x90", length=(1 << 32) - 1), BOUND, id="ref: a length beyond the limit"),
        pytest.param("ref", bytes(64 * MIB), BOUND, id="ref: far too long"),
        pytest.param("ref", _record(VALUES), BOUND, id="ref: too many values"),
        pytest.param("object", _frame(VALUES), BOUND, id="object: too many values"),
    ]
)


@pytest.mark.parametrize(("kind", "data", "bound"), CASES)
def test_hostile_bytes_are_refused_in_little_memory(kind: str, data: bytes, bound: int, tmp_path: Path) -> None:
    _refuse(kind, data, bound, tmp_path / "bytes")


@pytest.mark.parametrize("name", ROWS)
def test_no_more_than_one_hostile_row_is_in_memory(name: str, tmp_path: Path) -> None:
    _refuse("object", _frame(_filled(objects.RAW_LIMIT, ROWS[name])), BOUND, tmp_path / "bytes")
    _refuse("ref", _record(_filled(refs.LIMIT - 100, ROWS[name], *REF)), BOUND, tmp_path / "bytes")


@pytest.mark.parametrize(
    "body",
    [lambda: _filled(objects.RAW_LIMIT, ATTRIBUTES), lambda: _most(objects.TABLE.rows, last=-1)],
    ids=["rows of many attributes", "as many rows as there may be"],
)
def test_who_fills_the_limits_gets_no_more_than_who_keeps_them(body: Callable[[], bytes], tmp_path: Path) -> None:
    _refuse("object", _frame(body()), ALLOWED, tmp_path / "bytes")


def _refuse(kind: str, data: bytes, bound: int, path: Path) -> None:
    path.write_bytes(data)
    with workers.start("refuse", kind, str(path)) as child:
        output, errors = child.communicate()
    assert child.returncode == 0, errors
    name, growth = output.split()
    assert name == "CorruptError"
    assert int(growth) < bound * 1024
