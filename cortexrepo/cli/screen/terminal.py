"""What the environment says of the terminal: colours, width, characters. Reads, never writes."""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

from cortexrepo.clock import now_ms
from cortexrepo.formats.text.style import Style
from cortexrepo.formats.text.table import columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

_WIDTH = 80
_COLOUR = r"\x1b\[[\d;]*m"
_UTF8 = frozenset({"utf8", "utf8sig", "u8"})


def style_of(stream: TextIO | None, color: str, environment: Mapping[str, str]) -> Style:
    """Returns how to draw on `stream`; `color` is `auto`, `always` or `never`."""
    terminal = is_terminal(stream)
    return Style(
        width=width(stream, environment) if terminal else None,
        colour=_colour(color, environment, terminal=terminal),
        unicode=_unicode(stream, environment),
        now_ms=now_ms(),
        zone=_zone,
    )


def is_terminal(stream: TextIO | None) -> bool:
    """Returns whether a person looks at `stream`; False for one that is closed or missing."""
    try:
        return stream is not None and stream.isatty()
    except (ValueError, OSError):
        return False


def width(stream: TextIO | None, environment: Mapping[str, str]) -> int:
    """Returns the columns of a terminal: $COLUMNS, else what it says itself, else 80."""
    told = environment.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told[:6]) > 0:
        return int(told[:6])
    return _size(stream)[0] or _WIDTH


def height(stream: TextIO | None) -> int:
    """Returns the lines of a terminal, 24 if it does not say."""
    return _size(stream)[1] or 24


def rows_of(lines: Iterable[str], columns: int) -> int:
    """Returns how many rows of a terminal lines take: one that is too long is broken by it."""
    return sum(-(-columns_of(re.sub(_COLOUR, "", line)) // columns) or 1 for line in lines)


def _size(stream: TextIO | None) -> tuple[int, int]:
    try:
        return os.get_terminal_size(stream.fileno()) if stream is not None else (0, 0)
    except (ValueError, OSError):
        return (0, 0)


def _colour(color: str, environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Returns whether to use colours: the option decides, then NO_COLOR, then CLICOLOR_FORCE, then the terminal."""
    if color != "auto":
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("CLICOLOR_FORCE", "0") not in {"", "0"}:
        return True
    return terminal and environment.get("TERM") != "dumb"


def _unicode(stream: TextIO | None, environment: Mapping[str, str]) -> bool:
    """Returns whether characters outside ASCII can be shown.

    Python writes UTF-8 in the C locale too; somebody who sets that locale on purpose wants ASCII all the same. Where no
    locale is set at all Python itself sets LC_CTYPE to C.UTF-8, so that this is not taken for such a wish.
    """
    locale = environment.get("LC_ALL") or environment.get("LC_CTYPE") or environment.get("LANG") or ""
    if locale in {"C", "POSIX"}:
        return False
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return encoding.lower().replace("-", "").replace("_", "") in _UTF8


def _zone(moment_ms: int) -> int:
    try:
        return time.localtime(moment_ms // 1000).tm_gmtoff
    except (OverflowError, OSError, ValueError):
        return 0
