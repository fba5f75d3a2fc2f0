"""What a command returns: its result, which the format that was asked for says how to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.cli.exit_codes import DONE
from cortexrepo.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cortexrepo.cli.screen.output import Output
    from cortexrepo.formats.json.document import Document
    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.damage import Damage

    Lines = Callable[[Style], Iterable[str]]
    """How a result is drawn to lines, each of them already escaped."""
    Errors = Iterable[tuple[str, str]]
    """Pairs (text, hint), not escaped; the hint may be empty."""


CHECK = "`cortex snapshot verify` checks the whole repository, and says how each problem is repaired"
"""The way out that is shown once where damage is named."""
NEWER = "use the version of cortex that wrote the file, or a newer one"
"""The same where every file that is named is of a newer version."""


class Result:
    """A result, or one of several that follow one another.

    Everything is worked out when it is written: first `lines` or `document`, never both, then `notes` and `errors`,
    then `code`. A result that streams knows its errors only then.
    """

    def __init__(  # noqa: PLR0913 -- one parameter for each kind of thing that a command says
        self,
        document: Callable[[], Document],
        lines: Lines,
        *,
        nothing: Callable[[], str] = lambda: "",
        hints: Lines = lambda _: (),
        notes: Lines = lambda _: (),
        errors: Callable[[], Errors] = lambda: (),
        code: Callable[[], int] = lambda: DONE,
        is_paged: bool = False,
        done: str = "",
    ) -> None:
        """Takes what the result is asked for when it is written.

        Args:
            document: The fields for programs. The documents of several results are joined to one.
            lines: Text for people, on standard output.
            nothing: The line that is said on standard error where the text has none; may be empty.
            hints: Lines on standard error beside the text, and beside no other format: the way back.
            notes: Lines on standard error, whatever the format.
            errors: Errors that do not end the command, likewise.
            code: The exit code; of several results that of the last one that is not `DONE`.
            is_paged: Text that may be longer than the terminal is shown in a pager then.
            done: The change that the command has made, a sentence: it stays where the result cannot be written.
        """
        self.document = document
        self.lines = lines
        self.nothing = nothing
        self.hints = hints
        self.notes = notes
        self.errors = errors
        self.code = code
        self.is_paged = is_paged
        self.done = done


class Stream:
    """A result that is too long to be held as lines: encoded text, each line with its end."""

    def __init__(
        self, parts: Iterable[bytes | memoryview], errors: Callable[[], Errors], code: Callable[[], int]
    ) -> None:
        """Takes the text in parts; errors and code are asked for when it is written."""
        self.parts = parts
        self.errors = errors
        self.code = code


def write(found: Result | Stream | Iterator[Result], output: Output) -> int:
    """Writes what a command returned in the format that was asked for; returns the exit code.

    Raises:
        OutputError: It could not be written. The hint says what the command has changed all the same.
    """
    done: list[str] = []
    try:
        return _write(found, output, done)
    except OutputError as error:
        raise OutputError(str(error), hint="; ".join(done)) from None


def _write(found: Result | Stream | Iterator[Result], output: Output, done: list[str]) -> int:
    if isinstance(found, Stream):
        output.text(found.parts)
        _errors(found.errors(), output)
        return found.code()
    code = DONE
    joined: Document = {}
    for result in [found] if isinstance(found, Result) else found:
        done.extend([result.done] if result.done else ())
        if output.format is None:
            _draw(result, output)
        else:
            joined |= result.document()
        for line in result.notes(output.error_style):
            output.message(line)
        _errors(result.errors(), output)
        code = result.code() or code
    if output.format is not None:
        output.document(joined)
    return code


def _draw(result: Result, output: Output) -> None:
    lines = list(result.lines(output.style))
    if lines:
        (output.page if result.is_paged else output.data)(lines)
    elif said := result.nothing():
        output.message(said)
    for line in result.hints(output.error_style):
        output.message(line)


def damaged(found: Iterable[Damage]) -> Errors:
    """Returns the errors that name the files that cannot be read; the last one has the way out."""
    files = tuple(found)
    if not files:
        return ()
    from cortexrepo.model.damage import NEWER_FORMAT

    errors = [(f"{one.kind}: {one.key}: {one.reason}", "") for one in files]
    way = NEWER if all(one.kind == NEWER_FORMAT for one in files) else CHECK
    return [*errors[:-1], (errors[-1][0], way)]


def _errors(errors: Errors, output: Output) -> None:
    for text, hint in errors:
        output.error(text, hint)
