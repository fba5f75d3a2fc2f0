"""A machine's logs of dpkg and apt, read together with what is installed now."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt import read as apt
from cortexrepo.ecosystems.apt.database.stanza import Stanza, native
from cortexrepo.ecosystems.apt.past import apthistory, dpkglog
from cortexrepo.ecosystems.apt.past.packagelog import PackageLog
from cortexrepo.ecosystems.apt.past.reconstruction import past, states
from cortexrepo.ecosystems.apt.past.transactions import Gatherer, gather
from cortexrepo.ecosystems.apt.past.windows import Windows
from cortexrepo.ecosystems.apt.places import ARCHITECTURES, STATUS
from cortexrepo.errors import CollectError, RequestError
from cortexrepo.machine.localtime import Clock, zone
from cortexrepo.machine.logfiles import Lost, lines, rotated
from cortexrepo.recording.collecting import collect, machine_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import tzinfo

    from cortexrepo.ecosystems.apt.past.reconstruction import Past
    from cortexrepo.ecosystems.apt.past.reconstruction import State as State  # noqa: PLC0414 -- exported
    from cortexrepo.machine.logfiles import Machine
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.package import Manifest

DPKG = "/var/log/dpkg.log"
HISTORY = "/var/log/apt/history.log"
_ATTEMPTS = 3
_ENTRIES = 1 << 16
"""So many of apt's commands are kept, the newest ones."""


class Found(NamedTuple):
    """What a machine's logs tell.

    Attributes:
        machine: Identifies the machine.
        present: What is installed now.
        past: What can be told of the past.
        states: The states that are sure, newest first; made as they are asked for.
        unread: Log files that were not read, or not as a whole: pairs (path, reason).
    """

    machine: str
    present: Reading
    past: Past
    states: Iterator[State]
    unread: tuple[tuple[str, str], ...]


def read(root: str, now: int) -> Found:
    """Returns what the logs under `root` tell, read while nothing changed there. Writes nothing.

    Args:
        root: `/` for this machine, else a mounted image or a chroot.
        now: The present, in seconds since 1970.

    Raises:
        CollectError: There are no logs, or what is installed now cannot be read.
        RequestError: `root` is not a directory that can be opened, or dpkg was at work all the time.
    """
    system = machine_at(root)
    for _ in range(_ATTEMPTS):
        before = system.stamp(DPKG), system.stamp(STATUS)
        inventory = collect(root, only=[apt.NAME])
        [present] = inventory.readings
        if present.manifest is None:
            raise CollectError(f"no past state can be rebuilt: {present.error or 'there is no dpkg on this machine'}")
        found = _read(system, inventory.machine, present, present.manifest, now)
        if before == (system.stamp(DPKG), system.stamp(STATUS)):
            return found
    raise RequestError(
        "packages are being changed at this moment: the log and the installed packages do not match",
        hint="run the command again when dpkg has ended",
    )


def _read(system: Machine, machine: str, present: Reading, manifest: Manifest, now: int) -> Found:
    unread: list[tuple[str, str]] = []
    where = zone(system)
    own = _native(system, manifest)
    work = _windows(system, where, unread)
    gathered = gather(_lines(system, unread), Gatherer(work, Clock(where), own), now)
    log = PackageLog(own)
    rows = {log.key(row.name, row.arch): row for row in manifest.packages}
    found = past(gathered, rows, now)
    return Found(machine, present, found, states(found, rows), tuple(unread))


def _native(system: Machine, manifest: Manifest) -> str:
    """Returns the machine's own architecture, as the collector of what is installed found it."""
    try:
        listed = (system.read(ARCHITECTURES) or b"").decode("utf-8", "replace")
    except OSError:
        listed = ""
    return native((Stanza(row.name, row.arch, row.version, "", 0) for row in manifest.packages), listed)


def _windows(system: Machine, where: tzinfo, unread: list[tuple[str, str]]) -> Windows:
    """Returns when apt was at work. What of its history cannot be read costs names of commands, and nothing else."""
    from collections import deque

    try:
        log = rotated(system, HISTORY)
    except OSError as error:
        unread.append((HISTORY, error.strerror or str(error)))
        return Windows((), Clock(where))
    entries: deque[apthistory.Entry] = deque(maxlen=_ENTRIES)
    unread.extend(log.passed)
    for file in log.files:
        if not isinstance(file, Lost):
            entries.extend(apthistory.entries(_readable(lines(system, file), unread)))
    return Windows(entries, Clock(where))


def _readable(pieces: Iterator[bytes | Lost], unread: list[tuple[str, str]]) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, Lost):
            unread.append((piece.path, piece.reason))
        else:
            yield piece


def _lines(system: Machine, unread: list[tuple[str, str]]) -> Iterator[dpkglog.Line | str]:
    """Yields what dpkg's log says line by line, and a reason wherever lines are missing; raises CollectError."""
    try:
        log = rotated(system, DPKG)
    except OSError as error:
        raise CollectError(f"no past state can be rebuilt: {DPKG}: {error.strerror or error}") from error
    unread.extend(log.passed)
    if not log.files:
        raise CollectError(
            f"no past state can be rebuilt: there is no {DPKG}",
            hint="dpkg writes this log if /etc/dpkg/dpkg.cfg has the line `log /var/log/dpkg.log`",
        )
    for file in log.files:
        if isinstance(file, Lost):
            yield file.reason
            continue
        for number, piece in enumerate(lines(system, file), 1):
            if isinstance(piece, Lost):
                unread.append((piece.path, piece.reason))
                yield f"{piece.path}: {piece.reason}"
            elif piece:
                yield dpkglog.parse(piece) or f"{file.path}: line {number} is damaged"
