"""A stretch: successive snapshots column by column, for those who show very many and look at few."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cortexrepo.model.snapshot import Snapshot

    Kind = tuple[int, ...]

BEGINNING = 12
"""So many digits of an id."""


class Stretch(NamedTuple):
    """Snapshots, newest first.

    Attributes:
        ids: The beginnings of their ids.
        moments: When each was made, in milliseconds since 1970.
        kinds: What each is like.
        alike: For each of the kinds a snapshot with the same cause, message, facts and slots.
        tags: The tags of those that have any, by position.
    """

    ids: Sequence[str]
    moments: Sequence[int]
    kinds: Sequence[Kind]
    alike: Mapping[Kind, Snapshot]
    tags: Mapping[int, Sequence[str]]


def alone(snapshot: Snapshot, tags: Sequence[str]) -> Stretch:
    """Returns a stretch of one snapshot."""
    return Stretch((snapshot.id[:BEGINNING],), (snapshot.created_at,), ((),), {(): snapshot}, {0: tags} if tags else {})
