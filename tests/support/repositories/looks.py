"""What inventories made by hand say of where they looked."""

from __future__ import annotations

from cortexrepo.model.looked import Looked, Place


def looked_at(*environments: str) -> tuple[Looked, ...]:
    """Returns a look of pip and of npm at these very environments."""
    places = tuple(sorted(Place(one) for one in environments))
    return tuple(Looked(name, (), places) for name in ("npm", "pip"))
