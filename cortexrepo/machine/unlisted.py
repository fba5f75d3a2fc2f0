"""Homes of users whom no list of accounts has: a directory service need not list anybody, and accounts are deleted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.machine.homes import is_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.machine.accounts import Accounts
    from cortexrepo.machine.files import System

MOST = 1000
"""So many directories that are nobody's home are looked at in one place."""
_USUAL = "/home"
_PEOPLE = 1000
"""The accounts of people begin here: those of services have homes among other directories of the system."""


def beside(system: System, accounts: Accounts) -> tuple[list[str], str]:
    """Returns directories that may be homes, beside those of people's accounts; and why there may be more, or nothing.

    Whose they are is not looked at.

    Args:
        system: The machine, as root reads it: a place that another user could change is not listed.
        accounts: The accounts that are known.
    """
    known = set(accounts.homes())
    found: list[str] = []
    gaps: list[str] = []
    for place in _places(accounts):
        try:
            names = [row.name for row in system.entries(place) if row.kind == "directory"]
        except OSError as error:
            gaps.append(f"{place} was not searched for homes: {error.strerror}")
            continue
        others = [path for path in (f"{place}/{name}" for name in names) if path not in known]
        found += others[:MOST]
        if len(others) > MOST:
            gaps.append(f"{place} has more than {MOST} directories that are no account's home")
    return found, "; ".join(gaps)


def _places(accounts: Accounts) -> Iterator[str]:
    homes = (row.home for row in accounts.rows if row.user >= _PEOPLE and is_home(row.home))
    yield from (place for place in dict.fromkeys([_USUAL, *map(os.path.dirname, homes)]) if place.strip("/"))
