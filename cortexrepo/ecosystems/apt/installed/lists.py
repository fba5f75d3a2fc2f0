"""dpkg's lists of a package: its files, their checksums, its configuration files. No I/O."""

from __future__ import annotations

from typing import NamedTuple

_HEX = frozenset(b"0123456789abcdef")
_SUM = 32
"""So many characters has an MD5 sum."""
_HEAD = _SUM + 2


class Sums(NamedTuple):
    """The checksums of a package's files by their paths, and how many lines say nothing that makes sense."""

    digests: dict[str, bytes]
    damaged: int


class Conffile(NamedTuple):
    """A configuration file: its checksum as the package brought it, and whether it is still the package's."""

    digest: bytes
    is_current: bool


def paths(data: bytes) -> list[str]:
    """Returns the paths in a list of files, without the root directory."""
    lines = data.decode("utf-8", "surrogateescape").split("\n")
    return [line for line in lines if line not in {"", "/."}]


def sums(data: bytes) -> Sums:
    """Returns what a file of checksums says, with whole paths. One whose lines all end as on Windows says the same."""
    found: dict[str, bytes] = {}
    damaged = 0
    lines = data.split(b"\n")
    if data and all(line.endswith(b"\r") for line in lines if line):
        lines = [line.removesuffix(b"\r") for line in lines]
    for written in lines:
        if not written:
            continue
        is_escaped = written.startswith(b"\\")
        line = written[is_escaped:]
        name = line[_HEAD:]
        if not _HEX.issuperset(line[:_SUM]) or line[_SUM:_HEAD] not in {b"  ", b" *"} or not name or b"\0" in name:
            damaged += 1
            continue
        if is_escaped:
            name = b"\\".join(part.replace(b"\\n", b"\n") for part in name.split(b"\\\\"))
        path = "/" + name.removeprefix(b"./").decode("utf-8", "surrogateescape").lstrip("/")
        found[path] = bytes.fromhex(line[:_SUM].decode())
    return Sums(found, damaged)


def conffiles(status: bytes) -> dict[tuple[str, str], dict[str, Conffile]]:
    """Returns the configuration files by the name and the architecture of their package, as the status file says."""
    found: dict[tuple[str, str], dict[str, Conffile]] = {}
    for stanza in status.split(b"\n\n"):
        at = stanza.find(b"\nConffiles:")
        if at < 0:
            continue
        listed = {}
        for line in stanza[at + 1 :].split(b"\n")[1:]:
            if not line.startswith((b" ", b"\t")):
                break
            if one := _conffile(line.strip()):
                listed[one[0]] = one[1]
        found[_field(stanza, b"Package"), _field(stanza, b"Architecture")] = listed
    return found


def _field(stanza: bytes, name: bytes) -> str:
    for line in stanza.split(b"\n"):
        if line.startswith(name + b":"):
            return line[len(name) + 1 :].strip().decode("utf-8", "replace")
    return ""


def _conffile(line: bytes) -> tuple[str, Conffile] | None:
    """Returns the path and the value of `PATH SUM [obsolete] [remove-on-upgrade]`; None where there is no sum yet."""
    words = line.split(b" ")
    flags = set()
    while words and words[-1] in {b"obsolete", b"remove-on-upgrade"}:
        flags.add(words.pop())
    if len(words) < 2 or len(words[-1]) != _SUM or not _HEX.issuperset(words[-1]):  # noqa: PLR2004 -- path and sum
        return None
    path = b" ".join(words[:-1]).decode("utf-8", "surrogateescape")
    return path, Conffile(bytes.fromhex(words[-1].decode()), not flags)
