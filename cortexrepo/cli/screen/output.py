"""The only place that writes: results to standard output, everything else to standard error.

A reader that goes away is not an error: what it did not want is dropped, and the command ends as it would have.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from cortexrepo.cli.screen.terminal import height, is_terminal, rows_of, style_of
from cortexrepo.errors import OutputError
from cortexrepo.formats.text.escape import escape, to_ascii
from cortexrepo.formats.text.style import BOLD, RED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import BinaryIO, TextIO

    from cortexrepo.formats.json.document import Document


class Output:
    """Standard output and standard error of one command.

    Attributes:
        format: The format that was asked for, by its name; None for text.
        style: How results are drawn.
        error_style: How messages are drawn.
        pages: Whether a result that is longer than the terminal is shown in a pager.
        written: Makes the commands in a text work when they are copied; see `cortexrepo.cli.program`.
    """

    def __init__(self, color: str = "auto", form: str | None = None) -> None:
        """Looks at both streams and at the environment; `color` is `auto`, `always` or `never`."""
        self.format = form
        self.pages = True
        self.written: Callable[[str], str] = str
        self.style = style_of(sys.stdout, color, os.environ)
        self.error_style = style_of(sys.stderr, color, os.environ)

    def data(self, lines: Iterable[str]) -> None:
        """Writes lines of the result."""
        text = "".join([f"{line}\n" for line in lines])
        _write(sys.stdout, text, unicode=self.style.unicode)

    def text(self, parts: Iterable[bytes | memoryview]) -> None:
        """Writes a result that is very long: lines in UTF-8, each with its end."""
        for part in parts:
            _write_encoded(sys.stdout, part, unicode=self.style.unicode)

    def page(self, lines: Iterable[str]) -> None:
        """Writes lines of the result, through a pager if they are more than the terminal can show."""
        found = list(lines)
        if not self._paged(found):
            self.data(found)

    def _paged(self, lines: Sequence[str]) -> bool:
        """Shows lines in a pager, if they are too many for the terminal; returns whether they were shown."""
        if not self.pages or self.style.width is None or rows_of(lines, self.style.width) < height(sys.stdout):
            return False
        from cortexrepo.cli.screen import pager  # few results need one
        from cortexrepo.machine import viewer

        if os.environ.get("TERM") == "dumb":
            return False
        program = pager.chosen(os.environ, os.geteuid(), os.fstat(sys.stdout.fileno()).st_uid)
        if program is None:
            return False
        text = "".join([f"{line}\n" for line in lines])
        sys.stdout.flush()
        encoding = sys.stdout.encoding if self.style.unicode else "ascii"
        return viewer.show(program.command, program.environment, text.encode(encoding, "backslashreplace"))

    def document(self, document: Document) -> None:
        """Writes the one document of a command in the format that was asked for."""
        from cortexrepo.formats.registry import encode

        assert self.format is not None
        self.data([encode(self.format, document)])

    def message(self, line: str) -> None:
        """Writes a line for the person; what is in it is already escaped."""
        _write(sys.stderr, f"{self.written(line)}\n", unicode=self.error_style.unicode)

    def urgent(self, line: str) -> None:
        """Writes a line for the person at once, from within the handler of a signal: past the stream and its buffer."""
        with suppress(OSError, ValueError, AttributeError):
            os.write(sys.stderr.fileno(), f"\n{line}\n".encode("ascii", "backslashreplace"))

    def error(self, text: str, hint: str = "") -> None:
        """Writes an error, and the way out under it."""
        self.message(f"{self.error_style.paint('cortex:', BOLD, RED)} {escape(text)}")
        if hint:
            self.message(f"{self.error_style.paint('hint:', BOLD)} {escape(hint)}")

    @property
    def is_plain(self) -> bool:
        """Whether a result is text for a pipe or a file, without a width and without colours."""
        return self.format is None and self.style.width is None and not self.style.colour

    def can_ask(self) -> bool:
        """Returns whether somebody is there to answer."""
        return is_terminal(sys.stdin)

    def ask(self, question: str) -> bool:
        """Asks on standard error and returns whether the answer was yes; no answer is no."""
        _write(sys.stderr, f"{question} [y/N] ", unicode=self.error_style.unicode)
        return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _write(stream: TextIO | None, text: str, *, unicode: bool) -> None:
    if stream is not None and text:
        _sent(stream, lambda: _encoded(stream, text if unicode else to_ascii(text)))


def _write_encoded(stream: TextIO | None, text: bytes | memoryview, *, unicode: bool) -> None:
    """Writes text as it is, where the stream would encode it the same."""
    buffer = getattr(stream, "buffer", None)
    if stream is None or buffer is None or stream.encoding != "utf-8" or not unicode:
        _write(stream, str(text, "utf-8"), unicode=unicode)
    else:
        _sent(stream, lambda: _put(stream, buffer, text))


def _put(stream: TextIO, buffer: BinaryIO, text: bytes | memoryview) -> None:
    stream.flush()
    rest = memoryview(text)
    while rest:
        # One that is not buffered may take less at a time.
        rest = rest[buffer.write(rest) :]


def _sent(stream: TextIO, write: Callable[[], object]) -> None:
    try:
        write()
        stream.flush()
    except BrokenPipeError:
        _drop(stream)
    except OSError as error:
        _drop(stream)
        if stream is sys.stdout:
            raise OutputError(f"cannot write the result: {error.strerror or error}") from None


def _encoded(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
    except UnicodeEncodeError:
        encoding = stream.encoding or "ascii"
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))


def _drop(stream: TextIO) -> None:
    """Points the stream to nowhere, so that what is left in its buffer does not fail again when Python ends."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
