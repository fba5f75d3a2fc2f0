"""Laws of retention, over machines whose clocks jump and zones whose clocks are put forward and back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from cortexrepo.model import refname
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.retention import DAILY, HOURLY, MONTHLY, WEEKLY, YEARLY, Rules, decide
from cortexrepo.repository.refs import order

if TYPE_CHECKING:
    from cortexrepo.model.refname import RefName
    from cortexrepo.model.retention import Decision, Zone

NOW = 1_790_000_000_000
MINUTE, HOUR = 60_000, 3_600_000
MACHINES = "0" * 32, "0" * 31 + "1"
Tags = dict[SnapshotId, tuple[str, ...]]

# Steps of a clock from one snapshot to the next: mostly on, sometimes back, by minutes or by years.
steps = st.one_of(
    st.integers(-2 * HOUR, 40 * HOUR), st.integers(-10, 60).map(lambda days: days * 24 * HOUR), st.just(-400 * HOUR)
)
starts = st.integers(NOW - 20_000 * HOUR, NOW)


@st.composite
def _machines(draw: st.DrawFn) -> tuple[list[RefName], Tags]:
    """Snapshots of one or two machines, newest first as the repository lists them, and the tags of some."""
    names: list[RefName] = []
    for machine in draw(st.sampled_from([(MACHINES[0],), MACHINES])):
        moment, sequence = draw(starts), 0
        for step in draw(st.lists(steps, max_size=24)):
            moment, sequence = max(0, moment + step), sequence + draw(st.sampled_from([1, 1, 1, 0]))
            names.append(refname.make(sequence, moment, machine, SnapshotId(f"{len(names):032x}")))
    chosen = draw(st.sets(st.sampled_from(names), max_size=3)) if names else set()
    return list(order.newest_first(order.streams(names))), {name.id: ("golden",) for name in chosen}


machines = _machines()
counts = st.integers(0, 6)
all_rules = st.builds(
    Rules, counts, counts, counts, counts, counts, counts, st.just(0) | st.integers(1, 9000 * HOUR),
    st.sampled_from([(), ("golden",), ("nowhere",)]),
)  # fmt: skip


def _zone(hours: float, ahead: float, every: int) -> Zone:
    """Returns a zone whose clocks are put forward for every other so many days."""
    return lambda moment_ms: int(3600 * (hours + ahead * (moment_ms // (24 * HOUR) // every % 2)))


zones = st.builds(
    _zone, st.sampled_from([0, 1, -3.5, 5.5, 10.5, 14]), st.sampled_from([0, 0.5, 1]), st.sampled_from([3, 182])
)


def _decide(found: tuple[list[RefName], Tags], rules: Rules, zone: Zone) -> tuple[Decision, ...]:
    return decide(*found, rules, NOW, zone)


def _local(moment_ms: int, zone: Zone) -> dt.datetime:
    return dt.datetime.fromtimestamp(moment_ms // 1000, dt.timezone(dt.timedelta(seconds=zone(moment_ms))))


def _staying(found: tuple[Decision, ...]) -> set[RefName]:
    return {decision.name for decision in found if decision.stays}


def _of_machine(names: list[RefName]) -> list[list[RefName]]:
    return [[name for name in names if name.machine == machine] for machine in {name.machine for name in names}]


@given(machines, all_rules, zones)
def test_every_snapshot_is_decided_once_in_the_order_given(
    found: tuple[list[RefName], Tags], rules: Rules, zone: Zone
) -> None:
    assert [decision.name for decision in _decide(found, rules, zone)] == found[0]


@given(machines, all_rules, all_rules, zones)
def test_adding_to_the_rules_never_removes_more(
    found: tuple[list[RefName], Tags], rules: Rules, more: Rules, zone: Zone
) -> None:
    added = Rules(*map(max, rules[:7], more[:7]))._replace(tags=(*rules.tags, *more.tags))  # type: ignore[arg-type]
    assert _staying(_decide(found, rules, zone)) <= _staying(_decide(found, added, zone))


@given(machines, all_rules, zones)
def test_rules_together_keep_what_each_of_them_keeps_and_nothing_else(
    found: tuple[list[RefName], Tags], rules: Rules, zone: Zone
) -> None:
    alone = [Rules()._replace(**{field: value}) for field, value in rules._asdict().items()]
    assert _staying(_decide(found, rules, zone)) == set().union(*(_staying(_decide(found, one, zone)) for one in alone))


@given(machines, all_rules, zones)
def test_the_newest_of_each_machine_and_what_is_tagged_stay(
    found: tuple[list[RefName], Tags], rules: Rules, zone: Zone
) -> None:
    names, tags = found
    for one in (rules, Rules()):
        staying = _staying(_decide(found, one, zone))
        assert {mine[0] for mine in _of_machine(names)} <= staying
        # The one with the highest number is the newest that was recorded when it was.
        assert {max(mine) for mine in _of_machine(names)} <= staying
        assert {name for name in names if name.id in tags} <= staying


@given(machines, all_rules, zones, st.randoms(use_true_random=False))
def test_pruning_again_removes_nothing_more_wherever_the_first_time_was_cut_short(
    found: tuple[list[RefName], Tags], rules: Rules, zone: Zone, random: object
) -> None:
    names, tags = found
    staying = _staying(_decide(found, rules, zone))
    assert _staying(_decide(([name for name in names if name in staying], tags), rules, zone)) == staying
    left = [name for name in names if name in staying or random.random() < 0.5]  # type: ignore[attr-defined]
    assert _staying(_decide((left, tags), rules, zone)) == staying


@given(machines, st.integers(1, 30))
def test_the_last_ones_are_the_first_of_each_machines_list(found: tuple[list[RefName], Tags], count: int) -> None:
    names = found[0]
    expected = {name for mine in _of_machine(names) for name in (*mine[:count], max(mine))}
    assert _staying(_decide((names, {}), Rules(last=count), _zone(0, 0, 1))) == expected


def _only(rule: str, count: int) -> Rules:
    return Rules(**{rule: count})  # type: ignore[arg-type]


def _period(rule: str, local: dt.datetime) -> object:
    return {
        HOURLY: (local.date(), local.hour, local.utcoffset()),
        DAILY: local.date(),
        WEEKLY: local.isocalendar()[:2],
        MONTHLY: (local.year, local.month),
        YEARLY: local.year,
    }[rule]


@given(machines, st.sampled_from([HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY]), st.integers(1, 30), zones)
def test_each_of_the_last_periods_that_have_any_keeps_exactly_its_newest(
    found: tuple[list[RefName], Tags], rule: str, count: int, zone: Zone
) -> None:
    kept = {
        decision.name
        for decision in _decide(found, _only(rule, count), zone)
        if rule in {reason.rule for reason in decision.reasons}
    }
    for mine in _of_machine(found[0]):
        newest: dict[object, RefName] = {}
        for name in mine:
            newest.setdefault(_period(rule, _local(name.created_at, zone)), name)
        assert kept.intersection(mine) == set(list(newest.values())[:count])


@given(machines, st.integers(1, 9000 * HOUR), zones)
def test_within_keeps_all_that_is_younger_than_the_newest_by_less(
    found: tuple[list[RefName], Tags], length: int, zone: Zone
) -> None:
    names = found[0]
    staying = _staying(_decide((names, {}), Rules(within_ms=length), zone))
    for mine in _of_machine(names):
        newest = next((name.created_at for name in mine if name.created_at <= NOW), NOW)
        young = {name for name in mine if newest - name.created_at < length}
        assert staying.intersection(mine) == young | {mine[0], max(mine)}
