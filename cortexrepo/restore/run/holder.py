"""Whose an environment is: told by everything on the way to it as it is now, and never by what a snapshot says."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.errors import RefusedError
from cortexrepo.machine.whose.holding import held
from cortexrepo.rights.ways import others

if TYPE_CHECKING:
    from cortexrepo.rights.groups import Groups

_OTHERS = "name the others: `cortex snapshot restore REV --environment OTHER`"


def holder(ecosystem: str, environment: str, me: int, groups: Groups | None = None) -> int:
    """Returns the user whose rights suffice to replace what is in an environment, or the programs that are run for it.

    That is the owner of any directory, link or program on the way there: who owns `/home/ada/venv` decides what is in
    it, whoever owns its site directory. Root's work there is done as that user.

    Args:
        ecosystem: The ecosystem whose environment it is.
        environment: The path that identifies it.
        me: Who is to work there.
        groups: The machine's groups; those of the system if not given.

    Raises:
        RefusedError: Several users could, or a group, or everybody; or one could who is neither root nor `me`, which is
            not root. Also where the programs of the ecosystem are not known: anybody may be able to change one.
    """
    reached = registry.reached(ecosystem)
    if reached is None:
        raise RefusedError(f"cortex does not work in {environment}: {registry.unknown(ecosystem)}", hint=_OTHERS)
    found = held(environment, me, reached, groups)
    if found.shared is not None:
        raise RefusedError(
            f"{found.shared.reason}: cortex runs no program that several people can change",
            hint=f"`{found.shared.remedy}`, or {_OTHERS}",
        )
    theirs = {user: path for user, path in found.users.items() if user != me}
    if me and theirs:
        raise RefusedError(
            f"{next(iter(theirs.values()))} belongs to another user",
            hint=f"run the command as the owner of this path, or as root, or {_OTHERS}",
        )
    if len(found.users) > 1:
        raise RefusedError(
            f"{' and '.join(found.users.values())} belong to different users: no single user may change them",
            hint=f"give everything in {environment} one owner with `chown`, or {_OTHERS}",
        )
    return next(iter(found.users), 0)


def theirs(environment: str) -> bool:
    """Returns whether an environment is not root's, where root asks: a user could replace it, or it is a user's.

    An environment that only root can replace, but in which several people can change something, is root's.
    """
    if not environment or os.geteuid() != 0:
        return False
    return bool(others(environment)) or bool(held(environment, 0, registry.reached_by_any).user)
