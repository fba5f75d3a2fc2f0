"""Which repository a command uses: said in one line where it is not the caller's usual one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.disk.places import DATA, own, roots
from cortexrepo.errors import CortexError, OwnerError

if TYPE_CHECKING:
    from collections.abc import Mapping

ANNOUNCED = "repository: "
"""How the line begins."""


def usual() -> str:
    """Returns where the caller's repository is if nothing is said: the system's for root, else the user's own."""
    return f"{own(DATA)}/snapshots"


def usual_of_root() -> str:
    """Returns where root's repository is if nothing is said."""
    return f"{roots(DATA)}/snapshots"


def lender(place: str) -> str:
    """Returns the user whose repository root would only read; an empty text where it is root's, or several users'."""
    from cortexrepo.repository import place as places

    try:
        found = places.lender(place)
    except CortexError:  # whoever opens the repository says so
        return ""
    return "" if found is None else found.title


def who_may(error: CortexError, place: str) -> str:
    """Returns the owner of a repository that the caller may not use; empty where the caller owns it, or nobody does.

    Where the caller may not look, that is the owner of the directory in which it is.
    """
    if os.geteuid() == 0 or not (isinstance(error, OwnerError) or isinstance(error.__cause__, PermissionError)):
        return ""
    from cortexrepo.rights.person import person

    owner = _owner(place)
    return "" if owner is None or owner == os.geteuid() else person(owner).title


def _owner(path: str) -> int | None:
    """Returns whose a path is, or the directory that does not let the caller see that; None where nothing is there."""
    try:
        return os.lstat(path).st_uid
    except PermissionError:
        return _owner(os.path.dirname(path))
    except OSError:
        return None


def announcement(place: str, named_by: str, environment: Mapping[str, str]) -> str:
    """Returns the line, not escaped, or an empty text where there is nothing to say.

    Args:
        place: Where the repository is.
        named_by: What names it: `--repo`, `CORTEX_REPO`, or nothing.
        environment: The variables, which say whether root was reached by sudo.
    """
    if named_by and place != usual():
        return f"{ANNOUNCED}{place}{_lender(place)} ({named_by})"
    other = "" if named_by else _of_the_caller(environment)
    return f"{ANNOUNCED}{place}, which is root's; {other}" if other else ""


def _lender(place: str) -> str:
    if os.geteuid() != 0:
        return ""
    found = lender(place)
    return f", which belongs to the user {found}: root only reads it" if found else ""


def _of_the_caller(environment: Mapping[str, str]) -> str:
    """Returns where somebody who called sudo has a repository; the place is looked at as this user."""
    number = environment.get("SUDO_UID", "")
    if os.geteuid() != 0 or not number.isascii() or not number.isdecimal() or number.strip("0") == "":
        return ""
    import pwd
    from contextlib import suppress

    from cortexrepo.disk.borrowed import BorrowedFileSystem
    from cortexrepo.rights.person import person

    with suppress(OSError, KeyError, OverflowError):
        account = pwd.getpwuid(int(number))
        place = f"{account.pw_dir}/{DATA[2]}/cortex/snapshots"
        if BorrowedFileSystem(person(account.pw_uid), _PATIENCE).info(f"{place}/config") is not None:
            return f"the user {account.pw_name} has another one: --repo {place}"
    return ""


_PATIENCE = 2.0
"""So many seconds the user's home may take to answer."""
