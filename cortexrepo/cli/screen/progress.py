"""How far a long command has come, on a terminal: one line that is written over, and gone in the end."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Self

from cortexrepo.cli.screen.terminal import is_terminal

if TYPE_CHECKING:
    from types import TracebackType

_PAUSE = 0.1
_CLEAR = "\r\x1b[K"


class ProgressLine:
    """Called with (what, done, of how many) it shows that on standard error, ten times a second at most."""

    def __init__(self) -> None:
        """Looks whether anybody is watching; if not, nothing is ever written."""
        self._watched = is_terminal(sys.stderr)
        self._next = time.monotonic() + _PAUSE
        self._shown = False

    def __call__(self, what: str, done: int, count: int) -> None:
        """Shows a step, if it is time."""
        if not self._watched or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + _PAUSE
        self._write(f"{_CLEAR}{what}: {done} of {count}" if count else f"{_CLEAR}{what}")
        self._shown = True

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Clears the line."""
        if self._shown:
            self._write(_CLEAR)

    def _write(self, text: str) -> None:
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            # Whoever watched has gone; the work goes on.
            self._watched = False
