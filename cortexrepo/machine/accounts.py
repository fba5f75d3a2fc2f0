"""The accounts of a machine: who has a home, and who is in which group."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.machine.homes import TABLE, is_home

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.machine.files import System

MOST = 10_000
"""So many accounts are looked at; a directory service may have more, of people who were never here."""
_SIZE = 4 << 20
_FIELDS = 6
GROUPS = "/etc/group"
_SWITCH = "/etc/nsswitch.conf"
_FILES = frozenset({"files", "compat"})
_SERVICES = "/run/systemd/userdb"
_NOBODYS = frozenset({"io.systemd.DynamicUser", "io.systemd.Machine"})
"""Services of systemd whose users have no home that is kept."""


_CUT = f"of {TABLE} no more than {_SIZE} bytes are read, and other homes are not searched"


class Account(NamedTuple):
    """One account; the home without a slash at its end."""

    name: str
    user: int
    group: int
    home: str


class Accounts:
    """The accounts of a machine, and what could not be asked for them.

    Attributes:
        rows: The accounts, in the order of the database.
        gap: Why there may be more; empty where these are all.
    """

    def __init__(self, rows: Iterable[Account], gap: str = "") -> None:
        """Takes the attributes."""
        found = tuple(rows)
        self.rows = found[:MOST]
        more = f"there are more than {MOST} accounts, and the homes of the others are not searched"
        self.gap = gap or (more if len(found) > MOST else "")
        self._first = {row.user: row for row in reversed(self.rows)}

    def homes(self) -> list[str]:
        """Returns every home that a person may keep something in, once."""
        return [home for home in dict.fromkeys(row.home for row in self.rows) if is_home(home)]

    def names(self, users: Iterable[int]) -> set[str]:
        """Returns the names of the accounts of these users."""
        return {self._first[user].name for user in users if user in self._first}

    def of(self, user: int) -> Account | None:
        """Returns the first account of a user, or None."""
        return self._first.get(user)


def in_table(system: System) -> Accounts:
    """Returns the accounts in `/etc/passwd` alone; raises OSError when it cannot be read.

    Of a table that is too large the beginning is read: it has more than `MOST` accounts, or lines that make no sense.
    """
    table = system.head(TABLE, _SIZE) or b""
    return Accounts(parsed(table), _CUT if len(table) == _SIZE else "")


def parsed(table: bytes) -> list[Account]:
    """Returns the accounts of a table as `/etc/passwd` is one; lines that make no sense are left out."""
    found = []
    # No path has a zero byte; a line that does is damage.
    for line in table.replace(b"\0", b"").decode("utf-8", "surrogateescape").split("\n"):
        row = line.split(":")
        if len(row) >= _FIELDS and _is_number(row[2]) and _is_number(row[3]):
            found.append(Account(row[0], int(row[2]), int(row[3]), row[5].rstrip("/")))
            if len(found) > MOST:
                break
    return found


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) < (1 << 32) - 1  # noqa: PLR2004


def asks_services(system: System, *databases: str) -> bool:
    """Returns whether accounts may come from elsewhere than a table of `/etc`: a directory service, systemd-homed.

    Args:
        system: The machine.
        databases: The names in nsswitch: the first that is there counts.
    """
    try:
        lines = (system.read(_SWITCH, _SIZE) or b"").decode("latin-1").splitlines()
        rows = {row[0].strip(): row[2].split() for row in (line.partition("#")[0].partition(":") for line in lines)}
        words = next((rows[name] for name in databases if name in rows), ["files"])
        others = {word for word in words if word.isalnum()} - _FILES
        if others == {"systemd"}:
            return any(entry.name not in _NOBODYS for entry in system.entries(_SERVICES))
    except OSError:
        return True
    return bool(others)


def asked() -> bytes:
    """Returns what the account database lists, as a table, one more than `MOST` at most.

    It may take as long as its services do.
    """
    import pwd

    found = pwd.getpwall()[: MOST + 1]
    lines = [f"{row.pw_name}:x:{row.pw_uid}:{row.pw_gid}::{row.pw_dir}:" for row in found if "\n" not in row.pw_dir]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def has_members(group: int, accounts: Accounts) -> bool:
    """Returns whether anybody but root is in a group of this machine, by its list or as the account's own.

    Of the list only the names count, with or without an account, and of first groups only the accounts that are known
    already: a directory service may take long to list all.
    """
    from cortexrepo.rights.groups import listed  # hardly anything of root's can be written by a group

    names = listed(group)
    return names is None or _is_own(group, accounts) or any(name != "root" for name in names)


def has_listed_members(group: int, accounts: Accounts, system: System) -> bool:
    """Returns the same of a group of another root, by its tables."""
    rows = (system.read(GROUPS, _SIZE) or b"").decode("utf-8", "surrogateescape").split("\n")
    found = [row.split(":")[-1] for row in rows if row.split(":")[2:3] == [str(group)]]
    return _is_own(group, accounts) or any(name not in {"", "root"} for row in found for name in row.split(","))


def _is_own(group: int, accounts: Accounts) -> bool:
    return any(row.group == group and row.user for row in accounts.rows)
