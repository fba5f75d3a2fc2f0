"""Facts of environments, compared: an environment that was made anew for another interpreter is another one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.sketch import SKETCHED
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.model.inventory import Reading

    Facts = tuple[tuple[str, str], ...]

OWNER = "owner"
"""The fact that says who owns an environment."""
_OF_THE_LOOK = frozenset({"kind", SKETCHED[0]})
"""Facts that say by which way an environment was found, and how much of it was recorded: no facts of the machine."""


class Fact(NamedTuple):
    """A fact of an environment that differs: the version of its interpreter, its owner."""

    ecosystem: str
    environment: str
    name: str
    before: str
    after: str


def facts_between(
    before: Mapping[tuple[str, str], Reading], after: Mapping[tuple[str, str], Reading]
) -> tuple[Fact, ...]:
    """Returns the facts that differ of environments that both sides have, sorted; a fact of one side is no difference.

    Args:
        before: The earlier readings, by ecosystem and environment.
        after: The later ones.
    """
    return tuple(
        Fact(*key, name, old, new)
        for key in sorted(before.keys() & after.keys())
        for name, old, new in differing(before[key].facts, after[key].facts)
    )


def differing(before: Facts, after: Facts) -> list[tuple[str, str, str]]:
    """Returns the name, the earlier and the later value of each fact that both have and that differs."""
    if before == after:
        return []
    now = dict(after)
    return [
        (name, old, now[name]) for name, old in before if name not in _OF_THE_LOOK and name in now and now[name] != old
    ]
