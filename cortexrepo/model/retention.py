"""Which snapshots stay when old ones are thinned out. Names in, decisions out: nothing is read, nothing is deleted.

The rules are restic's: each counts alone, and a snapshot stays if one of them keeps it. Unlike there, the oldest
snapshot is not kept in addition while a rule has room left.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from cortexrepo.model.refname import is_numbered
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.refname import RefName

    Zone = Callable[[int], int]
    """A moment in milliseconds since 1970 to the local offset from UTC in seconds at that moment."""

NEWEST = "newest"
"""The newest of its machine, perhaps made just now: it never goes."""
TAGGED = "tagged"
"""A person has given it a name: it never goes."""
TAG, LAST, WITHIN = "tag", "last", "within"
HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY = "hourly", "daily", "weekly", "monthly", "yearly"


class Rules(NamedTuple):
    """What to keep of each machine. No number is below 0; one that is 0 is no rule.

    Attributes:
        last: So many snapshots, the newest ones.
        hourly: The newest snapshot of each of so many hours, the last ones that have any.
        daily: The same of days, in local time as all of these.
        weekly: Of weeks, which begin on Monday.
        monthly: Of months.
        yearly: Of years.
        within_ms: All that were created less than so many milliseconds before the newest one.
        tags: Those that have one of these tags.
    """

    last: int = 0
    hourly: int = 0
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    yearly: int = 0
    within_ms: int = 0
    tags: tuple[str, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether no rule could keep anything."""
        return not any(self)

    @property
    def keeps_one(self) -> bool:
        """Whether no rule counts to more than one."""
        return max(self.last, *self.periods.values()) <= 1

    @property
    def periods(self) -> dict[str, int]:
        """How many of each period of the calendar."""
        return dict(zip(_PERIOD_OF, self[1:6], strict=True))


class Reason(NamedTuple):
    """Why a snapshot stays: the rule, and the tag or the period that it keeps it for, where there is one.

    A period is written `2026-10-25T02+02:00`, `2026-10-25`, `2026-W43`, `2026-10` or `2026`. The hour has its offset:
    when clocks are put back there are two of the same number.
    """

    rule: str
    value: str = ""


class Decision(NamedTuple):
    """What becomes of one snapshot."""

    name: RefName
    tags: tuple[str, ...]
    reasons: tuple[Reason, ...]

    @property
    def stays(self) -> bool:
        """Whether it stays; else nothing keeps it."""
        return bool(self.reasons)

    @property
    def never_goes(self) -> bool:
        """Whether it would stay without any rule."""
        return any(reason.rule in {NEWEST, TAGGED} for reason in self.reasons)


def decide(
    names: Sequence[RefName], tags: Mapping[SnapshotId, tuple[str, ...]], rules: Rules, now_ms: int, zone: Zone
) -> tuple[Decision, ...]:
    """Returns what becomes of each snapshot, in the order of `names`.

    Which one is the newest, of a machine or of a period, is said by that order, not by the clock, which may have been
    set back; to which period it belongs is said by the moment at which it was created.

    Args:
        names: All snapshots, those of one machine newest first.
        tags: The tags of those that have any.
        rules: What to keep.
        now_ms: The present; what was created later is not what `Rules.within_ms` is reckoned from.
        zone: Which time is local.
    """
    machines: dict[str, list[RefName]] = {}
    for name in names:
        machines.setdefault(name.machine, []).append(name)
    reasons: dict[RefName, list[Reason]] = {name: [] for name in names}
    for mine in machines.values():
        recorded = next(filter(is_numbered, mine), mine[0])
        for name in dict.fromkeys((mine[0], recorded)):
            reasons[name].append(Reason(NEWEST))
        for found in (_tagged(mine, tags, rules.tags), _counted(mine, rules, zone), _within(mine, rules, now_ms)):
            for name, reason in found:
                reasons[name].append(reason)
    return tuple(Decision(name, tags.get(name.id, ()), tuple(reasons[name])) for name in names)


def is_bare(found: Sequence[Decision], rules: Rules) -> bool:
    """Returns whether something goes, and nothing stays but what would without any rule.

    Not where a rule counts to more than one: it has found one day so far, say, and keeps more as days go by.
    """
    return (
        rules.keeps_one
        and any(not decision.stays for decision in found)
        and all(decision.never_goes for decision in found if decision.stays)
    )


def _tagged(
    mine: Sequence[RefName], tags: Mapping[SnapshotId, tuple[str, ...]], wanted: Sequence[str]
) -> Iterator[tuple[RefName, Reason]]:
    for name in mine:
        own = tags.get(name.id, ())
        if own:
            yield name, Reason(TAGGED)
        for tag in own:
            if tag in wanted:
                yield name, Reason(TAG, tag)


def _counted(mine: Sequence[RefName], rules: Rules, zone: Zone) -> Iterator[tuple[RefName, Reason]]:
    """Yields the last ones, then the newest of each of the last periods that have any."""
    for name in mine[: rules.last]:
        yield name, Reason(LAST)
    periods = rules.periods
    moments = [_local(name.created_at, zone) for name in mine] if any(periods.values()) else []
    for rule, count in periods.items():
        seen: set[str] = set()
        for name, moment in zip(mine, moments, strict=False):
            if len(seen) >= count:
                break
            period = _PERIOD_OF[rule](moment)
            if period not in seen:
                seen.add(period)
                yield name, Reason(rule, period)


def _within(mine: Sequence[RefName], rules: Rules, now_ms: int) -> Iterator[tuple[RefName, Reason]]:
    newest = next((name.created_at for name in mine if name.created_at <= now_ms), now_ms)
    for name in mine if rules.within_ms else ():
        if name.created_at > newest - rules.within_ms:
            yield name, Reason(WITHIN)


def _local(moment_ms: int, zone: Zone) -> str:
    """Returns local time with its offset from UTC: `2026-10-25T02:30:00+02:00`."""
    offset = dt.timezone(dt.timedelta(seconds=zone(moment_ms)))
    return dt.datetime.fromtimestamp(moment_ms // 1000, offset).isoformat()


def _hour(moment: str) -> str:
    return moment[:13] + moment[19:]


def _day(moment: str) -> str:
    return moment[:10]


def _week(moment: str) -> str:
    year, week, _ = dt.date.fromisoformat(moment[:10]).isocalendar()
    return f"{year}-W{week:02d}"


def _month(moment: str) -> str:
    return moment[:7]


def _year(moment: str) -> str:
    return moment[:4]


_PERIOD_OF = {HOURLY: _hour, DAILY: _day, WEEKLY: _week, MONTHLY: _month, YEARLY: _year}
"""Each period of the calendar, in the order of the fields of `Rules`: local time to the period's name."""
