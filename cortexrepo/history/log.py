"""Log: the changes of some packages, or of all, snapshot by snapshot."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from cortexrepo.history.changes import newest_first
from cortexrepo.history.packages import EveryPackage, PackagesOf
from cortexrepo.model.history import Logged, Machine, Moment
from cortexrepo.model.snapshot import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.history.packages import Read
    from cortexrepo.history.past import Past
    from cortexrepo.history.subject import Subject
    from cortexrepo.model.diff import Change
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.snapshot import Snapshot

_AT_ONCE = 64
"""So many snapshots are read at a time: one look at the segments finds them all."""


def of_everything(past: Past, limit: int | None) -> Iterator[Logged]:
    """Yields the snapshots at which anything changed, the newest first, at most `limit`."""
    return _logged(past, EveryPackage(past.rows), limit)


def of_packages(past: Past, subject: Subject, limit: int | None) -> list[Logged]:
    """Returns the snapshots at which a package that is meant changed, the newest first, at most `limit`.

    Raises RequestError when no snapshot has such a package, CorruptError where that is not known.
    """
    subject = subject.among(past.recorded)
    read = PackagesOf(past.rows, subject)
    if limit is None:
        read.ahead(past.found)
    found = list(_logged(past, read, limit))
    if not found and not any(map(read, past.found)):
        from cortexrepo.history.names import unknown

        raise past.certain(unknown(past.found, past.rows, subject, past.recorded), f"a package {subject.text!r:.80}")
    return found


def _logged(past: Past, read: Read, limit: int | None) -> Iterator[Logged]:
    told = islice(newest_first(past.found, read, lambda sighting: past.where.meets(sighting.first)), limit)
    while some := list(islice(told, _AT_ONCE)):
        outlines = past.outlines(name for name, _ in some)
        yield from (_at(name, outlines.get(name), changes) for name, changes in some)


def _at(name: RefName, snapshot: Snapshot | None, changes: tuple[Change, ...]) -> Logged:
    moment = Moment(name.id, name.created_at)
    if snapshot is None:
        return Logged(moment, Machine(name.machine), Cause(), "", changes)
    machine = Machine(snapshot.machine, snapshot.fact("hostname"))
    return Logged(moment, machine, snapshot.cause, snapshot.message, changes)
