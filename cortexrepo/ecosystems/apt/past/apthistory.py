"""apt's history: what was asked for when, and by whom. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.past import own
from cortexrepo.ecosystems.apt.past.dpkglog import seconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TEXT_LIMIT = 4096
"""So many characters of a command or a comment are kept."""

_START, _END = b"Start-Date:", b"End-Date:"


class Entry(NamedTuple):
    """One stanza: one time that apt, or a program that uses its library, changed packages.

    Attributes:
        start: What the machine's clock showed, in seconds since 1970 as if it were UTC.
        end: The same at the end; None where that was never written, because it was killed or is still at work.
        command: The command line, this tool's as `cortex snapshot restore ID`; empty for a program that has none.
        user: Who asked for it through sudo or polkit; else empty.
        comment: What was given to apt's `--comment`.
    """

    start: int
    end: int | None = None
    command: str = ""
    user: str = ""
    comment: str = ""


def entries(lines: Iterable[bytes]) -> Iterator[Entry]:
    """Yields the stanzas in order. What is no stanza, or has no readable Start-Date, is passed over."""
    entry: Entry | None = None
    for line in lines:
        if line.startswith(_START):
            if entry is not None:
                yield entry
            start = _clock(line[len(_START) :])
            entry = None if start is None else Entry(start)
        elif entry is not None and line.startswith(_END):
            yield entry._replace(end=_clock(line[len(_END) :]))
            entry = None
        elif entry is not None:
            entry = _with_text(entry, line)
    if entry is not None:
        yield entry


def _clock(value: bytes) -> int | None:
    words = value.decode("ascii", "replace").split()
    return seconds(*words) if len(words) == 2 else None  # noqa: PLR2004 -- date and time


def _with_text(entry: Entry, line: bytes) -> Entry:
    field, colon, value = line.partition(b":")
    if not colon or field not in {b"Commandline", b"Requested-By", b"Comment"}:
        return entry
    text = value.strip().decode("utf-8", "backslashreplace")[:TEXT_LIMIT]
    if field == b"Commandline":
        return entry._replace(command=own.command(text))
    return entry._replace(comment=text) if field == b"Comment" else entry._replace(user=_person(text))


def _person(text: str) -> str:
    """Returns `ana` for `ana (1000)`."""
    name, _, number = text.rpartition(" (")
    return name if name and number.rstrip(")").isdigit() else text
