"""Who is in which groups, read once for all users: each process would have to load the account database's libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.machine.accounts import GROUPS, asks_services

if TYPE_CHECKING:
    from cortexrepo.machine.files import System

_SIZE = 16 << 20
_FIELDS = 4


def memberships(system: System) -> dict[str, tuple[int, ...]] | None:
    """Returns the groups that list a user, for each user that is listed; None where more than a table decides.

    Args:
        system: This machine, as root reads it.
    """
    if asks_services(system, "initgroups", "group"):
        return None
    try:
        table = system.read(GROUPS, _SIZE) or b""
    except OSError:
        return None
    found: dict[str, list[int]] = {}
    for line in table.decode("utf-8", "surrogateescape").split("\n"):
        if line.startswith(("+", "-")):
            return None
        row = line.split(":")
        if len(row) < _FIELDS or not (row[2].isascii() and row[2].isdigit()) or int(row[2]) >= (1 << 32) - 1:
            continue
        for name in row[3].split(","):
            if name:
                found.setdefault(name, []).append(int(row[2]))
    return {name: tuple(groups) for name, groups in found.items()}
