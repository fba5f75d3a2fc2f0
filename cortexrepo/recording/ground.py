"""The machine as it is given to the process of a user, and who the process becomes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.machine.holders import ANYBODY
from cortexrepo.rights.person import Person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.machine.accounts import Accounts
    from cortexrepo.machine.walked_files import WalkedSystem


class Ground(NamedTuple):
    """The machine that is read.

    Attributes:
        root: The descriptor of the root directory.
        plain: Its files, only to see whose a place is.
        accounts: Its accounts.
        groups: The groups that list each user; None where the account database is to be asked.
        live: Whether it is this machine's own root.
        remembers: Whether what is read is remembered.
    """

    root: int
    plain: WalkedSystem
    accounts: Accounts
    groups: Mapping[str, tuple[int, ...]] | None
    live: bool
    remembers: bool


def person_of(machine: Ground, user: int, ground: str) -> Person:
    """Returns who a process becomes; a user without an account is in the group of the directory, and in no other.

    Args:
        machine: The machine.
        user: The user.
        ground: A directory that is read with this user's rights.
    """
    account = machine.accounts.of(user)
    if account is None:
        return Person(user, ANYBODY if user == ANYBODY else _group_at(machine, ground))
    if machine.groups is None:
        return Person(user, account.group, account.name)
    listed = machine.groups.get(account.name, ())
    groups = (account.group, *listed) if machine.live else ()
    return Person(user, account.group, account.name if machine.live else "", groups=tuple(dict.fromkeys(groups)))


def _group_at(machine: Ground, path: str) -> int:
    """Returns the group of what is at a path; never root's, and nobody's where nothing is."""
    try:
        return machine.plain.status(path).st_gid or ANYBODY
    except (OSError, ValueError):
        return ANYBODY
