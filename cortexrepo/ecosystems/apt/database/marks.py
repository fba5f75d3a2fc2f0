"""apt's extended states as text: which packages are marked as automatically installed. No I/O.

A mark without an architecture, as apt wrote it before it knew several, is about every instance of the package. `all`
and `native` mean the machine's own architecture.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.database.fields import Lines, UnreadableError, split
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_EVERY = frozenset(("", "any"))
_OWN = frozenset(("all", "native"))
_NUMBER = re.compile(rb"[+-]?[0-9]+")
_LARGEST = 2**31 - 1


class Marks(NamedTuple):
    """The marks of a file.

    Attributes:
        each: (name, architecture) of each package that is marked; `native` for the machine's own.
        everywhere: The names of packages of which every instance is marked.
    """

    each: frozenset[tuple[str, str]]
    everywhere: frozenset[str]

    def has(self, name: str, arch: str, own: str) -> bool:
        """Returns whether a package is marked.

        Args:
            name: The package.
            arch: Its architecture; the machine's own for `all`.
            own: The machine's own architecture.
        """
        return (name, arch) in self.each or name in self.everywhere or (arch == own and (name, "native") in self.each)


def marks(data: bytes, path: str) -> tuple[Marks, list[str]]:
    """Returns what apt's extended states mark as automatically installed, and a line for each thing that is damaged.

    Args:
        data: The file's content.
        path: Its name in the lines about damage.
    """
    problems: list[str] = []
    found: set[tuple[str, str]] = set()
    lines = Lines(data)
    at = 0
    for chunk in data.split(b"\n\n"):
        head, mark, rest = chunk.partition(b"\nAuto-Installed: 1")
        name, _, arch = head.strip().partition(b"\nArchitecture: ")
        if mark and rest.strip(b"\n") == b"" and name.startswith(b"Package: ") and b"\n" not in name + arch:
            found.add((name[9:].decode("utf-8", "replace"), arch.decode("utf-8", "replace")))
        elif chunk.strip(b"\n"):
            try:
                found.update(_careful(chunk.strip(b"\n")))
            except UnreadableError as error:
                start = lines.at(at + len(chunk) - len(chunk.lstrip(b"\n")))
                problems.append(f"{path}: line {start + error.line}: {error.reason}")
        at += len(chunk) + 2
    return _sorted(found), problems


def _careful(chunk: bytes) -> Iterable[tuple[str, str]]:
    """Returns the mark of a stanza that is not written as apt writes it; raises UnreadableError."""
    if b"\0" in chunk:
        line = chunk.count(b"\n", 0, chunk.index(b"\0"))
        raise UnreadableError("the stanza contains the byte NUL, which apt never writes", line)
    fields: dict[bytes, bytes] = {}
    for name, value, line in split(chunk):
        if name in fields:
            raise UnreadableError("a field is there twice", line)
        fields[name] = value
    number = _NUMBER.match(fields.get(b"auto-installed", b""))
    if number is not None and abs(_limited(number[0])) > _LARGEST:
        raise UnreadableError("the number of Auto-Installed is out of range")
    if b"package" not in fields or number is None or _limited(number[0]) <= 0:
        return ()
    return [(_text(fields[b"package"]), _text(fields.get(b"architecture", b"")))]


def _limited(digits: bytes) -> int:
    """Returns a number; one of very many digits, which Python refuses, as one that is too large."""
    return int(digits) if len(digits) < len(str(_LARGEST)) * 2 else _LARGEST + 1


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


def _sorted(found: Iterable[tuple[str, str]]) -> Marks:
    each = {(name, "native" if arch in _OWN else arch) for name, arch in found if arch not in _EVERY}
    return Marks(frozenset(each), frozenset(name for name, arch in found if arch in _EVERY))
