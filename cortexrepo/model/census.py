"""A census: every environment of a machine, how it was found, and where nobody looked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.inventory import Unlooked

USUAL = "usual place"
WALKED = "--find"
KNOWN = "earlier snapshot"


class Counted(NamedTuple):
    """One environment.

    Attributes:
        ecosystem: Its ecosystem.
        environment: Its name.
        status: As of a slot.
        packages: How many packages it has; -1 where they were not read.
        facts: What identifies it further, without its owner.
        owner: The user whose it is: a name, or a number where there is none.
        found: What led to it: `USUAL`, `WALKED`, `KNOWN`, a file, or a variable.
        recorded: Whether the latest snapshot has it.
        reason: Why it was not read, or only in part.
    """

    ecosystem: str
    environment: str
    status: str
    packages: int
    facts: tuple[tuple[str, str], ...]
    owner: str
    found: str
    recorded: bool
    reason: str


class Census(NamedTuple):
    """All of them.

    Attributes:
        environments: Sorted by place.
        unlooked: The places that were not looked at, sorted.
        gone: The names of remembered environments that are not there any more.
        stops: Where a walk did not go on: lines for people.
        snapshot: The id of the latest snapshot; empty where there is none.
        is_partial: Whether a place could not be searched to its end.
    """

    environments: tuple[Counted, ...]
    unlooked: tuple[Unlooked, ...]
    gone: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    snapshot: str = ""
    is_partial: bool = False
