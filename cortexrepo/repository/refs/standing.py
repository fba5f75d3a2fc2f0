"""How the snapshots of tags stand: there, not there, or not known because of a file that cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.errors import CorruptError, FormatVersionError
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout
from cortexrepo.repository.refs.presence import is_missing, is_there
from cortexrepo.repository.refs.sifting import sift
from cortexrepo.repository.refs.unread import damage

if TYPE_CHECKING:
    from collections.abc import Collection

    from cortexrepo.model.damage import Damage
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.store.base import Store


class Standing(NamedTuple):
    """How the snapshots of some tags stand.

    Attributes:
        missing: The tags whose snapshot is not there, and that no collection is known to have removed.
        unknown: The names of the tags of which that is not known, or whose snapshot cannot be read.
        unread: The files that may hold snapshots, and cannot be read.
    """

    missing: tuple[Damage, ...]
    unknown: frozenset[str]
    unread: tuple[Damage, ...]


def look_up(
    refs: Refs, store: Store, snapshots: Collection[SnapshotId]
) -> tuple[Collection[SnapshotId], Collection[SnapshotId], tuple[Damage, ...]]:
    """Returns the same of snapshots: those that are missing, those that are not known, and the files."""
    if not snapshots:
        return (), (), ()
    there = {one: is_there(refs, store, one) for one in snapshots}
    missing = {one for one, found in there.items() if found is False and is_missing(refs, store, one)}
    spoiled, unread = _spoiled(refs, [one for one, found in there.items() if found])
    unknown = {one for one, found in there.items() if found is None or one in spoiled}
    # Last: what turned out to be damaged meanwhile is among what the look finds.
    return missing, unknown, tuple(dict.fromkeys((*sift(refs.look(), refs).unread, *unread)))


def _spoiled(refs: Refs, snapshots: Collection[SnapshotId]) -> tuple[set[SnapshotId], list[Damage]]:
    """Returns which of these snapshots cannot be read, and those of their files that a look at names does not show."""
    spoiled: set[SnapshotId] = set()
    unread: list[Damage] = []
    loose = frozenset(refs.loose()[0])
    for one in snapshots:
        try:
            for name in refs.named((one,)):
                _ = refs.header(name)
        except (CorruptError, FormatVersionError) as error:
            spoiled.add(one)
            unread += [damage(layout.ref_key(name), error) for name in loose if name.id == one]
    return spoiled, unread
