"""History: what every snapshot holds, for questions about many of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.errors import CortexError
from cortexrepo.repository.listing import Damage, damage_of

if TYPE_CHECKING:
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot
    from cortexrepo.repository.refs import Refs


class State(NamedTuple):
    """What a machine held at one snapshot. Where nothing changed since another, `slots` is the very same tuple."""

    name: RefName
    slots: tuple[Slot, ...]


class History(NamedTuple):
    """All states, newest first, and the refs that cannot be read."""

    states: tuple[State, ...]
    damaged: tuple[Damage, ...]


def read(refs: Refs) -> History:
    """Returns what `Repository.history` promises."""
    names = refs.names()
    states: list[State] = []
    damaged = [Damage(key, reason) for key, reason in names.damaged]
    seen: dict[tuple[Slot, ...], tuple[Slot, ...]] = {}
    for name, slots in refs.slots(names.kept):
        if isinstance(slots, CortexError):
            damaged.append(damage_of(name, slots))
        else:
            is_same = states and states[-1].slots is slots
            states.append(State(name, slots if is_same else seen.setdefault(slots, slots)))
    return History(tuple(states), tuple(damaged))
