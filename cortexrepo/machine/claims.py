"""What is one reader's to search and to record, and what is another's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cortexrepo.machine.files import System
    from cortexrepo.machine.scope import Place


class Leading(NamedTuple):
    """A place that belongs to another user: the path that led to it, and where it is, links resolved."""

    path: str
    real: str
    owner: int


def is_wide(system: System) -> bool:
    """Returns whether the places of the system are to be searched."""
    return system.scope is None or system.scope.is_wide


def places(system: System, ecosystem: str) -> list[Place]:
    """Returns the places that another reader left to the one of `system`."""
    return [] if system.scope is None else [place for place in system.scope.places if place.ecosystem == ecosystem]


def leading(system: System, path: str, real: str) -> Leading | None:
    """Returns where `path` leads to, if what is there is not for this reader to record, else None.

    An environment is its owner's to record. One of root's that lies in the user's own home, or in a place that was left
    to this reader, and to which no link leads, is the user's too.

    Args:
        system: The machine; raises what its `owner` raises.
        path: The path that the search came by.
        real: The environment's own directory, links resolved.
    """
    scope = system.scope
    if scope is None or scope.user is None:
        return None
    owner = system.owner(real)
    if owner is None or owner == scope.user:
        return None
    grounds = (*scope.homes, *(place.path for place in scope.places))
    if not owner and any(is_below(real, system.realpath(ground)) for ground in grounds):
        return None
    return Leading(path, real, owner)


def is_below(path: str, ground: str) -> bool:
    """Returns whether `path` is `ground` or lies in it."""
    return path == ground or path.startswith(ground.rstrip("/") + "/")
