"""From a staging that is ready to the list of what changes places with what."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from cortexrepo.disk.exchange.swaps import Folder, Swap, Swaps
from cortexrepo.ecosystems.npm.restore.links import check_free, links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.disk.tree import Tree
    from cortexrepo.ecosystems.npm.restore.staging import Staging


def replacement(prefix: str, staging: Staging, tops: Sequence[str], files: Tree) -> Swaps:
    """Returns the swaps of outermost packages and of the links to them, one package after the other in this order.

    Raises:
        RefusedError: A link of theirs has a name that something else has.
    """
    old, new = links(prefix), links(staging.path)
    for link in new:
        check_free(prefix, link, tops)
    swaps: list[Swap] = []
    for name in tops:
        modules = f"lib/node_modules/{name}"
        mine = [link for link in (*old, *new) if new.get(link, old.get(link)) == name]
        for path in (modules, *sorted(set(mine))):
            swap = _swap(prefix, staging, path, len(swaps))
            if swap.staged or swap.stash:
                swaps.append(swap)
    parents = {posixpath.dirname(swap.place) for swap in swaps}
    scopes = [path for path in sorted(parents) if posixpath.basename(path).startswith("@") and files.kind(path)]
    return Swaps(tuple(swaps), tuple(Folder(path, files.details(path)) for path in scopes))


def _swap(prefix: str, staging: Staging, path: str, number: int) -> Swap:
    there = os.path.lexists(f"{prefix}/{path}")
    comes = os.path.lexists(f"{staging.path}/{path}")
    return Swap(
        f"{prefix}/{path}", f"{staging.path}/{path}" if comes else "", f"{staging.stash}/{number}" if there else ""
    )
