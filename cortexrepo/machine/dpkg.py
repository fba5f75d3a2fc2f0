"""dpkg's database as text: stanzas of the status file and its journal, and what they say. No I/O.

A file that dpkg wrote is read with a split and a few ordered finds per stanza. Whatever does not look exactly like
dpkg's own writing (another order of fields, another case, damage) is read line by line, as dpkg would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.package import BROKEN, ESSENTIAL, PROTECTED
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

INSTALLED = "install ok installed"
"""The Status of a package about which there is nothing more to say."""

_WANTS = frozenset(("unknown", "install", "hold", "deinstall", "purge"))
_ERRORS = frozenset(("ok", "reinstreq"))
_STATES = frozenset(
    (
        "not-installed",
        "config-files",
        "half-installed",
        "unpacked",
        "half-configured",
        "triggers-awaited",
        "triggers-pending",
        "installed",
    )
)
_VERSIONLESS = frozenset(("not-installed", "half-installed"))
"""The states in which dpkg does not require a version."""

_VISIBLE = bytes(range(0x21, 0x7F))
_NAME = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-+._"
_FLAGS = ((b"essential", ESSENTIAL), (b"protected", PROTECTED))


class Stanza(NamedTuple):
    """What one stanza says of one package.

    Attributes:
        name: The package.
        arch: Its architecture; may be empty for one that is not installed.
        version: Its version; empty where there is none.
        state: The three words of Status, lower case: want, error flag, status.
        flags: `ESSENTIAL`, `PROTECTED`, and `BROKEN` when a version is missing that must be there.
    """

    name: str
    arch: str
    version: str
    state: str
    flags: int


def native(stanzas: Iterable[Stanza], architectures: str) -> str:
    """Returns the machine's own architecture, or an empty string when nothing tells.

    It is that of the package `dpkg`; else the first in dpkg's list of architectures; else the one that most packages
    have.

    Args:
        stanzas: What the status file says.
        architectures: The content of dpkg's list of architectures; empty when there is none.
    """
    counts: dict[str, int] = {}
    for stanza in stanzas:
        if stanza.arch in {"", "all"}:
            continue
        if stanza.name == "dpkg":
            return stanza.arch
        counts[stanza.arch] = counts.get(stanza.arch, 0) + 1
    listed = architectures.split()
    if listed:
        return listed[0]
    return max(sorted(counts), key=counts.__getitem__, default="")


def parse(data: bytes, path: str) -> tuple[list[Stanza], list[str]]:
    """Returns the stanzas of a status file or a journal entry, and one line for each thing that is damaged in it.

    A stanza that does not say which package it is about or what its state is is left out; one that lacks its version is
    kept with `BROKEN`. A last line without its end is taken as cut off, and does not count.

    Args:
        data: The file's content.
        path: Its name in the lines about damage.
    """
    problems: list[str] = []
    if data and not data.endswith(b"\n"):
        problems.append(f"{path}: the file is cut off in its last stanza")
        data = data[: data.rfind(b"\n") + 1]
    chunks = data[9:].split(b"\n\nPackage: ") if data.startswith(b"Package: ") else []
    if not chunks or len(chunks) - 1 != data.rstrip(b"\n").count(b"\n\n"):
        return _careful(data.split(b"\n\n"), path, problems), problems
    found: list[Stanza] = []
    flagged = 0
    for chunk in chunks:
        stanza = _quick(chunk)
        if stanza is None:
            found += _careful((b"Package: " + chunk,), path, problems)
            continue
        flagged += stanza.flags != 0
        found.append(stanza)
    if flagged != _flag_lines(data):
        # One stands where dpkg does not write it, or says no.
        problems = problems[:1] if problems and problems[0].endswith("cut off in its last stanza") else []
        return _careful(data.split(b"\n\n"), path, problems), problems
    return found, problems


def _flag_lines(data: bytes) -> int:
    lower = data.lower()
    return lower.count(b"\nessential:") + lower.count(b"\nprotected:")


def _quick(chunk: bytes) -> Stanza | None:
    """Reads a stanza (less its first word) that has dpkg's own order of fields; None for any other."""
    find = chunk.find
    end = find(b"\n")
    start = find(b"\nStatus: ", end)
    stop = find(b"\n", start + 9)
    arch = find(b"\nArchitecture: ", stop)
    if end < 0 or start < 0 or stop < 0 or arch < 0:
        return None
    arch += 15
    arch_end = find(b"\n", arch)
    version = find(b"\nVersion: ", arch_end) + 10
    version_end = find(b"\n", version)
    if arch_end < 0 or version < 10 or version_end < 0:  # noqa: PLR2004 -- 10 is what was added
        return None
    flags = 0
    if start != end:
        flags = {b"\nEssential: yes": ESSENTIAL, b"\nProtected: yes": PROTECTED}.get(chunk[end:start], -1)
    state = chunk[start + 9 : stop]
    name, number = chunk[:end], chunk[version:version_end]
    if flags < 0 or not name or not number or name.translate(None, _NAME) or number.translate(None, _VISIBLE):
        return None
    text = INSTALLED if state == b"install ok installed" else _state(state)
    where = chunk[arch:arch_end]
    if not text or not where or where.translate(None, _NAME):
        return None
    return Stanza(name.decode(), where.decode(), number.decode(), text, flags)


def _state(raw: bytes) -> str:
    """Returns the three words of a Status, or an empty string when dpkg would not understand them."""
    words = raw.decode("latin-1").lower().split()
    if len(words) != 3 or words[0] not in _WANTS or words[1] not in _ERRORS or words[2] not in _STATES:  # noqa: PLR2004
        return ""
    return " ".join(words)


def _careful(chunks: Iterable[bytes], path: str, problems: list[str]) -> list[Stanza]:
    """Reads stanzas line by line, in any order and case of fields."""
    found = []
    for number, chunk in enumerate(chunks, 1):
        fields = _fields(chunk)
        if fields is None:
            continue
        stanza, problem = _stanza(fields, number)
        if problem:
            problems.append(f"{path}: {problem}")
        if stanza is not None:
            found.append(stanza)
    return found


def _fields(chunk: bytes) -> dict[bytes, bytes] | None:
    """Returns the fields' first lines by lower-case name; None when there are only comments and blank lines."""
    fields: dict[bytes, bytes] = {}
    for line in chunk.split(b"\n"):
        if line[:1] in {b"", b" ", b"\t", b"#"}:
            continue
        name, _, value = line.partition(b":")
        fields.setdefault(name.strip().lower(), value.strip())
    return fields or None


def _text(raw: bytes) -> tuple[str, bool]:
    """Returns the text, and whether it is plain: readable and without blanks or control characters."""
    text = raw.decode("utf-8", "replace")
    return text, text.isprintable() and " " not in text and "\ufffd" not in text


def _stanza(fields: dict[bytes, bytes], number: int) -> tuple[Stanza | None, str]:
    """Returns what the fields say, or None; and what is damaged, or an empty string."""
    raw = fields.get(b"package", b"")
    name, _ = _text(raw)
    if not raw or raw.translate(None, _NAME):
        return None, f"stanza {number} has no valid field Package"
    status = fields.get(b"status")
    # No Status at all is what dpkg takes as not installed: such a stanza says nothing.
    state = "unknown ok not-installed" if status is None else _state(status)
    if not state:
        return None, f"the stanza of {name} has no valid field Status"
    arch, arch_plain = _text(fields.get(b"architecture", b""))
    version, version_plain = _text(fields.get(b"version", b""))
    flags = 0
    for field, flag in _FLAGS:
        if fields.get(field, b"").lower() == b"yes":
            flags |= flag
    problem = "" if arch_plain and version_plain else f"the stanza of {name} has unreadable characters"
    if not version and state.rpartition(" ")[2] not in _VERSIONLESS:
        flags |= BROKEN
        problem = f"the stanza of {name} has no field Version"
    return Stanza(name, arch, version, state, flags), problem


def marks(data: bytes) -> set[tuple[str, str]]:
    """Returns (name, architecture) of each package that apt's extended states mark as automatically installed."""
    found = set()
    for chunk in data.split(b"\n\n"):
        head, mark, rest = chunk.partition(b"\nAuto-Installed: 1")
        name, _, arch = head.strip().partition(b"\nArchitecture: ")
        if mark and rest.strip(b"\n") == b"" and name.startswith(b"Package: ") and b"\n" not in name + arch:
            found.add((name[9:].decode("utf-8", "replace"), arch.decode("utf-8", "replace")))
            continue
        fields = _fields(chunk) or {}
        if fields.get(b"auto-installed") == b"1":
            name, arch = fields.get(b"package", b""), fields.get(b"architecture", b"")
            found.add((name.decode("utf-8", "replace"), arch.decode("utf-8", "replace")))
    return found
