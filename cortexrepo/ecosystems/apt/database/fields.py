"""The fields of one stanza, split as dpkg splits them. No I/O.

Every sentence of a `UnreadableError` is dpkg's own, so that a person finds it again in what `dpkg-query` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

SPACES = b" \t\v\f\r"
"""What dpkg takes as white space, except the end of a line."""
WHITE = SPACES + b"\n"

_SHOWN = 50
"""So many characters of a field are shown in a sentence."""


class UnreadableError(ValueError):
    """dpkg refuses to read this.

    Attributes:
        reason: What dpkg says.
        line: The line of the stanza that it is about, from 0.
    """

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.reason, self.line = reason, line


class Field(NamedTuple):
    """One field: its name in lower case, its value without white space around it, and its first line in the stanza."""

    name: bytes
    value: bytes
    line: int


class Lines:
    """Numbers of lines, asked for from the beginning of a file to its end: each line is counted once."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._line = data, 0, 1

    def at(self, place: int) -> int:
        """Returns the number of the line at a place behind the last one that was asked for."""
        self._line += self._data.count(b"\n", self._at, place)
        self._at = place
        return self._line


def split(chunk: bytes) -> Iterator[Field]:
    """Yields the fields of a stanza that has no empty line in it; raises UnreadableError."""
    lines = chunk.split(b"\n")
    at = 0
    while at < len(lines):
        first = at
        name, value = _begun(lines[first], first)
        at += 1
        while at < len(lines) and lines[at][:1] in _CONTINUING:
            at += 1
        yield Field(name.lower(), b"\n".join((value, *lines[first + 1 : at])).rstrip(WHITE), first)


_CONTINUING = frozenset(SPACES[number : number + 1] for number in range(len(SPACES)))


def _begun(line: bytes, number: int) -> tuple[bytes, bytes]:
    """Returns the name of the field that begins in a line, and the beginning of its value."""
    head, colon, value = line.partition(b":")
    name = head.split(None, 1)[0] if head[:1] not in _CONTINUING and head else b""
    if not name:
        raise UnreadableError("empty field name", number)
    if name.startswith(b"-"):
        raise UnreadableError(f"field name {shown(name)} cannot start with hyphen", number)
    if head[len(name) :].strip(SPACES):
        raise UnreadableError(f"field name {shown(name)} must be followed by colon", number)
    if not colon:
        raise UnreadableError(f"newline in field name {shown(name)}", number)
    return name, value.lstrip(SPACES)


def shown(text: bytes) -> str:
    """Returns the beginning of a text in quotes, with everything that is not plain escaped."""
    plain = ascii(text[:_SHOWN].decode("utf-8", "backslashreplace"))[1:-1]
    return f"'{plain}...'" if len(text) > _SHOWN else f"'{plain}'"
