"""A small directory comes in the place of `refs/` while processes are killed, interleave, and the power is cut."""

from __future__ import annotations

import pytest
from support.disk.crashes import Checker, exchanges, kill_pairs, kills, kills_and_cuts, power_cuts
from support.disk.exploring import bounded, bounded_and_cut, by_chance
from support.processes.counts import count
from support.repositories.world import LOCATION, PACKED, World, world

STEPS = [3, pytest.param(1, id="every", marks=pytest.mark.nightly)]
"""Of the kills of the first process each third, and at night every one."""

pytestmark = pytest.mark.usefixtures("named_by_process")

WORLDS = {"grown": {"grown": True}, "begun": {"begun": True}, "grown and begun": {"grown": True, "begun": True}}


def _world(name: str) -> World:
    return world(**WORLDS[name])


def test_a_collector_puts_a_small_directory_in_the_place_of_one_that_has_grown() -> None:
    made = world(grown=True)
    disk = made.copy()
    before = disk.directory(f"{LOCATION}/refs")
    made.open(disk, "collector").upkeep.gc()
    after = disk.directory(f"{LOCATION}/refs")
    assert after is not before
    assert len(after.entries) == len(made.ids)
    assert (before.entries, after.size) == ({}, 0)
    assert "refs.new" not in disk.directory(LOCATION).entries


def test_it_leaves_one_that_is_small() -> None:
    made = world()
    disk = made.copy()
    before = disk.directory(f"{LOCATION}/refs")
    made.open(disk, "collector").upkeep.gc()
    assert disk.directory(f"{LOCATION}/refs") is before


def test_it_leaves_one_where_the_file_system_has_no_links() -> None:
    made = world(rename=True, grown=True)
    disk = made.copy()
    before = disk.directory(f"{LOCATION}/refs")
    made.open(disk, "collector").upkeep.gc()
    assert disk.directory(f"{LOCATION}/refs") is before


@pytest.mark.parametrize("form", WORLDS)
@pytest.mark.parametrize("name", ["create", "delete", "gc", "pack"])
def test_a_process_killed_before_any_call_loses_nothing(name: str, form: str) -> None:
    checker = Checker(_world(form))
    kills(checker, name)
    count("renewal, killed once", points=checker.points, different_disks=checker.distinct)


@pytest.mark.parametrize("form", WORLDS)
@pytest.mark.parametrize("name", ["create", "undelete", "gc"])
def test_a_power_cut_at_any_call_loses_nothing(name: str, form: str) -> None:
    checker = Checker(_world(form))
    power_cuts(checker, name, 24)
    count("renewal, power cut", points=checker.points, states=checker.states, different_disks=checker.distinct)


def test_directories_that_change_places_before_any_call_of_a_create_lose_nothing_in_a_power_cut() -> None:
    checker = Checker(world(begun=True))
    exchanges(checker, "create", 64)
    count("renewal, exchanged, then a power cut", points=checker.points, states=checker.states)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("first", "second"), [("gc", "gc"), ("gc", "create"), ("create", "gc")])
def test_the_next_process_can_be_killed_too(first: str, second: str, step: int) -> None:
    checker = Checker(world(grown=True))
    kill_pairs(checker, first, second, step=step)
    count("renewal, killed twice", points=checker.points, different_disks=checker.distinct)


@pytest.mark.nightly
@pytest.mark.parametrize(("first", "second"), [("gc", "gc"), ("gc", "create"), ("create", "gc")])
def test_a_power_cut_after_a_kill_loses_nothing(first: str, second: str) -> None:
    checker = Checker(world(grown=True))
    kills_and_cuts(checker, first, second, 8)
    count("renewal, killed, then a power cut", points=checker.points, states=checker.states)


@pytest.mark.parametrize(
    ("operations", "bound"),
    [
        (("create", "gc"), 1),
        (("gc", "list"), 2),
        (("gc", "read"), 1),
        (("gc", "undelete"), 1),
        (("gc", "verify"), 1),
        pytest.param(("create", "gc"), 2, marks=pytest.mark.nightly),
        pytest.param(("create", "create twin", "gc"), 1, marks=pytest.mark.nightly),
    ],
    ids=str,
)
def test_no_schedule_breaks_anything(operations: tuple[str, ...], bound: int) -> None:
    explored = bounded(world(grown=True), operations, bound)
    count("renewal, schedules", schedules=explored.schedules, calls=explored.steps)


def test_what_is_acknowledged_survives_a_power_cut_at_once() -> None:
    explored = bounded_and_cut(world(grown=True), ("create", "gc"), 1, 8)
    count("renewal, power cut at each end", schedules=explored.schedules, different_disks=explored.distinct)


@pytest.mark.parametrize("form", [{}, {"form": PACKED}], ids=str)
def test_no_chance_with_kills_and_power_cuts_breaks_anything(form: dict[str, str]) -> None:
    explored = by_chance(world(grown=True, **form), 1, 60, 16, ("create", "create twin", "gc", "pack"))
    count("renewal, chance", runs=explored.schedules, calls=explored.steps, different_disks=explored.distinct)
