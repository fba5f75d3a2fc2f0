"""Which places a machine is read at for a restore: those at which its snapshot looked, found something there or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.looked import exact

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.snapshot import Snapshot


def known(target: Inventory) -> list[str]:
    """Returns the environments of a snapshot, and the single places at which it looked and nothing was."""
    return sorted({one.environment for one in target.readings if one.environment} | exact(target.looked))


def seen(
    look: Callable[[Snapshot], Inventory] | None,
    read: Callable[[Inventory], Inventory],
    snapshot: Snapshot,
    target: Inventory,
) -> Inventory:
    """Returns the machine as it is now.

    Args:
        look: A quicker way to read it, if there is one. It may miss places that variables named for the snapshot.
        read: Reads it at every place of the target.
        snapshot: The snapshot that is restored.
        target: What it holds.
    """
    now = look(snapshot) if look is not None else None
    if now is None or exact(target.looked) - exact(now.looked) - {one.environment for one in now.readings}:
        return read(target)
    return now
