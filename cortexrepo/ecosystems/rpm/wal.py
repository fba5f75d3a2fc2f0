"""sqlite's write-ahead log: the pages that a database has besides those in its file. Pure.

`Connection.deserialize` takes no log, and a copy on a disk would be a write: a collector writes nowhere. So the pages
are put in their places here, as sqlite does: frame by frame as long as salts and checksums are right, up to the last
frame that ends a transaction.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_MAGIC = 0x377F0682
"""With little endian checksums; one more means big endian ones."""
_VERSION = 3007000
_WORD = 0xFFFFFFFF
_SIZES = frozenset(1 << power for power in range(9, 17))

Sums = tuple[int, int]


class _Log(NamedTuple):
    order: str
    size: int
    salts: tuple[int, int]
    sums: Sums


def apply(image: bytearray, log: bytes, limit: int) -> None:
    """Puts what `log` holds into `image`, a database's bytes, which then is as large as the log says.

    Nothing changes where the log holds no finished transaction.

    Args:
        image: The database's file; may be empty where everything is still in the log.
        log: The log's file.
        limit: How large the database may become.

    Raises:
        ValueError: The log is not one of this database, or the database would be too large.
    """
    if not log:
        return
    head = _head(log)
    own = int.from_bytes(image[16:18])
    if image and head.size != (own if own != 1 else 1 << 16):
        raise ValueError("the log has another page size than the database")
    pages, count = _committed(log, head)
    if not count:
        return
    if count * head.size > limit:
        raise ValueError("the database would be too large with this log")
    _resize(image, count * head.size)
    for page, start in pages.items():
        if page <= count:
            image[(page - 1) * head.size : page * head.size] = log[start : start + head.size]


def _head(log: bytes) -> _Log:
    if len(log) < _HEADER.size:
        raise ValueError("the log is cut off in its header")
    magic, version, size, _, first, second, *sums = _HEADER.unpack_from(log)
    order = "<" if magic == _MAGIC else ">"
    found = _sums(log[: _HEADER.size - 8], order, (0, 0))
    if magic not in {_MAGIC, _MAGIC + 1} or version != _VERSION or size not in _SIZES or found != tuple(sums):
        raise ValueError("the header of the log is damaged")
    return _Log(order, size, (first, second), found)


def _committed(log: bytes, head: _Log) -> tuple[dict[int, int], int]:
    """Returns where the newest copy of each page is, and how many pages the database has; (_, 0) without any."""
    committed: dict[int, int] = {}
    waiting: dict[int, int] = {}
    count, sums = 0, head.sums
    for start in range(_HEADER.size, len(log) - _FRAME.size - head.size + 1, _FRAME.size + head.size):
        page, pages, first, second, *stated = _FRAME.unpack_from(log, start)
        content = start + _FRAME.size
        if (first, second) != head.salts or not page:
            break  # of an earlier round: sqlite writes from the start again and leaves the rest
        sums = _sums(log[start : start + 8], head.order, sums)
        sums = _sums(log[content : content + head.size], head.order, sums)
        if sums != tuple(stated):
            break
        waiting[page] = content
        if pages:
            committed |= waiting
            waiting, count = {}, pages
    return committed, count


def _sums(data: bytes, order: str, sums: Sums) -> Sums:
    first, second = sums
    words = iter(struct.unpack(f"{order}{len(data) // 4}I", data))
    for one, other in zip(words, words, strict=True):
        first = (first + one + second) & _WORD
        second = (second + other + first) & _WORD
    return first, second


def _resize(image: bytearray, size: int) -> None:
    if size < len(image):
        del image[size:]
    else:
        image.extend(bytes(size - len(image)))
