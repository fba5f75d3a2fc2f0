"""dpkg's status file and an entry of its journal as text: all that dpkg reads in it, and what dpkg refuses. No I/O.

A stanza that dpkg itself wrote is matched by one expression, which only matches what dpkg would read. Whatever does not
look exactly like dpkg's own writing (another order of fields, another case, damage) is read field by field.

Groups in the expression are never possessive, only single characters: Python before 3.11.5 (Debian 12 has 3.11.2) does
not find what a possessive group matches that can go back in itself. Going back is cheap: no two parts begin alike.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.database.fields import Lines, UnreadableError, shown
from cortexrepo.ecosystems.apt.database.record import read
from cortexrepo.ecosystems.apt.database.stanza import INSTALLED, Stanza
from cortexrepo.model.package import ESSENTIAL, PROTECTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_NAME = rb"[a-z0-9][a-z0-9+._-]*+"
_ARCH = rb"[a-z0-9][a-z0-9-]*+"
_VERSION = rb"(?:[1-9][0-9]{0,8}:)?[0-9][A-Za-z0-9.+~]*+(?:-[A-Za-z0-9.+~]++)*"
_LINE = rb"[^\n\0\x1a]*+\n"
_ITEM = _NAME + rb"(?::" + _ARCH + rb")?(?: \((?:<<|<=|=|>=|>>) " + _VERSION + rb"\))?"
_EITHER = _ITEM + rb"(?: \| " + _ITEM + rb")*"
_FILES = rb"\n(?: /[^\n\0\x1a ]++ [0-9a-z]++(?: obsolete)?(?: remove-on-upgrade)?\n)*"


def _fields(value: bytes, *names: bytes) -> bytes:
    return b"".join(rb"(?:%s: %s)?" % (name, value) for name in names)


def _list(item: bytes) -> bytes:
    return item + rb"(?:, " + item + rb")*\n"


_WRITTEN = re.compile(
    rb"Package: (?P<name>" + _NAME + rb")\n(?P<flags>(?:Essential: yes\n)?(?:Protected: yes\n)?)"
    rb"Status: (?P<state>(?:unknown|install|hold|deinstall|purge) (?:ok|reinstreq) "
    rb"(?:config-files|half-installed|unpacked|half-configured|installed))\n"
    + _fields(rb"(?:required|important|standard|optional|extra)\n", b"Priority")
    + _fields(_LINE, b"Section", b"Installed-Size", b"Origin", b"Maintainer", b"Bugs")
    + rb"Architecture: (?P<arch>" + _ARCH + rb")\n(?:Multi-Arch: (?:foreign|allowed|(?P<same>same))\n)?"
    + _fields(_LINE, b"Source")
    + rb"Version: (?P<version>" + _VERSION + rb")\n"
    + _fields(_list(_ITEM), b"Replaces", b"Provides")
    + _fields(_list(_EITHER), b"Depends", b"Pre-Depends", b"Recommends", b"Suggests")
    + _fields(_list(_ITEM), b"Breaks", b"Conflicts")
    + _fields(_list(_EITHER), b"Enhances")
    + rb"(?:Conffiles:" + _FILES + rb")?(?:Description:" + _LINE + rb"(?: " + _LINE + rb")*)?"
    + _fields(_LINE, b"Homepage", b"Original-Maintainer") + rb"\Z"
)  # fmt: skip
"""A stanza as dpkg writes it, with its last end of line."""
_FLAGS = ((b"Essential", ESSENTIAL), (b"Protected", PROTECTED))
_EMPTY_END = re.compile(rb"(?:\A|\n)[^\s:]+[ \t\v\f\r]*:[ \t\v\f\r]*\n\Z")
_INSTALLED = INSTALLED.encode()
NEWLINE = b"\n"


def parse(data: bytes, path: str, state: str = "") -> tuple[list[Stanza], list[str]]:
    """Returns the stanzas of a status file or a journal entry, and one line for each thing that is damaged in it.

    Where there is no damage, dpkg reads the file too, and finds the same. A stanza that dpkg refuses is left out, and
    so is a package of which the stanzas cannot be true together: which one is true is not known.

    Args:
        data: The file's content.
        path: Its name in the lines about damage.
        state: The Status of a stanza that has none; not installed where this is empty.
    """
    problems: list[str] = []
    found = list(_stanzas(data, path, state, problems))
    if len({stanza.name for stanza in found}) != len(found):
        found = _agreeing(found, data, path, problems)
    return found, problems


def _stanzas(data: bytes, path: str, state: str, problems: list[str]) -> Iterator[Stanza]:
    chunks = data.split(b"\n\n")
    cut = _cut(data)
    if cut:
        chunks.pop()
    lines = Lines(data)
    at = 0
    for raw in chunks:
        chunk = raw.lstrip(NEWLINE)
        stanza = _quick(chunk)
        if stanza is not None:
            yield stanza
        elif chunk:
            try:
                stanza, problem = read(chunk.rstrip(NEWLINE), state)
            except UnreadableError as error:
                problems.append(f"{path}: line {lines.at(at + len(raw) - len(chunk)) + error.line}: {error.reason}")
            else:
                yield stanza
                if problem:
                    problems.append(f"{path}: {problem}")
        at += len(raw) + 2
    if cut:
        problems.append(f"{path}: line {lines.at(len(data))}: the file is cut off in its last stanza: {cut}")


def _cut(data: bytes) -> str:
    """Returns what dpkg says of a file that ends within a stanza, or an empty string."""
    if not data.endswith(NEWLINE):
        return "end of file during value of field (missing final newline)" if data else ""
    return "end of file before value of field" if _EMPTY_END.search(data, max(0, data.rfind(b"\n\n"))) else ""


def _quick(chunk: bytes) -> Stanza | None:
    """Reads a stanza that is written as dpkg writes it; None for any other."""
    found = _WRITTEN.fullmatch(chunk if chunk.endswith(NEWLINE) else chunk + NEWLINE)
    if found is None:
        return None
    name, flags, state, arch, same, version = found.groups()
    if same is not None and arch == b"all":
        return None
    bits = sum(bit for word, bit in _FLAGS if word in flags) if flags else 0
    text = INSTALLED if state == _INSTALLED else state.decode()
    return Stanza(name.decode(), arch.decode(), version.decode(), text, bits, same is not None)


def _agreeing(found: Sequence[Stanza], data: bytes, path: str, problems: list[str]) -> list[Stanza]:
    """Returns the stanzas less those that cannot be true together: of one package, and not of instances beside another.

    A name alone that is not installed is a selection, which may stand beside any instance.
    """
    by_name: dict[str, list[Stanza]] = {}
    for stanza in found:
        by_name.setdefault(stanza.name, []).append(stanza)
    lines = Lines(data)
    places = {match[1].lower(): lines.at(match.start()) for match in named(data)}
    left = []
    for name, stanzas in by_name.items():
        reason = _conflict(stanzas) if len(stanzas) > 1 else ""
        if reason:
            problems.append(f"{path}: line {places.get(name.encode(), 1)}: {reason}")
        else:
            left += stanzas
    problems += [f"{path}: line {line}: {reason}" for line, reason in _ambiguous(left, data, places)]
    return left


def _ambiguous(stanzas: Sequence[Stanza], data: bytes, places: dict[bytes, int]) -> Iterator[tuple[int, str]]:
    """Yields the line of each field that does not say which of several instances it means, and what dpkg says."""
    there = Counter(stanza.name for stanza in stanzas if not stanza.state.endswith(" not-installed"))
    several = {name.encode() for name, count in there.items() if count > 1}
    lines = Lines(data)
    for match in re.finditer(rb"(?im)^triggers-awaited\s*:((?:[^\n]|\n[ \t])*)$", data) if several else ():
        line = lines.at(match.start())
        for name in several.intersection(match[1].lower().split()):
            if places.get(name, line) < line:
                yield line, f"invalid package name in awaited trigger {shown(name)}: more than one installed instance"


def named(data: bytes) -> Iterator[re.Match[bytes]]:
    """Yields a match, with the name as its group, for each line that names a package in a stanza, damaged or not."""
    return re.finditer(rb"(?im)^package[ \t\v\f\r]*:[ \t\v\f\r]*(\S+)[ \t\v\f\r]*$", data)


def _conflict(stanzas: Sequence[Stanza]) -> str:
    """Returns what dpkg says of several stanzas of one name, or an empty string."""
    if len({stanza.arch for stanza in stanzas}) < len(stanzas):
        return "duplicate stanza of one package and architecture"
    there = [stanza.is_coinstallable for stanza in stanzas if not stanza.state.endswith(" not-installed")]
    if there.count(False) > 1:
        return "multiple non-coinstallable package instances present"
    if len(set(there)) > 1:
        return "mixed non-coinstallable and coinstallable package instances present"
    return ""
