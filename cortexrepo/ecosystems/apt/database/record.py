"""One stanza read field by field, in any order, case and spacing, as dpkg reads it. No I/O."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.database import values
from cortexrepo.ecosystems.apt.database.fields import UnreadableError, shown, split
from cortexrepo.ecosystems.apt.database.stanza import Stanza
from cortexrepo.model.package import ESSENTIAL, PROTECTED

if TYPE_CHECKING:
    from cortexrepo.ecosystems.apt.database.fields import Field

_NOTHING = "unknown ok not-installed"
"""What dpkg takes a stanza without a field Status for."""
_SPARSE = frozenset(("not-installed", "half-installed"))
"""The states in which dpkg requires neither version nor architecture."""
_SETTLED = frozenset(("installed", "not-installed", "triggers-pending"))
"""The states in which no other version can have been configured before."""
_WITHOUT_AWAITED = frozenset(("not-installed", "config-files", "triggers-pending", "installed"))
_WITH_PENDING = frozenset(("triggers-pending", "triggers-awaited"))
_REVISIONS = frozenset((b"revision", b"package-revision", b"package_revision"))


class _Record:
    """What has been read of a stanza so far."""

    def __init__(self, state: str) -> None:
        self.name = self.arch = b""
        self.version: values.Version | None = None
        self.state = state
        self.flags = 0
        self.is_coinstallable = False
        self.has_configured = False
        self.pending = self.awaited = False

    def take(self, field: Field) -> None:
        """Reads one field; raises UnreadableError."""
        name, value, line = field
        try:
            if not self._own(name, value):
                values.check(name, value)
        except UnreadableError as error:
            raise UnreadableError(error.reason, line) from None

    def _own(self, name: bytes, value: bytes) -> bool:
        """Reads a field that says something that is kept; returns whether this is one."""
        if name == b"package":
            self.name = values.name(value)
        elif name == b"status":
            self.state = values.status(value)
        elif name == b"architecture":
            self.arch = value
        elif name == b"version":
            self.version = values.version(value)
        elif name in _REVISIONS:
            self._revise(value)
        elif name == b"essential":
            self.flags |= ESSENTIAL if values.boolean(value, "Essential") else 0
        elif name == b"protected":
            self.flags |= PROTECTED if values.boolean(value, "Protected") else 0
        elif name == b"multi-arch":
            self.is_coinstallable = values.coinstallable(value)
        elif name == b"config-version":
            values.version(value, "Config-Version")
            self.has_configured = True
        else:
            self.pending |= name == b"triggers-pending" and bool(value)
            self.awaited |= name == b"triggers-awaited" and bool(value)
            return False
        return True

    def _revise(self, value: bytes) -> None:
        """Reads a revision that stands by itself, as very old versions of dpkg wrote it."""
        old = self.version or values.Version(0, b"", b"")
        upstream = b"%s-%s" % (old.upstream, old.revision) if old.revision else old.upstream
        if value:
            self.version = values.Version(old.epoch, upstream, value)

    def fault(self) -> str:
        """Returns what the fields contradict, as dpkg says it, or an empty string."""
        status = self.state.rpartition(" ")[2]
        if not self.name:
            return "missing 'Package' field"
        if status not in _SPARSE and (self.version is None or not self.version.upstream):
            return "missing 'Version' field"
        if self.is_coinstallable and self.arch in {b"", b"all"}:
            return "package has 'Multi-Arch: same' field but is missing architecture or architecture 'all'"
        if self.has_configured and status in _SETTLED:
            return "'Config-Version' field present for package with inappropriate 'Status' field"
        wrong = _of_triggers(status, pending=self.pending, awaited=self.awaited)
        return wrong and f"package has status {status} but {wrong}"


def _of_triggers(status: str, *, pending: bool, awaited: bool) -> str:
    """Returns which triggers do not fit a status, or an empty string."""
    wrong = {
        "triggers are awaited": awaited and status in _WITHOUT_AWAITED,
        "no triggers awaited": not awaited and status == "triggers-awaited",
        "triggers are pending": pending and status not in _WITH_PENDING,
        "no triggers pending": not pending and status == "triggers-pending",
    }
    return next((what for what, holds in wrong.items() if holds), "")


def read(chunk: bytes, state: str = "") -> tuple[Stanza, str]:
    """Returns what a stanza says, and an empty string or what of it cannot be shown.

    Args:
        chunk: The stanza, without an empty line in it and around it.
        state: The Status of a stanza that has none; not installed where this is empty.

    Raises:
        UnreadableError: dpkg would refuse to read it.
    """
    for byte, what in ((b"\0", "NUL"), (b"\x1a", "Ctrl+Z")):
        if byte in chunk:
            line = chunk.count(b"\n", 0, chunk.index(byte))
            raise UnreadableError(f"the stanza contains the byte {what}, which dpkg never writes", line)
    record = _Record(state or _NOTHING)
    seen: set[bytes] = set()
    for field in split(chunk):
        if field.name in seen:
            raise UnreadableError(f"duplicate value for {shown(field.name)} field", field.line)
        seen.add(field.name)
        record.take(field)
    fault = record.fault()
    if fault:
        raise UnreadableError(fault)
    return _stanza(record)


def _stanza(record: _Record) -> tuple[Stanza, str]:
    version, version_plain = _text(record.version.written() if record.version is not None else b"")
    arch, arch_plain = _text(record.arch)
    name = record.name.decode()
    problem = "" if version_plain and arch_plain else f"the stanza of {name} has unreadable characters"
    return Stanza(name, arch, version, record.state, record.flags, record.is_coinstallable), problem


def _text(raw: bytes) -> tuple[str, bool]:
    """Returns the text, and whether it is plain: readable and without blanks or control characters."""
    text = raw.decode("utf-8", "replace")
    return text, text.isprintable() and " " not in text and "\ufffd" not in text
