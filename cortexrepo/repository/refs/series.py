"""Many snapshots, one after the other: fast where they are in segments and come newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cortexrepo.errors import CorruptError, FormatVersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cortexrepo.codec.packed.rows import Group, Segment
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.refs.segments import Place, Segments

Found = TypeVar("Found")


def each(
    segments: Segments | None,
    read: Callable[[RefName], Snapshot | None],
    names: Iterable[RefName],
    from_row: Callable[[Segment, Group, int], Found],
    from_snapshot: Callable[[Snapshot], Found],
) -> Iterator[tuple[RefName, Found | CorruptError | FormatVersionError]]:
    """Yields something of each of these snapshots, or why it cannot be read; those that were removed are left out.

    Args:
        segments: The segments; None where there are none.
        read: Returns a snapshot that is in none, or None for one that was removed.
        names: Whose.
        from_row: Takes it from a row of a segment.
        from_snapshot: Takes it from a snapshot.
    """
    view = None if segments is None else segments.view()
    place: Place | None = None
    for name in names:
        try:
            # Newest first, each is found beside the one before.
            before = None if place is None else place.before()
            if before is None or before.name() != name:
                before = None if segments is None else segments.find(name, view)
            place = before
            if place is not None:
                yield name, from_row(*place)
            elif (snapshot := read(name)) is not None:
                yield name, from_snapshot(snapshot)
        except (CorruptError, FormatVersionError) as error:
            yield name, error
