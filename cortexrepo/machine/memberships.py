"""Who is in which groups, read once for all users: each process would have to load the account database's libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.machine.accounts import GROUPS, asks_services

if TYPE_CHECKING:
    from collections.abc import Collection

    from cortexrepo.machine.files import System

_SIZE = 16 << 20
_FIELDS = 4
_MOST = (1 << 32) - 1


def memberships(system: System, names: Collection[str]) -> dict[str, tuple[int, ...]] | None:
    """Returns the groups that list a user, for each of these users; None where more than a table decides.

    Args:
        system: This machine, as root reads it.
        names: The names of accounts.
    """
    if asks_services(system, "initgroups", "group"):
        return None
    try:
        table = system.read(GROUPS, _SIZE) or b""
    except OSError:
        return None
    wanted = {name.encode("utf-8", "surrogateescape"): name for name in names}
    found: dict[str, list[int]] = {name: [] for name in names}
    for line in table.split(b"\n"):
        if line.startswith((b"+", b"-")):
            return None
        row = line.split(b":")
        if len(row) < _FIELDS or not row[2].isdigit() or int(row[2]) >= _MOST:
            continue
        for name in wanted.keys() & row[3].split(b","):
            found[wanted[name]].append(int(row[2]))
    return {name: tuple(groups) for name, groups in found.items()}
