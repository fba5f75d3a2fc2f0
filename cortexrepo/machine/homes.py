"""The home directories of a machine, where people's own environments are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cortexrepo.machine.files import System

TABLE = "/etc/passwd"
_FIELDS = 6
_SIZE = 4 << 20
_NOT_HOMES = frozenset(
    {
        "",
        "/bin",
        "/sbin",
        "/usr/bin",
        "/usr/sbin",
        "/usr/games",
        "/var/cache/man",
        "/var/mail",
        "/var/spool/mail",
        "/dev",
        "/proc",
        "/run",
        "/nonexistent",
    }
)
"""What the home field of service accounts says, where no person keeps anything and listings are long."""


def homes(system: System) -> list[str]:
    """Returns every home directory that is this reader's to search, once, in the order of the user table.

    For root, and for another root directory, that is everybody's. An ordinary user reads their own: what other people
    have in their homes is not theirs to record, and saying "could not be read" each time would say nothing.

    Where others search for others, it is what this reader is to search.

    Raises:
        OSError: The user table cannot be read.
    """
    if system.scope is not None:
        return list(system.scope.homes)
    # No path has a zero byte; a line that does is damage.
    table = (system.read(TABLE, _SIZE) or b"").replace(b"\0", b"").decode("utf-8", "surrogateescape")
    own = str(system.user)
    rows = [line.split(":") for line in table.split("\n")]
    found = [row[5].rstrip("/") for row in rows if len(row) >= _FIELDS and (system.user == 0 or row[2] == own)]
    found.append(system.environment.get("HOME", "").rstrip("/"))
    return [home for home in dict.fromkeys(found) if is_home(home)]


def is_home(path: str) -> bool:
    """Returns whether the home that an account names is a place where somebody may keep something."""
    return path.startswith("/") and path not in _NOT_HOMES
