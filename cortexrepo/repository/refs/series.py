"""Many snapshots, one after the other: fast where they are in segments and come newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cortexrepo.errors import CorruptError, CortexError, FormatVersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cortexrepo.codec.packed.rows import Group, Segment
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot, Snapshot
    from cortexrepo.repository.refs.segments import Place, Segments
    from cortexrepo.repository.refs.tables import Tables

    Unreadable = CorruptError | FormatVersionError

Found = TypeVar("Found")


def slots(
    segments: Segments | None,
    read: Callable[[RefName], Snapshot | None],
    names: Iterable[RefName],
    tables: Callable[[], Tables],
) -> Iterator[tuple[RefName, tuple[Slot, ...] | Unreadable]]:
    """Yields what `Refs.slots` promises, from a look at refs as `each` has it, and the tables."""
    for name, held in each(segments, read, names, lambda segment, _, row: segment.slots(row), lambda one: one.slots):
        # Nearly all are there: only what stands for a table is anything else.
        if type(held) is tuple or isinstance(held, CortexError):
            yield name, held
        elif (known := tables().of(name, held)) is not None:
            yield name, known


def snapshots(
    segments: Segments | None,
    read: Callable[[RefName], Snapshot | None],
    names: Iterable[RefName],
    tables: Callable[[], Tables],
    *,
    linked: bool,
) -> Iterator[tuple[RefName, Snapshot | Unreadable]]:
    """Yields what `Refs.snapshots` promises, likewise."""

    def from_row(segment: Segment, group: Group, row: int) -> Snapshot:
        return segment.snapshot(group, row) if linked else segment.outline(group, row)

    for name, snapshot in each(segments, read, names, from_row, lambda one: one):
        if isinstance(snapshot, CortexError) or snapshot.table() is None:
            yield name, snapshot
        elif (outline := tables().outlined(name, snapshot)) is not None:
            yield name, outline


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
