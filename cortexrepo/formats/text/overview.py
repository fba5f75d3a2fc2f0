"""The list of all snapshots for a pipe or a file: the lines that `listing.snapshots` gives, for very many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.formats.text.listing import about, bracketed
from cortexrepo.formats.text.moments import locals_of
from cortexrepo.formats.text.summary import column
from cortexrepo.formats.text.table import GAP, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.stretch import Stretch

VERSION = 1
"""To be raised when a line changes: lines of another version are not used again."""
ABSENT = -1

Row = tuple[str, str, str]
"""The columns that differ in width: the message, the counts, the tags."""


class Widths(NamedTuple):
    """How wide the widest cells of these columns are; `ABSENT` where no row has a text in one."""

    message: int = ABSENT
    counts: int = ABSENT
    tags: int = ABSENT

    def beside(self, other: Widths) -> Widths:
        """Returns the widths of both together."""
        return Widths(*map(max, zip(self, other, strict=True)))


class Drawing:
    """Snapshots that are being drawn: all but the padding, which depends on what is drawn beside them.

    Attributes:
        widths: What they need.
    """

    def __init__(self, stretches: Iterable[Stretch], style: Style) -> None:
        """Takes the snapshots, newest first, and a style without width and colours."""
        self._begun: list[list[str]] = []
        self._rows: list[list[Row]] = []
        for stretch in stretches:
            self._draw(stretch, style)
        rows = set().union(*self._rows)
        self.widths = Widths(*(_widest({row[column] for row in rows}) for column in range(3)))

    def _draw(self, stretch: Stretch, style: Style) -> None:
        whens = locals_of(stretch.moments, style)
        self._begun.append([f"{short}{GAP}{when}" for short, when in zip(stretch.ids, whens, strict=True)])
        known = {kind: (about(one, style), column(one), "") for kind, one in stretch.alike.items()}
        rows = [known[kind] for kind in stretch.kinds]
        for at, tags in stretch.tags.items():
            rows[at] = (*rows[at][:2], bracketed(tags))
        self._rows.append(rows)

    def text(self, widths: Widths) -> str:
        """Returns the lines, each with its end, in columns of these widths, which are at least those they need."""
        ends: dict[Row, str] = {}
        drawn: list[str] = []
        for begun, rows in zip(self._begun, self._rows, strict=True):
            for row in set(rows).difference(ends):
                ends[row] = _end(row, widths)
            drawn += [first + ends[row] for first, row in zip(begun, rows, strict=True)]
        return "".join(drawn)


def _widest(texts: set[str]) -> int:
    return max(map(columns_of, texts)) if any(texts) else ABSENT


def _end(row: Row, widths: Widths) -> str:
    cells = [
        text + " " * (width - columns_of(text)) for text, width in zip(row, widths, strict=True) if width != ABSENT
    ]
    return GAP.join(["", *cells]).rstrip(" ") + "\n"
