"""Columns that line up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.formats.text.style import Style

GAP = "  "
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


def align(rows: Sequence[Sequence[Cell]], style: Style, *, flexible: int | None = None, indent: str = "") -> list[str]:
    """Returns one line a row, columns padded to their widest cell, trailing blanks removed.

    On a terminal no line is longer than its width: the column `flexible` gives way first, down to eight columns, then
    the end of the line.

    Args:
        rows: Rows of equally many cells.
        style: Where the lines go.
        flexible: The column that is cut first, or None.
        indent: What every line begins with.
    """
    if not rows:
        return []
    if style.width is None and not style.colour:
        return _plain([[cell.text for cell in row] for row in rows], indent)
    widths = [max(columns_of(row[index].text) for row in rows) for index in range(len(rows[0]))]
    if style.width is not None and flexible is not None:
        total = len(indent) + sum(widths) + len(GAP) * sum(1 for width in widths[:-1] if width)
        spare = max(total - style.width, 0)
        widths[flexible] = max(min(_LEAST, widths[flexible]), widths[flexible] - spare)
    return [_line(row, widths, style, indent) for row in rows]


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


def _plain(rows: Sequence[Sequence[str]], indent: str) -> list[str]:
    """Returns what `align` does where nothing is cut or coloured; fast, for what goes into a pipe may be very long."""
    columns = [_padded(column) for column in zip(*rows, strict=True)]
    filled = [column for column in columns if column is not None]
    return [(indent + GAP.join(cells)).rstrip(" ") for cells in zip(*filled, strict=True)] or [indent] * len(rows)


def _padded(column: Sequence[str]) -> list[str] | None:
    if not any(column):
        return None
    texts = set(column)
    widths = {text: columns_of(text) for text in texts}
    widest = max(widths.values())
    padded = {text: text + " " * (widest - width) for text, width in widths.items()}
    return [padded[text] for text in column]
