"""Which transactions lead to the present: from the newest backwards, each is followed, left out, or the end. Pure.

A transaction leads to the present if each package that it touched is afterwards what it must be, by the transactions
that follow or by what is installed. One that does not was undone (the disk went back, its log did not), or happened in
another root (`dpkg --root`). It is left out if every package in it that does not fit was before what it must be later,
or is not on this machine. Else something happened that the log does not tell, and nothing older is known. Nor is
anything older known than one that is left out, if no older one leads to the present: the disk may have gone back to
before the log began. Where a package does not fit, its state is not known up to the next transaction that tells it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.apt.past.packagelog import WORKING, Known, named, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cortexrepo.ecosystems.apt.past.packagelog import Key
    from cortexrepo.ecosystems.apt.past.transactions import Transaction

    Now = Callable[[Key], Known | None]


class Leading(NamedTuple):
    """Which transactions lead to the present.

    Attributes:
        first: The index of the oldest one that is followed or left out; what is before it is not known.
        left: Those that are left out, by index, each with the reason.
        unsure: The packages that are not known after a transaction, by its index; before the first one: `first` - 1.
        problem: Why nothing before `first` is known; empty where the logs begin there.
    """

    first: int
    left: dict[int, str]
    unsure: dict[int, frozenset[Key]]
    problem: str


def leading(transactions: Sequence[Transaction], now: Now) -> Leading:
    """Returns which of these transactions, from the oldest on, lead to the present.

    Args:
        transactions: What the logs tell.
        now: Returns what a package is now.
    """
    mentions = _Mentions(transactions)
    wanted: dict[Key, Known | None] = {}
    left: dict[int, str] = {}
    first, problem = 0, ""
    for index in reversed(range(len(transactions))):
        changes = transactions[index].changes
        wrong = [key for key in sorted(changes) if not same(changes[key][1], wanted.get(key, now(key)))]
        if not wrong:
            wanted.update((key, before) for key, (before, _) in changes.items())
            continue
        reason = _difference(wrong, transactions[index], wanted, now)
        strange = [key for key in wrong if key in wanted or now(key) is not None]
        if not all(mentions.was(key, wanted.get(key, now(key)), index) for key in strange):
            first, problem = index + 1, reason
            break
        left[index] = reason
    unsure = _unsure(transactions, now, left, first)
    while left and first < len(transactions) and (first in left or not transactions[first].changed()):
        problem = left.pop(first, problem)
        first += 1
    return Leading(first, left, unsure, problem)


class _Mentions:
    """Where each package is mentioned."""

    def __init__(self, transactions: Sequence[Transaction]) -> None:
        self._transactions = transactions
        self._places: dict[Key, list[int]] = {}
        for index, one in enumerate(transactions):
            for key in one.changes:
                self._places.setdefault(key, []).append(index)

    def was(self, key: Key, wanted: Known | None, index: int) -> bool:
        """Returns whether a package was once so, at the latest before a transaction."""
        for place in self._places[key]:
            before, after = self._transactions[place].changes[key]
            if place <= index and (same(before, wanted) or (place < index and same(after, wanted))):
                return True
        return False


def _unsure(
    transactions: Sequence[Transaction], now: Now, left: dict[int, str], first: int
) -> dict[int, frozenset[Key]]:
    """Returns after which transactions the state of packages is not known."""
    found: dict[int, set[Key]] = {}

    def note(key: Key, known: Known | None, wanted: Known | None, places: range) -> None:
        if not same(known, wanted):
            for place in _until_told(key, transactions, left, places):
                found.setdefault(place, set()).add(key)

    count = len(transactions)
    for index in left:
        for key, (before, after) in transactions[index].changes.items():
            wanted = _wanted(key, transactions, left, index + 1, now)
            note(key, after, wanted, range(index, count))
            note(key, before, wanted, range(index - 1, first - 2, -1))
    last = {key: after for one in transactions[:first] for key, (_, after) in one.changes.items()}
    for key, after in last.items():
        note(key, after, _wanted(key, transactions, left, first, now), range(first - 1, count))
    return {index: frozenset(keys) for index, keys in found.items()}


def _until_told(key: Key, transactions: Sequence[Transaction], left: dict[int, str], places: range) -> Iterator[int]:
    """Yields these transactions up to the next one that leads to the present and touched the package."""
    for place in places:
        if place != places.start and place >= 0 and place not in left and key in transactions[place].changes:
            return
        yield place


def _wanted(key: Key, transactions: Sequence[Transaction], left: dict[int, str], index: int, now: Now) -> Known | None:
    """Returns what a package must be before a transaction, by those from it on that lead to the present."""
    for place in range(index, len(transactions)):
        if place not in left and key in transactions[place].changes:
            return transactions[place].changes[key][0]
    return now(key)


def _difference(wrong: Sequence[Key], one: Transaction, wanted: dict[Key, Known | None], now: Now) -> str:
    """Returns how what a transaction left differs from what must be there, or an empty string."""
    key = wrong[0]
    more = f", and {len(wrong) - 1} more packages differ" if len(wrong) > 1 else ""
    after = one.changes[key][1]
    if key in wanted:
        return (
            f"{named(*key)}: the earlier log lines say '{told(after)}', the next line finds '{told(wanted[key])}'{more}"
        )
    return f"{named(*key)} is {told(now(key))} now, but the last log line about this package says {told(after)}{more}"


def same(one: Known | None, other: Known | None) -> bool:
    """Returns whether two states are the same, as far as dpkg's log tells; before 2012 it told no architecture."""
    if one is None or other is None:
        return one is other
    is_one_place = one.arch == other.arch or not one.arch or not other.arch
    is_one_status = one.status == other.status or {one.status, other.status} <= WORKING
    return is_one_place and is_one_status and one.version == other.version
