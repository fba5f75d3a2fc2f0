"""What a collector must know is lost before it removes anything: nobody else can say what a lost snapshot needed.

Only what is at hand is looked at: the links of refs in files of their own, and those that lead out of a segment. They
show that a ref or a whole segment is missing, as long as one that follows is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.codec import identity
from cortexrepo.errors import CorruptError, RefusedError
from cortexrepo.model import refname
from cortexrepo.model.damage import FROM_COPY
from cortexrepo.repository import layout
from cortexrepo.repository.refs import removals
from cortexrepo.repository.refs.presence import is_missing, lost
from cortexrepo.repository.refs.unread import damage, renamed_segment
from cortexrepo.repository.upkeep.refusal import unreadable
from cortexrepo.repository.upkeep.strangers import in_segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cortexrepo.codec.packed.rows import Head, Segment
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.repository.refs.presence import Place
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.repository.refs.segments import Segments
    from cortexrepo.store.base import Store

_ID = 32
_ACCEPT = "without a copy: `cortex snapshot gc --accept-loss` removes the files that only lost snapshots need"


def check_segments(store: Store, refs: Refs) -> None:
    """Raises RefusedError for a segment that is damaged, and for a file in `segments/` that has the name of none.

    Such a file may be one that was renamed.
    """
    segments = refs.segments()
    view = segments.view()
    for name in view.strangers:
        found = renamed_segment(name)
        way = in_segments(store, name)
        raise unreadable(store.location, found.key, CorruptError(found.reason, hint=way))
    segments.check(view.heads)
    for name, error in segments.view().damaged.items():
        raise unreadable(store.location, layout.segment_key(name), error) from error


def leading_out(segment: Segment) -> Iterator[tuple[SnapshotId, Place]]:
    """Yields the snapshots outside of a segment to which some in it link, each with machine and repository of these."""
    for row, previous in segment.elsewhere.items():
        # The last group that begins before it: groups follow one another.
        group = next(group for group in reversed(segment.head.groups) if group.start <= row)
        yield previous.id, (group.machine, group.origin)


def check_links(
    store: Store, refs: Refs, links: Mapping[SnapshotId, Place], known: Iterable[str], heads: Mapping[str, Head]
) -> None:
    """Raises RefusedError for a snapshot that another one links to, that is not there, and that no collector removed.

    Also for one of which nobody knows that, because the note that would say so is damaged.

    Args:
        store: The store.
        refs: The refs in it.
        links: The snapshots that others link to, each with machine and repository of one that does.
        known: The names of refs that are there: most links lead to one of them.
        heads: The heads of the segments that are there, by name.
    """
    left = set(links).difference(name[-_ID:] for name in known)
    for target in left.difference(_in_segments(left, refs.segments(), heads)):
        if not _is_number(target, links[target]):
            continue
        if lost(refs, store, [links[target]], target) is not None:
            raise RefusedError(
                f"{store.location}: nothing was removed, because snapshot {target[:12]} is missing, and no collection "
                "removed it: files that only lost snapshots need would be removed",
                hint=f"bring it back from a copy: `cortex snapshot verify --repair --from REPO`; {_ACCEPT}",
            )
        note = _damaged_note(store, links[target])
        if note is not None and is_missing(refs, store, target):
            raise RefusedError(
                f"{store.location}: nothing was removed, because snapshot {target[:12]} is not there, and {note.key} "
                f"cannot be read, which says whether a collection removed it: {note.reason}",
                hint=f"{FROM_COPY}; {_ACCEPT}",
            )


def _damaged_note(store: Store, place: Place) -> Damage | None:
    """Returns what is said of the note about removed snapshots of a place where it is damaged."""
    try:
        removals.find(store, *place)
    except CorruptError as error:
        return damage(layout.removed_key("-".join(place)), error)
    return None


def _in_segments(wanted: Iterable[SnapshotId], segments: Segments, heads: Mapping[str, Head]) -> set[SnapshotId]:
    """Returns those of these snapshots that are in a segment, and opens no other one."""
    places = ((name, group, one) for name, head in heads.items() for group in head.groups for one in wanted)
    return {one for name, group, one in places if group.may_hold(one) and segments.open(name).rows_of(group, [one])}


def _is_number(target: SnapshotId, place: Place) -> bool:
    """Returns whether a link leads to a snapshot that was recorded when it was: of others no note says anything."""
    parts = refname.parts_of(identity.key(place[1], place[0]), target)
    return parts is not None and parts[0] != refname.IMPORTED
