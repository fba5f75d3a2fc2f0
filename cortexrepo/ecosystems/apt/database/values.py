"""What dpkg requires of the value of a field. No I/O.

What dpkg only warns about is taken: old machines have versions and architectures that dpkg would not make today.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.database.fields import SPACES, UnreadableError, shown
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_NAME = re.compile(rb"[A-Za-z0-9][A-Za-z0-9+._-]*\Z")
_ARCHITECTURE = re.compile(rb"[A-Za-z0-9][A-Za-z0-9-]*\Z")
_EPOCH = re.compile(rb"[ \t\n\v\f\r]*[+-]?[0-9]+\Z")
_LARGEST = 2**31 - 1
_SHORTEST = 2
_TRIGGER = re.compile(rb"[!-~]+\Z")
_RELATION = re.compile(
    rb"(?P<name>[^\s:(,|]+)(?::(?P<arch>[^\s(,|]+))?\s*"
    rb"(?:\(\s*(?!<>|><)(?:<<|<=|>=|>>|[<>=])?\s*(?P<version>[^\s()]*)\s*\)\s*)?"
)
_STATUS = re.compile(
    rb"(unknown|install|hold|deinstall|purge)\s*(ok|reinstreq)\s*(not-installed|config-files|half-installed|unpacked"
    rb"|half-configured|triggers-awaited|triggers-pending|installed)\Z",
    re.IGNORECASE,
)
_BOOLEANS = (b"no", b"yes")
_COINSTALLABLE = (b"no", b"same", b"allowed", b"foreign")
_PRIORITIES = (b"required", b"important", b"standard", b"optional", b"extra", b"unknown")
_NAMED_FILES = (b"obsolete", b"remove-on-upgrade")


class Version(NamedTuple):
    """A version in dpkg's three parts."""

    epoch: int
    upstream: bytes
    revision: bytes

    def written(self) -> bytes:
        """Returns the version as `dpkg-query` writes it."""
        parts = b"%s-%s" % (self.upstream, self.revision) if self.revision else self.upstream
        return b"%d:%s" % (self.epoch, parts) if self.epoch or b":" in parts else parts


def name(value: bytes) -> bytes:
    """Returns a package's name as dpkg keeps it, in lower case; raises UnreadableError."""
    if not value:
        raise UnreadableError("invalid package name in 'Package' field: may not be empty string")
    if not _NAME.match(value):
        raise UnreadableError(f"invalid package name in 'Package' field: {shown(value)}")
    return value.lower()


def version(value: bytes, field: str = "Version") -> Version:
    """Returns a version; raises UnreadableError for what dpkg does not even take with a warning."""
    text = value.strip(b" \t")
    before = f"'{field}' field value {shown(value)}: "
    if not text:
        raise UnreadableError(f"{before}version string is empty")
    if b" " in text or b"\t" in text:
        raise UnreadableError(f"{before}version string has embedded spaces")
    head, colon, rest = text.partition(b":")
    epoch = 0
    if colon:
        if not _EPOCH.match(head):
            raise UnreadableError(f"{before}epoch in version is not number")
        digits = head.strip().lstrip(b"+-0")
        negative = head.strip().startswith(b"-") and digits
        if negative or len(digits) > len(str(_LARGEST)) or int(digits or b"0") > _LARGEST:
            raise UnreadableError(f"{before}epoch in version is negative or too big")
        if not rest:
            raise UnreadableError(f"{before}nothing after colon in version number")
        epoch, text = int(digits or b"0"), rest
    upstream, hyphen, revision = text.rpartition(b"-")
    if hyphen and not revision:
        raise UnreadableError(f"{before}revision number is empty")
    if not (upstream if hyphen else text):
        raise UnreadableError(f"{before}version number is empty")
    return Version(epoch, upstream, revision) if hyphen else Version(epoch, text, b"")


def status(value: bytes) -> str:
    """Returns the three words of a Status in lower case; raises UnreadableError."""
    found = _STATUS.match(value)
    if found is None:
        raise UnreadableError(f"'Status' field has invalid value {shown(value)}")
    return b" ".join(found.groups()).decode().lower()


def boolean(value: bytes, field: str) -> bool:
    """Returns whether a field says yes; raises UnreadableError."""
    return _word(value, _BOOLEANS, f"boolean (yes/no) '{field}' field") == b"yes"


def coinstallable(value: bytes) -> bool:
    """Returns whether a package's instances of several architectures can be there together; raises UnreadableError."""
    return _word(value, _COINSTALLABLE, "quadstate (foreign/allowed/same/no) 'Multi-Arch' field") == b"same"


def _word(value: bytes, known: tuple[bytes, ...], what: str, *, others: bool = False) -> bytes:
    lower = value.lower()
    found = next((word for word in known if lower.startswith(word)), None)
    if not value or (found is None and others):
        return b""
    if found is None:
        raise UnreadableError(f"{what}: has invalid value {shown(value)}")
    if value[len(found) :].strip():
        raise UnreadableError(f"{what}: has trailing junk")
    return found


def check(name: bytes, value: bytes) -> None:
    """Checks a field of which only is asked that it be valid; raises UnreadableError.

    Args:
        name: The field's name in lower case; it may be one that dpkg does not know.
        value: Its value.
    """
    if name in _CHECKS:
        title, checked = _CHECKS[name]
        checked(value, title)
    elif len(name) < _SHORTEST:
        raise UnreadableError(f"user-defined field name {shown(name)} too short")


def _priority(value: bytes, field: str) -> None:
    _word(value, _PRIORITIES, f"word in '{field}' field", others=True)


def _alternatives(value: bytes, field: str) -> None:
    _relations(value, field, alternatives=True)


def _relations(value: bytes, field: str, *, alternatives: bool = False) -> None:
    at = 0
    while value:
        found = _RELATION.match(value, at)
        if found is None:
            raise UnreadableError(f"'{field}' field, missing package name, or garbage where package name expected")
        if not _NAME.match(found["name"]):
            raise UnreadableError(f"'{field}' field, invalid package name {shown(found['name'])}")
        if found["arch"] is not None and not _ARCHITECTURE.match(found["arch"]):
            raise UnreadableError(f"'{field}' field, invalid architecture name {shown(found['arch'])}")
        if found["version"] is not None:
            version(found["version"], field)
        at = found.end()
        if at == len(value):
            return
        if value[at : at + 1] not in {b",", b"|"}:
            raise UnreadableError(f"'{field}' field, invalid syntax after reference to package {shown(found['name'])}")
        if value[at : at + 1] == b"|" and not alternatives:
            raise UnreadableError(f"alternatives ('|') not allowed in '{field}' field")
        at += 1
        while value[at : at + 1].isspace():
            at += 1


def _conffiles(value: bytes, field: str) -> None:
    for line in value.split(b"\n"):
        if not line:
            continue
        if not line.startswith(b" "):
            raise UnreadableError(f"value for '{field}' field has line starting with non-space")
        text = line[1:]
        end, word = len(text), b""
        while not word or word in _NAMED_FILES:
            space = text.rfind(b" ", 0, end)
            if end <= 1 or space <= 1 or space >= len(text) - 1:
                raise UnreadableError(f"value for '{field}' field has malformed line {shown(text)}")
            word, end = text[space + 1 : end], space
            if not word:
                break
        if not _relative(text[:end]):
            raise UnreadableError(f"root or empty directory listed as a conffile in '{field}' field")


def _relative(path: bytes) -> bytes:
    while path.startswith((b"/", b"./")):
        path = path[1:] if path.startswith(b"/") else path[2:]
    return path


def _pending(value: bytes, field: str) -> None:
    words = _words(value)
    for word in words:
        if not _TRIGGER.match(word):
            raise UnreadableError(f"invalid pending trigger name {shown(word)}")
    if len(words) != len(set(words)):
        raise UnreadableError(f"'{field}' field has a duplicate pending trigger")


def _awaited(value: bytes, field: str) -> None:
    words = [word.lower() for word in _words(value)]
    for word in words:
        package, colon, arch = word.partition(b":")
        if not _NAME.match(package) or (colon and not _ARCHITECTURE.match(arch)):
            raise UnreadableError(f"invalid package name in awaited trigger {shown(word)}")
    if len(words) != len(set(words)):
        raise UnreadableError(f"'{field}' field has a duplicate awaited trigger package")


def _words(value: bytes) -> list[bytes]:
    return [word for word in re.split(rb"[ \t\n]+", value) if word]


def _archive(value: bytes, field: str) -> None:
    raise UnreadableError(
        f"archive details '{field}' field not allowed in status file"
        if value.strip(SPACES)
        else f"empty archive details '{field}' field"
    )


def _free(value: bytes, field: str) -> None:
    """Takes any value."""


_CHECKS: dict[bytes, tuple[str, Callable[[bytes, str], None]]] = {
    title.lower().encode(): (title, check)
    for check, titles in (
        (_priority, ("Priority", "Class")),
        (_free, ("Section", "Installed-Size", "Origin", "Maintainer", "Bugs", "Architecture", "Source", "Description")),
        (_relations, ("Replaces", "Provides", "Breaks", "Conflicts")),
        (_alternatives, ("Depends", "Pre-Depends", "Recommends", "Suggests", "Enhances", "Recommended", "Optional")),
        (_conffiles, ("Conffiles",)),
        (_archive, ("Filename", "MSDOS-Filename", "Size", "MD5sum")),
        (_pending, ("Triggers-Pending",)),
        (_awaited, ("Triggers-Awaited",)),
    )
    for title in titles
}
"""Fields of dpkg's that only have to be valid: by lower-case name the name that dpkg shows, and the check."""
