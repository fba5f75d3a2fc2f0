"""Rows whose text must not be cut: on a terminal that is too narrow they are broken into several lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.table import GAP, Cell, align, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.formats.text.style import Style

_FURTHER = "  "
"""What the further lines of a row are indented by."""
_WIDEST = 2
"""A character takes so many columns at most: an indent leaves room for one."""


def wrapped(rows: Sequence[Sequence[Cell]], style: Style, *, dropped: Sequence[int], indent: str) -> list[list[str]]:
    """Returns the lines of each row: one line in columns, if all rows fit so, else as many as it needs.

    Args:
        rows: Rows of equally many cells.
        style: Where the lines go.
        dropped: The columns that are left out where the rows do not fit, the first one first.
        indent: What every row begins with.
    """
    width = style.width
    for count in range(len(dropped) + 1):
        left = [[cell for at, cell in enumerate(row) if at not in dropped[:count]] for row in rows]
        if width is None or _fit(left, width - len(indent)):
            return [[line] for line in align(left, style, indent=indent)]
    assert width is not None
    without = [[cell for at, cell in enumerate(row) if at not in dropped] for row in rows]
    return [list(_broken(row, style, width, indent)) for row in without]


def _fit(rows: Sequence[Sequence[Cell]], room: int) -> bool:
    widths = [max(columns_of(cell.text) for cell in column) for column in zip(*rows, strict=True)]
    filled = [width for width in widths if width]
    return sum(filled) + len(GAP) * (len(filled) - 1) <= room


def _broken(row: Sequence[Cell], style: Style, width: int, indent: str) -> Iterator[str]:
    """Yields lines of at most `width` columns with all of a row's text; a cell begins a line where it does not fit."""
    begin, drawn, used = indent[: max(width - _WIDEST, 0)], "", 0
    for cell in row:
        rest = cell.text
        while rest:
            gap = GAP if used else ""
            room = width - len(begin) - used - len(gap)
            piece = rest if columns_of(rest) <= room else "" if used else _piece(rest, room, style.arrow)
            if piece:
                drawn += gap + style.paint(piece, *cell.codes)
                used += len(gap) + columns_of(piece)
                rest = rest[len(piece) :].lstrip(" ")
            if rest:
                yield begin + drawn
                begin, drawn, used = (indent + _FURTHER)[: max(width - _WIDEST, 0)], "", 0
    if used:
        yield begin + drawn


def _piece(text: str, room: int, arrow: str) -> str:
    """Returns the beginning of a text that fits, up to an arrow or a blank if there is one; a character at least."""
    end, used = 0, 0
    while end < len(text) and (used := used + columns_of(text[end])) <= room:
        end += 1
    after = text.rfind(f"{arrow} ", 0, end)
    blank = after + len(arrow) if after >= 0 else text.rfind(" ", 0, end + 1)
    return text[: blank if blank > 0 else max(end, 1)]
