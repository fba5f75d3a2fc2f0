"""States of the past: their flags, and their times where the clock was wrong."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from support.machines.logs import NATIVE, START, LoggingMachine, Row, rebuilt

from cortexrepo.ecosystems.apt.past.reconstruction import past, states
from cortexrepo.ecosystems.apt.past.transactions import Gatherer, gather
from cortexrepo.ecosystems.apt.past.windows import Windows
from cortexrepo.machine.localtime import Clock
from cortexrepo.model.package import AUTO, ESSENTIAL, HOLD, RESIDUAL

if TYPE_CHECKING:
    from cortexrepo.ecosystems.apt.past.reconstruction import Past

NOON = int(START.timestamp())


def flags(machine: LoggingMachine, now: dict[str, int]) -> list[dict[str, int]]:
    """Returns the flags of every state, from the oldest on, where packages have these flags now."""
    present = {key: row._replace(flags=row.flags | now.get(row.name, 0)) for key, row in machine.present().items()}
    work = Windows((), Clock(dt.UTC))
    late = NOON + 100_000
    found = past(gather(machine.pieces(), Gatherer(work, Clock(dt.UTC), NATIVE), late), present, late)
    return [{row.name: row.flags for row in state.manifest.packages} for state in states(found, present)][::-1]


def at(*moments: int) -> Past:
    """Returns what is told of versions of one package that came at these seconds after noon."""
    machine = LoggingMachine()
    for number, moment in enumerate(moments):
        machine.now = START + dt.timedelta(seconds=moment)
        machine.install("a", "amd64", str(number))
    machine.now = START + dt.timedelta(days=1)
    return machine.rebuilt().past


def test_a_package_keeps_its_mark_as_far_back_as_it_was_there_and_its_hold_until_something_was_done_to_it() -> None:
    machine = LoggingMachine({("old", NATIVE): Row(NATIVE, "1"), ("still", NATIVE): Row(NATIVE, "1")})
    machine.install("old", "amd64", "2")
    machine.wait(600)
    machine.install("new", "amd64", "1")
    found = flags(machine, {"old": AUTO | HOLD | ESSENTIAL, "still": HOLD, "new": AUTO})
    assert found == [
        {"old": AUTO | ESSENTIAL, "still": HOLD},
        {"old": AUTO | HOLD | ESSENTIAL, "still": HOLD},
        {"old": AUTO | HOLD | ESSENTIAL, "still": HOLD, "new": AUTO},
    ]


def test_what_was_gone_meanwhile_or_is_gone_now_has_no_flags() -> None:
    machine = LoggingMachine({("gone", NATIVE): Row(NATIVE, "1"), ("again", NATIVE): Row(NATIVE, "1")})
    machine.remove("gone", NATIVE, purge=True)
    machine.remove("again", NATIVE)
    machine.wait(600)
    machine.install("again", "amd64", "1")
    assert flags(machine, {"again": AUTO}) == [{"gone": 0, "again": 0}, {"again": RESIDUAL}, {"again": AUTO}]


def test_a_state_has_the_time_of_the_last_line_that_led_to_it() -> None:
    found = at(0, 100, 100, 200)
    assert [one.moment for one in found.transactions] == [NOON * 1000, (NOON + 100) * 1000, (NOON + 200) * 1000]


def test_a_time_in_the_future_is_not_told_but_what_was_done_counts() -> None:
    found = at(0, 400_000_000, 600)
    assert [one.moment is not None for one in found.transactions] == [True, False, True]
    assert found.untimed == 1


def test_a_clock_that_began_in_1970_is_not_believed() -> None:
    found = at(0, 600, -NOON + 60, 1200, 1800)
    assert [one.moment is not None for one in found.transactions] == [True, True, False, True, True]
    assert found.gap is None


def test_a_clock_that_was_set_back_leaves_out_as_little_as_possible() -> None:
    found = at(0, 7200, 3600, 4200, 4800, 9000)
    assert [one.moment is not None for one in found.transactions] == [True, False, True, True, True, True]


def test_the_state_before_the_oldest_is_not_told_where_its_time_is_not_known() -> None:
    machine = LoggingMachine()
    machine.now = START + dt.timedelta(days=4000)
    machine.install("a", "amd64", "1")
    machine.now = START
    machine.install("a", "amd64", "2")
    found = rebuilt(machine.pieces(), (), machine, 1 << 18)
    assert [state.cause.command for state in found.states] == ["dpkg"]


def test_the_log_of_what_debootstrap_made_leads_back_to_the_dpkg_that_it_feigned() -> None:
    machine = LoggingMachine({("dpkg", NATIVE): Row("", "1")})
    machine.install("base-passwd", "amd64", "1")
    machine.install("dpkg", "amd64", "1")
    machine.wait(600)
    machine.install("tzdata", "all", "1")
    found = machine.rebuilt()
    assert found.past.gap is None
    assert [[tuple(row[:3]) for row in state.manifest.packages] for state in found.states] == [
        [("dpkg", "", "1")],
        [("base-passwd", "amd64", "1"), ("dpkg", "amd64", "1")],
        [("base-passwd", "amd64", "1"), ("dpkg", "amd64", "1"), ("tzdata", "all", "1")],
    ]
