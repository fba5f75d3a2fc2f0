"""Columns of parts 6 and 7 of docs/format.md."""

from itertools import accumulate

from reader.values import DamagedError, need


def numbers(column: bytes, count: int) -> list[int]:
    """The numbers of a column that must have that many."""
    need(column[:1] in (b"\1", b"\2", b"\4", b"\x08"), "no width")
    width = column[0]
    need(len(column) == 1 + count * width, "a column of another length")
    planes = [column[1 + plane * count : 1 + (plane + 1) * count] for plane in range(width)]
    return [int.from_bytes(bytes(each), "little") for each in zip(*planes, strict=True)]


def counted(column: bytes) -> int:
    """How many numbers a column has."""
    need(column[:1] in (b"\1", b"\2", b"\4", b"\x08"), "no width")
    need((len(column) - 1) % column[0] == 0, "a column of another length")
    return (len(column) - 1) // column[0]


def steps(column: bytes, count: int) -> list[int]:
    """The numbers of a column of differences."""
    found = list(accumulate(each // 2 if each % 2 == 0 else -(each + 1) // 2 for each in numbers(column, count)))
    need(all(each >= 0 for each in found), "a step below 0")
    return found


def texts(column: bytes) -> list[bytes]:
    """The UTF-8 bytes of the texts of a column, each with FF behind it."""
    need(not column or column[-1] == 0xFF, "a text without its end")
    return column.split(b"\xff")[:-1]


def decoded(text: bytes) -> str:
    """A text of a column: what is before one that is no UTF-8 can be read all the same."""
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise DamagedError("no UTF-8") from error
