"""Columns that line up."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cortexrepo.formats.text.style import Style

GAP = "  "
AT_ONCE = 4096
"""So many rows of a long table are drawn at a time."""
_LEAST = 8
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")


class Cell(NamedTuple):
    """A text, already escaped, and the colours it is drawn in."""

    text: str
    codes: tuple[str, ...] = ()


def columns_of(text: str) -> int:
    """Returns how many columns a terminal needs for `text`: wide characters take two, combining marks none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    total = 0
    for character in text:
        if not combining(character) and character not in _JOINERS:
            total += 2 if east_asian_width(character) in "WF" else 1
    return total


def cut(text: str, width: int, style: Style) -> str:
    """Returns `text` in at most `width` columns, ending in an ellipsis where something was cut off."""
    if columns_of(text) <= width:
        return text
    mark = style.ellipsis if width >= len(style.ellipsis) else ""
    room = width - len(mark)
    used = 0
    for index, character in enumerate(text):
        used += columns_of(character)
        if used > room:
            return text[:index].rstrip() + mark
    return text


def align(
    rows: Sequence[Sequence[Cell]],
    style: Style,
    *,
    flexible: Sequence[int] = (),
    dropped: Sequence[int] = (),
    indent: str = "",
    least: Sequence[int] = (),
) -> list[str]:
    """Returns one line a row, columns padded to their widest cell, trailing blanks removed.

    On a terminal no line is longer than its width: first the columns `dropped` are left out, then the columns
    `flexible` give way one after the other, down to eight columns, then the end of the line is cut.

    Args:
        rows: Rows of equally many cells.
        style: Where the lines go.
        flexible: The columns that are cut, the first one first.
        dropped: The columns that can be left out, the first one first.
        indent: What every line begins with.
        least: How wide each column is at least; empty for as wide as these rows need.
    """
    if not rows:
        return []
    least = least or (0,) * len(rows[0])
    if style.width is None and not style.colour:
        return _plain([[cell.text for cell in row] for row in rows], indent, least)
    widths = _widths(rows, least)
    if style.width is not None:
        _fit(widths, style.width - len(indent), flexible, dropped)
    return [_line(row, widths, style, indent) for row in rows]


def streamed(rows: Callable[[], Iterator[Sequence[Cell]]], style: Style) -> Iterator[str]:
    """Yields what `align` returns, of rows that may be too many to be held at once: then they are made twice."""
    few = list(islice(rows(), AT_ONCE + 1))
    if len(few) <= AT_ONCE:
        yield from align(few, style)
        return
    widths = [0] * len(few[0])
    del few
    for some in _some(rows()):
        widths = _widths(some, widths)
    for some in _some(rows()):
        yield from align(some, style, least=widths)


def _some(rows: Iterator[Sequence[Cell]]) -> Iterator[list[Sequence[Cell]]]:
    while some := list(islice(rows, AT_ONCE)):
        yield some


def _widths(rows: Sequence[Sequence[Cell]], least: Sequence[int]) -> list[int]:
    return [
        max(width, *(columns_of(text) for text in {row[index].text for row in rows}))
        for index, width in enumerate(least)
    ]


def _fit(widths: list[int], room: int, flexible: Sequence[int], dropped: Sequence[int]) -> None:
    """Makes columns narrower until a line fits into `room`, as far as these columns may give way."""
    for index in dropped:
        if _total(widths) > room:
            widths[index] = 0
    for index in flexible:
        spare = max(_total(widths) - room, 0)
        widths[index] = max(min(_LEAST, widths[index]), widths[index] - spare)


def _total(widths: Sequence[int]) -> int:
    filled = [width for width in widths if width]
    return sum(filled) + len(GAP) * (len(filled) - 1)


def _line(row: Sequence[Cell], widths: Sequence[int], style: Style, indent: str) -> str:
    drawn, pending = indent[: style.width], ""
    room = style.width - len(indent) if style.width is not None else None
    for cell, width in zip(row, widths, strict=True):
        if not width:
            continue
        text = cut(cell.text, width, style) if style.width is not None else cell.text
        if room is not None:
            text = cut(text, max(room - len(pending), 0), style)
            room -= len(pending) + columns_of(text) if text else 0
        if text:
            drawn += pending + style.paint(text, *cell.codes)
            pending = ""
        pending += " " * (width - columns_of(text)) + GAP
    return drawn


def _plain(rows: Sequence[Sequence[str]], indent: str, least: Sequence[int]) -> list[str]:
    """Returns what `align` does where nothing is cut or coloured; fast, for what goes into a pipe may be very long."""
    columns = [_padded(column, width) for column, width in zip(zip(*rows, strict=True), least, strict=True)]
    filled = [column for column in columns if column is not None]
    return [(indent + GAP.join(cells)).rstrip(" ") for cells in zip(*filled, strict=True)] or [indent] * len(rows)


def _padded(column: Sequence[str], least: int) -> list[str] | None:
    if not least and not any(column):
        return None
    texts = set(column)
    widths = {text: columns_of(text) for text in texts}
    widest = max(least, *widths.values())
    padded = {text: text + " " * (widest - width) for text, width in widths.items()}
    return [padded[text] for text in column]
