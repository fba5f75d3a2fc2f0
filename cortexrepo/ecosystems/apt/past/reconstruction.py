"""The past states of apt: from the present one backwards, transaction by transaction. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.past.packagelog import (
    AWAITED,
    CONFIG_FILES,
    INSTALLED,
    NOT_INSTALLED,
    PENDING,
    Known,
    named,
    told,
)
from cortexrepo.model.believed import in_order
from cortexrepo.model.content import bare
from cortexrepo.model.imported import Gap
from cortexrepo.model.package import AUTO, ESSENTIAL, PROTECTED, RESIDUAL, Manifest, Package
from cortexrepo.model.snapshot import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cortexrepo.ecosystems.apt.past.packagelog import Key
    from cortexrepo.ecosystems.apt.past.transactions import Gathered, Transaction

REASON = "import-logs"
"""The reason of every cause."""

_LASTING = AUTO | ESSENTIAL | PROTECTED
_WORDS = 3
_WORKING = frozenset((INSTALLED, AWAITED, PENDING))
"""Between these dpkg may go without a line in its log."""


class State(NamedTuple):
    """What apt had installed at one moment in the past.

    Attributes:
        moment: In milliseconds since 1970; different for each state, and in the order of the log.
        cause: What made it so; without a command for the state before the oldest transaction.
        message: What apt was given as a comment.
        manifest: The packages.
        changes: How many packages the transaction changed.
    """

    moment: int
    cause: Cause
    message: str
    manifest: Manifest
    changes: int


class Past(NamedTuple):
    """What can be told of the past.

    Attributes:
        transactions: Those after which the state is known, from the oldest on, with the moments of these states.
        gap: Why nothing is known of the time before, or None where the logs simply begin.
        untimed: How many transactions are left out because the clock was wrong: when they were is not known.
    """

    transactions: tuple[tuple[Transaction, int | None], ...]
    gap: Gap | None
    untimed: int


def past(gathered: Gathered, present: Mapping[Key, Package], now: int) -> Past:
    """Returns which states are sure: none at all where the log's last lines do not lead to the present.

    Args:
        gathered: What the logs tell.
        present: The packages that there are now, each under its `PackageLog.key`.
        now: The present in seconds since 1970.
    """
    problem = _difference(gathered.known, present)
    if problem:
        return Past((), Gap(now * 1000, problem), 0)
    found = [one for one in gathered.transactions if one.changed() or not one.whole]
    timed = in_order([one.end for one in found], now)
    moments: list[int | None] = []
    last = -1
    for index, one in enumerate(found):
        if index in timed:
            last = max(one.end * 1000, last + 1)
        moments.append(last if index in timed else None)
    return Past(tuple(zip(found, moments, strict=True)), gathered.gap, len(found) - len(timed))


def states(found: Past, present: Mapping[Key, Package]) -> Iterator[State]:
    """Yields every state that is sure, newest first; last that before the oldest transaction, if it is known.

    Flags are not in the logs. A package keeps those it has now as far back as it was installed without a break, a hold
    only as far back as nothing was done to it; all others have none. Nor is the content of a package in the logs.
    """
    rows = {key: bare(row) for key, row in present.items()}
    for one, moment in reversed(found.transactions):
        if moment is not None:
            yield State(moment, _cause(one), _message(one), _manifest(rows), len(one.changed()))
        for key, (before, _) in one.changed().items():
            _undo(rows, key, before)
    if found.transactions:
        oldest, moment = found.transactions[0]
        if oldest.whole and moment is not None and oldest.start > 0:
            earlier = min(oldest.start * 1000, moment) - 1
            yield State(earlier, Cause("", "", REASON), "", _manifest(rows), 0)


def _undo(rows: dict[Key, Package], key: Key, before: Known | None) -> None:
    after = rows.pop(key, None)
    if before is None:
        return
    flags = 0
    if before.status == CONFIG_FILES:
        flags = RESIDUAL
    elif after is not None and not after.flags & RESIDUAL:
        flags = after.flags & _LASTING
    plain = before[2:] == (INSTALLED, "install", "ok")
    attributes = () if plain else (("state", f"{before.want} {before.error} {before.status}"),)
    rows[key] = Package(key[0], before.arch, before.version, flags, attributes)


def _manifest(rows: Mapping[Key, Package]) -> Manifest:
    # No two rows share name and architecture, so that this is `Manifest.of`, only faster.
    return Manifest("apt", tuple(sorted(rows.values())))


def _cause(one: Transaction) -> Cause:
    if one.entry is None:
        return Cause("dpkg", "", REASON)
    return Cause(one.entry.command or "apt", one.entry.user, REASON)


def _message(one: Transaction) -> str:
    return one.entry.comment if one.entry is not None else ""


def _difference(known: Mapping[Key, Known | None], present: Mapping[Key, Package]) -> str:
    """Returns how the present differs from what the log's last lines say, or an empty string."""
    wrong = [key for key in sorted(known) if not _same(known[key], _status(present.get(key)))]
    if not wrong:
        return ""
    key = wrong[0]
    more = f", and {len(wrong) - 1} more packages differ" if len(wrong) > 1 else ""
    now = told(_status(present.get(key)))
    return f"{named(*key)} is {now} now, but the last log line about this package says {told(known[key])}{more}"


def _same(one: Known | None, other: Known | None) -> bool:
    if one is None or other is None:
        return one is other
    same = one.status == other.status or {one.status, other.status} <= _WORKING
    return same and one[:2] == other[:2]


def _status(row: Package | None) -> Known | None:
    """Returns a package's state now as the log would have it."""
    if row is None:
        return None
    words = row.attribute("state").split()
    status = words[2] if len(words) == _WORDS else INSTALLED
    return None if status == NOT_INSTALLED else Known(row.arch, row.version, status)
