"""How text is drawn: everything a formatter may know of the place its lines go to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

BOLD = "1"
DIM = "2"
RED = "31"
GREEN = "32"
YELLOW = "33"
BLUE = "34"
MAGENTA = "35"
CYAN = "36"


def utc(_moment_ms: int) -> int:
    """Returns the offset of UTC from UTC: the zone of a style that was given none."""
    return 0


class Style(NamedTuple):
    """Where text goes.

    Attributes:
        width: Columns of the terminal, or None where lines are never cut and times are absolute: a pipe, a file.
        colour: Whether ANSI colours are understood.
        unicode: Whether characters outside ASCII can be shown.
        now_ms: What relative times are relative to.
        zone: Returns the local offset from UTC in seconds at a moment in milliseconds.
    """

    width: int | None = None
    colour: bool = False
    unicode: bool = True
    now_ms: int = 0
    zone: Callable[[int], int] = utc

    @property
    def arrow(self) -> str:
        """The sign between an old and a new value."""
        return "→" if self.unicode else "->"

    @property
    def ellipsis(self) -> str:
        """The sign for text that was cut off."""
        return "…" if self.unicode else "..."

    def paint(self, text: str, *codes: str) -> str:
        """Returns `text` in colours where they are understood, else unchanged."""
        if not self.colour or not codes or not text:
            return text
        return f"\x1b[{';'.join(codes)}m{text}\x1b[0m"
