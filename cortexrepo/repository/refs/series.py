"""Many snapshots, one after the other: fast where they are in segments and come newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cortexrepo.errors import CorruptError, FormatVersionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cortexrepo.codec.packed.rows import Group, Segment
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Slot, Snapshot
    from cortexrepo.repository.refs.refs import Refs, Unreadable
    from cortexrepo.repository.refs.segments import Place

Found = TypeVar("Found")


def slots(refs: Refs, names: Iterable[RefName]) -> Iterator[tuple[RefName, tuple[Slot, ...] | Unreadable]]:
    """See `Refs.slots`."""
    return _each(refs, names, lambda segment, _, row: segment.slots(row), lambda snapshot: snapshot.slots)


def snapshots(refs: Refs, names: Iterable[RefName], *, linked: bool) -> Iterator[tuple[RefName, Snapshot | Unreadable]]:
    """See `Refs.snapshots`."""
    return _each(
        refs,
        names,
        lambda segment, *place: segment.snapshot(*place) if linked else segment.outline(*place),
        lambda snapshot: snapshot,
    )


def _each(
    refs: Refs,
    names: Iterable[RefName],
    from_row: Callable[[Segment, Group, int], Found],
    from_snapshot: Callable[[Snapshot], Found],
) -> Iterator[tuple[RefName, Found | Unreadable]]:
    segments = refs.rolled()
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
            elif (snapshot := refs.read(name)) is not None:
                yield name, from_snapshot(snapshot)
        except (CorruptError, FormatVersionError) as error:
            yield name, error
