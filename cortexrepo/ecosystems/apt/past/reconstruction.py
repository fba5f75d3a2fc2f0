"""The past states of apt: from the present one backwards, transaction by transaction. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.past.leading import leading
from cortexrepo.ecosystems.apt.past.packagelog import CONFIG_FILES, INSTALLED, NOT_INSTALLED, Known, named
from cortexrepo.model.believed import in_order
from cortexrepo.model.content import bare
from cortexrepo.model.imported import Gap, LeftOut
from cortexrepo.model.package import AUTO, ESSENTIAL, PROTECTED, RESIDUAL, Manifest, Package
from cortexrepo.model.snapshot import Cause

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cortexrepo.ecosystems.apt.past.leading import Leading
    from cortexrepo.ecosystems.apt.past.packagelog import Key
    from cortexrepo.ecosystems.apt.past.transactions import Gathered, Transaction

REASON = "import-logs"
"""The reason of every cause."""

_LASTING = AUTO | ESSENTIAL | PROTECTED
_WORDS = 3
_EARLIEST = 631_152_000
"""1990: a clock that shows an earlier time is wrong, for there was no dpkg."""
_FEIGNED = "dpkg"
"""debootstrap tells dpkg that this package is there, and no architecture of it."""


class State(NamedTuple):
    """What apt had installed at one moment in the past.

    Attributes:
        moment: In milliseconds since 1970; different for each state, and in the order of the log.
        cause: What made it so; without a command for the state before the oldest transaction.
        message: What apt was given as a comment.
        manifest: The packages, except the unsure ones.
        changes: How many packages the transaction changed.
        unsure: The packages that may have been there, or not, in any version: the logs contradict each other.
    """

    moment: int
    cause: Cause
    message: str
    manifest: Manifest
    changes: int
    unsure: tuple[str, ...] = ()


class Told(NamedTuple):
    """One transaction, and what is told of it.

    Attributes:
        transaction: What was done.
        moment: When the state after it began, in milliseconds since 1970; None where that is not told.
        left: Why it does not lead to the present; empty where it does.
        unsure: The packages that are not known after it.
    """

    transaction: Transaction
    moment: int | None
    left: str
    unsure: frozenset[Key]


class Past(NamedTuple):
    """What can be told of the past.

    Attributes:
        transactions: Those after which the state is known, and those that are left out, from the oldest on.
        gap: Why nothing is known of the time before, or None where the logs simply begin.
        untimed: How many transactions are left out because the clock was wrong: when they were is not known.
        unsure: The packages that are not known before the oldest transaction.
    """

    transactions: tuple[Told, ...]
    gap: Gap | None
    untimed: int
    unsure: frozenset[Key]

    @property
    def left(self) -> tuple[LeftOut, ...]:
        """The transactions that do not lead to the present, from the oldest on."""
        return tuple(
            LeftOut(one.transaction.start * 1000, _cause(one.transaction).command, one.left)
            for one in self.transactions
            if one.left
        )


def past(gathered: Gathered, present: Mapping[Key, Package], now: int) -> Past:
    """Returns which states are sure.

    Args:
        gathered: What the logs tell.
        present: The packages that there are now, each under its `PackageLog.key`.
        now: The present in seconds since 1970.
    """
    every = gathered.transactions
    lead = leading(every, lambda key: _status(present.get(key)))
    known = [index for index in range(lead.first, len(every)) if every[index].changed() or not every[index].whole]
    ends = {index: every[index].end for index in known if _EARLIEST <= every[index].end <= now}
    timed = [list(ends)[place] for place in sorted(in_order(list(ends.values())))]
    moments: dict[int, int] = {}
    last = -1
    for index in timed:
        last = moments[index] = max(every[index].end * 1000, last + 1)
    told = tuple(
        Told(
            every[index],
            None if index in lead.left else moments.get(index),
            lead.left.get(index, ""),
            lead.unsure.get(index, frozenset()),
        )
        for index in known
    )
    untimed = sum(one.moment is None and not one.left for one in told)
    # What the oldest one found is known just before it.
    unsure = lead.unsure.get(lead.first - 1, frozenset()).difference(told[0].transaction.changes if told else ())
    return Past(told, _gap(gathered, lead, now), untimed, unsure)


def _gap(gathered: Gathered, lead: Leading, now: int) -> Gap | None:
    if not lead.problem:
        return gathered.gap
    newer = gathered.transactions[lead.first :]
    return Gap((newer[0].start if newer else now) * 1000, lead.problem)


def states(found: Past, present: Mapping[Key, Package]) -> Iterator[State]:
    """Yields every state that is sure, newest first; last that before the oldest transaction, if it is known.

    Flags are not in the logs. A package keeps those it has now as far back as it was installed without a break, a hold
    only as far back as nothing was done to it; all others have none. Nor is the content of a package in the logs.
    """
    rows = {key: bare(row) for key, row in present.items()}
    for one in reversed(found.transactions):
        done = one.transaction
        if one.left:
            continue
        if one.moment is not None:
            yield _state(one.moment, _cause(done), _message(done), rows, len(done.changed()), one.unsure)
        for key, (before, _) in done.changed().items():
            _undo(rows, key, before)
    if found.transactions:
        oldest, moment, left, _ = found.transactions[0]
        if oldest.whole and (moment is not None or left) and oldest.start >= _EARLIEST:
            earlier = oldest.start * 1000 if moment is None else min(oldest.start * 1000, moment)
            yield _state(earlier - 1, Cause("", "", REASON), "", rows, 0, found.unsure)


def _state(
    moment: int, cause: Cause, message: str, rows: Mapping[Key, Package], changes: int, unsure: frozenset[Key]
) -> State:
    # No two rows share name and architecture, so that this is `Manifest.of`, only faster.
    sure = rows.values() if not unsure else (row for key, row in rows.items() if key not in unsure)
    manifest = Manifest("apt", tuple(sorted(sure)))
    return State(moment, cause, message, manifest, changes, tuple(named(*key) for key in sorted(unsure)))


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
    arch = before.arch
    if not arch and key[0] != _FEIGNED and after is not None:
        arch = after.arch  # before 2012 the log told none
    rows[key] = Package(key[0], arch, before.version, flags, attributes)


def _cause(one: Transaction) -> Cause:
    if one.entry is None:
        return Cause("dpkg", "", REASON)
    return Cause(one.entry.command or "apt", one.entry.user, REASON)


def _message(one: Transaction) -> str:
    return one.entry.comment if one.entry is not None else ""


def _status(row: Package | None) -> Known | None:
    """Returns a package's state now as the log would have it."""
    if row is None:
        return None
    words = row.attribute("state").split()
    status = words[2] if len(words) == _WORDS else INSTALLED
    return None if status == NOT_INSTALLED else Known(row.arch, row.version, status)
