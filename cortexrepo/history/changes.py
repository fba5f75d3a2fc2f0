"""Changes: what each sighting says that was different before, and all of them from the newest on.

A state is compared with what was known last of the same machine. What was seen in part adds to that knowledge and takes
nothing away from it: a package that it lacks is still known from before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.model.content import bare
from cortexrepo.model.diff import diff
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import Manifest
from cortexrepo.model.sketch import SKETCHED
from cortexrepo.model.snapshot import OK, PARTIAL
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cortexrepo.history.packages import Packages, Read
    from cortexrepo.history.sightings import Sighting
    from cortexrepo.model.diff import Change, Compare
    from cortexrepo.model.package import Package
    from cortexrepo.model.refname import RefName

_BLOCK, _LARGEST = 64, 1024
"""So many sightings are replayed for the newest changes; twice as many each time, up to so many."""


class Held(NamedTuple):
    """What is known of an environment: rows, whether they are all there is, and whether they are sketches."""

    rows: Packages
    complete: bool
    sketched: bool = False


class Step(NamedTuple):
    """One sighting that could be read: what it shows, what is known after it, and what changed.

    Attributes:
        sighting: The sighting.
        seen: Its rows.
        held: What is known from then on.
        changes: What is different from what was known before; nothing where nothing was.
    """

    sighting: Sighting
    seen: Packages
    held: Held
    changes: tuple[Change, ...]


def replay(found: Iterable[Sighting], read: Read, compare: Compare = registry.compare) -> Iterator[Step]:
    """Yields the steps of sightings, the oldest first, except those that cannot be read."""
    known: dict[tuple[str, str, str], Held] = {}
    for sighting in found:
        seen = read(sighting)
        if seen is None:
            continue
        before = known.get(sighting.key)
        if before is not None and before.rows is seen and before[1:] == (True, sighting.sketched) == sighting[5:7]:
            # Of a few packages nearly always: the very same rows, and all of them, so that nothing is another.
            yield Step(sighting, seen, before, ())
            continue
        changes = () if before is None else _changes(sighting, before, seen, compare)
        known[sighting.key] = held = _held(sighting, before, seen, changes)
        yield Step(sighting, seen, held, changes)


def newest_first(
    found: Sequence[Sighting],
    read: Read,
    wanted: Callable[[Sighting], bool] = lambda _: True,
    compare: Compare = registry.compare,
) -> Iterator[tuple[RefName, tuple[Change, ...]]]:
    """Yields the snapshots at which something changed, the newest first; only as many are worked out as are taken.

    Args:
        found: As `sightings` returns them.
        read: Returns the rows that matter.
        wanted: Whether the changes at the beginning of a sighting are to be told.
        compare: The order of versions.
    """
    chosen = [index for index, sighting in enumerate(found) if wanted(sighting)]
    end, size = (_whole(found, chosen[-1] + 1, 1), _BLOCK) if chosen else (0, 0)
    while chosen and end > chosen[0]:
        begin = _whole(found, max(end - size, 0), -1)
        told: dict[RefName, list[Change]] = {}
        for step in replay([*_seeds(found, begin, end, read), *found[begin:end]], read, compare):
            if step.changes and step.sighting.at >= found[begin].at and wanted(step.sighting):
                told.setdefault(step.sighting.first, []).extend(step.changes)
        yield from ((name, tuple(changes)) for name, changes in reversed(told.items()))
        end, size = begin, min(size * 2, _LARGEST)


def _changes(sighting: Sighting, before: Held, seen: Packages, compare: Compare) -> tuple[Change, ...]:
    """Returns what is different, by the rules of `diff`."""
    if before.rows is seen and before.sketched == sighting.sketched:
        return ()
    if before.sketched != sighting.sketched:
        return _beside_sketches(sighting, before, seen, compare)
    # Equal rows are mostly the very same object: those are found without looking into them.
    old, new = _by_id(before.rows), _by_id(seen)
    gone = [old[one] for one in old.keys() - new.keys()]
    come = [new[one] for one in new.keys() - old.keys()]
    if not gone and not come:
        return ()
    sides = [
        Reading(*sighting.key[1:], OK if complete else PARTIAL, Manifest.of(sighting.ecosystem, rows))
        for rows, complete in ((gone, before.complete), (come, sighting.complete))
    ]
    return diff([sides[0]], [sides[1]], compare).changes


def _by_id(rows: Packages) -> dict[int, Package]:
    return dict(zip(map(id, rows), rows, strict=True))


def _beside_sketches(sighting: Sighting, before: Held, seen: Packages, compare: Compare) -> tuple[Change, ...]:
    """Returns what is different where one side has names and versions only: `diff` completes it by the other."""
    sides = [
        Reading(*sighting.key[1:], OK if complete else PARTIAL, Manifest.of(sighting.ecosystem, rows), "",
                (SKETCHED,) if sketched else ())
        for rows, complete, sketched in (before, (seen, sighting.complete, sighting.sketched))
    ]  # fmt: skip
    return diff([sides[0]], [sides[1]], compare).changes


def _held(sighting: Sighting, before: Held | None, seen: Packages, changes: Iterable[Change]) -> Held:
    if sighting.complete or before is None:
        return Held(seen, sighting.complete, sighting.sketched)
    replaced = {change.before for change in changes if change.after is not None}
    there = set(map(bare, seen))
    kept = [row for row in before.rows if row not in replaced and bare(row) not in there]
    return Held((*kept, *seen), before.complete, before.sketched)


def _whole(found: Sequence[Sighting], index: int, step: int) -> int:
    """Returns the next index in a direction that does not part the sightings of one snapshot."""
    while 0 < index < len(found) and found[index - 1].at == found[index].at:
        index += step
    return index


def _seeds(found: Sequence[Sighting], begin: int, end: int, read: Read) -> list[Sighting]:
    """Returns the earlier sightings from which all that is known at `begin` follows, as far as those after it ask."""
    needed = {sighting.key for sighting in found[begin:end]}
    seeds = []
    for index in range(begin - 1, -1, -1):
        if not needed:
            break
        sighting = found[index]
        if sighting.key in needed:
            seeds.append(sighting)
            if sighting.complete and read(sighting) is not None:
                needed.discard(sighting.key)
    return seeds[::-1]
