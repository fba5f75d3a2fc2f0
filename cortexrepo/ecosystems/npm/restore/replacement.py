"""From a staging that is ready to the list of packages and links that go, and of those that come in their place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from cortexrepo.disk.exchange.moves import Move, Moves, prepare
from cortexrepo.ecosystems.npm.restore.links import LINK_FOLDERS, check_free, links

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cortexrepo.disk.tree import Tree
    from cortexrepo.ecosystems.npm.restore.staging import Staging


def replacement(prefix: str, staging: Staging, tops: Sequence[str], files: Tree) -> Moves:
    """Returns the moves of outermost packages and of the links to them, one package after the other in this order.

    Raises:
        RefusedError: A link of theirs has a name that something else has, or a path to them leads through a link.
    """
    paths = list(_paths(prefix, staging, tops))
    going = [path for path in paths if os.path.lexists(f"{prefix}/{path}")]
    away = [Move(f"{prefix}/{path}", f"{staging.stash}/{number}") for number, path in enumerate(going)]
    coming = [path for path in paths if os.path.lexists(f"{staging.path}/{path}")]
    into = [Move(f"{staging.path}/{path}", f"{prefix}/{path}") for path in coming]
    return prepare([*away, *into], staging.path, roots(prefix), files, whole=True)


def roots(prefix: str) -> tuple[str, ...]:
    """Returns the directories of a prefix in which packages and links change places."""
    return (f"{prefix}/lib/node_modules", *(f"{prefix}/{folder}" for folder in LINK_FOLDERS))


def _paths(prefix: str, staging: Staging, tops: Sequence[str]) -> Iterator[str]:
    """Yields the paths, relative to the prefix, of packages and of the links to them, as they are and as they will be.

    Raises RefusedError as `replacement`.
    """
    old, new = links(prefix), links(staging.path)
    for link in new:
        check_free(prefix, link, tops)
    for name in tops:
        yield f"lib/node_modules/{name}"
        yield from sorted(link for link in {*old, *new} if new.get(link, old.get(link)) == name)
