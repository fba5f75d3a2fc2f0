"""How old deletion marks are: since when each counts, and which are old enough to go.

A mark states when it was made, by the clock of who made it. A collector believes that as long as nothing speaks against
it: a mark of the future, and one that appeared after an earlier collection and states a time before that, count from
when a collector first saw them. And by default a collector does not believe its own clock beyond what is recorded:
a silence, in which nothing was recorded, counts for a week at most. So a clock that jumps ahead takes nothing that was
deleted a minute ago. And after a silence of more than a day, and longer than is usual here, nothing goes at all
(`cortexrepo.model.silence`). docs/protocol.md, 7.1, has the rules and their limits.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, cast

from cortexrepo.codec import records
from cortexrepo.codec.canonical import fits
from cortexrepo.errors import CorruptError, FormatVersionError, StoreError
from cortexrepo.model import silence
from cortexrepo.model.refname import is_numbered
from cortexrepo.named import NamedTuple
from cortexrepo.repository import layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cortexrepo.codec.records import Mark
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.repository.refs.refs import Refs
    from cortexrepo.store.base import Store

KEEP_DELETED_MS = 14 * 24 * 3600 * 1000
"""How long a deleted snapshot can be brought back, unless the caller says otherwise."""
SILENCE_MS = KEEP_DELETED_MS // 2
"""For so long a silence counts. A larger value lets a jump of the clock take more; it must stay below the window."""
SLACK_MS = 3600 * 1000
"""A mark may state a time so long before the collection that missed it: the deleter was slow, and took nothing away."""
_KEY = f"{layout.CACHE}/marks"
_SIZE = 4
_DAY_MS = 24 * 3600 * 1000
_RUNS = 64
"""So many moments of collections are remembered: they are about a day apart, and more days than the window has."""


class Sightings(NamedTuple):
    """What the last collection saw.

    Attributes:
        runs: When collections ran, by their clocks, the last one last; about one a day, none where none ran.
        plain: The marks that it saw and that count from when they were made: a checksum over each.
        odd: The others by snapshot: when each says that it was made, and since when it counts.
    """

    runs: tuple[int, ...] = ()
    plain: frozenset[int] = frozenset()
    odd: Mapping[str, tuple[int, int]] = {}


class Ages:
    """The ages of all deletion marks at one collection.

    Attributes:
        doubted: The snapshots that stay although their marks are old enough by the clock: it may be wrong.
        refused: Whether they stay because this collection's clock is ahead of all that is recorded, without reason.
    """

    def __init__(self, store: Store, refs: Refs, now: int, keep: int | None) -> None:
        """Takes the parts of a repository, the present, and how long deleted snapshots can be brought back.

        `keep` is 0 for no time at all, and None for the default, for which silences count only in part.
        """
        self._store = store
        self._refs = refs
        self._now = now
        self._keep = keep
        self._latest = now - (KEEP_DELETED_MS if keep is None else keep)
        self._seen = _recalled(store)
        self._certain: int | None = None
        self._is_borne_out = True
        self.refused = False
        self.doubted: dict[SnapshotId, None] = {}

    def is_old(self, mark: Mark) -> bool:
        """Returns whether a mark is old enough for its snapshot to go."""
        if self._keep == 0:
            return True
        since = self._since(mark)
        if since > self._latest:
            return False
        if self._keep is None and not self._is_certain(since):
            self.doubted[mark.snapshot] = None
            return False
        return True

    def note(self, marks: Iterable[Mark]) -> None:
        """Notes that these marks were seen now, for the next collection; a note that cannot be kept is not.

        Where nothing was ever deleted nothing is noted, nor by a collection that asks no clock.
        """
        if self._keep == 0:
            return
        since = {mark: self._since(mark) for mark in marks}
        if not since and not self._seen.runs:
            return
        plain = sorted(_checksum(mark) for mark, moment in since.items() if moment == mark.made_at)
        odd = tuple(
            (mark.snapshot, mark.made_at, moment) for mark, moment in sorted(since.items()) if moment != mark.made_at
        )
        data = b"".join(one.to_bytes(_SIZE, "big") for one in plain)
        try:
            self._store.put_cache(_KEY, records.seal(records.MEMORY, (self._runs(), data, odd)))
        except (ValueError, StoreError):
            return

    def _runs(self) -> tuple[int, ...]:
        """Returns the moments of collections, this one the last: those of about a day become one."""
        runs = self._seen.runs
        if runs[1:] and 0 <= self._now - runs[-2] < _DAY_MS:
            runs = runs[:-1]
        return (*runs, self._now)[-_RUNS:]

    def _since(self, mark: Mark) -> int:
        """Returns since when a mark counts."""
        made, since = self._seen.odd.get(mark.snapshot, (-1, 0))
        if made == mark.made_at:
            return min(since, self._now)
        last = self._seen.runs[-1] if self._seen.runs else 0
        is_known = mark.made_at >= last - SLACK_MS or _checksum(mark) in self._seen.plain
        if is_known and mark.made_at <= self._now:
            return mark.made_at
        return self._now

    def _is_certain(self, since: int) -> bool:
        """Returns whether a mark that is old by the clock is so by what is recorded too; notes where nothing is."""
        if self._certain is None:
            self._weigh()
        self.refused = not self._is_borne_out
        return self._is_borne_out and since <= cast("int", self._certain)

    def _weigh(self) -> None:
        """Compares the clock with all that is recorded. Once: what others record meanwhile bears out their clocks."""
        names = [name for name in self._refs.every() if name.created_at <= self._now]
        stated = list(self._stated())
        numbered = [name for name in names if is_numbered(name)]
        # Since when an odd mark counts is a collection's word.
        recorded = [*(name.created_at for name in numbered), *(since for made, since in stated if made == since)]
        runs, usual = self._seen.runs, silence.rhythm(numbered)
        self._is_borne_out = silence.is_borne_out(recorded, runs, usual, self._now, KEEP_DELETED_MS)
        moments = {name.created_at for name in names}.union(runs, (since for _, since in stated))
        self._certain = self._certainly(moments.union(since for _, since in self._seen.odd.values()))

    def _certainly(self, recorded: Iterable[int]) -> int:
        """Returns the latest recorded moment that is old enough when each silence counts for a week at most."""
        age, later = 0, self._now
        for moment in sorted((moment for moment in recorded if moment <= self._now), reverse=True):
            age, later = age + min(later - moment, SILENCE_MS), moment
            if age >= KEEP_DELETED_MS:
                return moment
        return -1

    def _stated(self) -> Iterator[tuple[int, int]]:
        """Yields of each mark that can be read the moment that it states, and since when it counts."""
        for name in self._store.names(layout.DELETED):
            try:
                data = self._store.get(f"{layout.DELETED}/{name}", records.LIMIT)
                if data is not None:
                    mark = records.decode_mark(records.MARK, data)
                    yield mark.made_at, self._since(mark)
            except (CorruptError, FormatVersionError):
                continue


def _checksum(mark: Mark) -> int:
    return zlib.crc32(f"{mark.snapshot}{mark.made_at}".encode())


def _recalled(store: Store) -> Sightings:
    try:
        data = store.get(_KEY, records.LIMIT)
        value = None if data is None else records.unseal(records.MEMORY, data)
    except (CorruptError, FormatVersionError, StoreError):
        return Sightings()
    match value:
        case (tuple(runs), bytes(plain), tuple(odd)) if fits(runs, *[int] * len(runs)) and all(
            fits(one, str, int, int) for one in odd
        ):
            starts = range(0, len(plain), _SIZE)
            known = frozenset(int.from_bytes(plain[start : start + _SIZE], "big") for start in starts)
            rows = cast("tuple[tuple[str, int, int], ...]", odd)
            return Sightings(cast("tuple[int, ...]", runs), known, {own: (made, since) for own, made, since in rows})
        case _:
            return Sightings()
