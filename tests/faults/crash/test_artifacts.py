"""Artifacts while processes are killed, the power is cut, and collectors and keepers interleave.

What a keeper was told is kept stays; what has an artifact's name is whole at every instant; garbage goes in the end.
"""

from __future__ import annotations

import pytest
from support.disk.crashes import Checker, kill_pairs, kills, kills_and_cuts, power_cuts
from support.disk.exploring import Explored, bounded, bounded_and_cut, by_chance
from support.processes.counts import count
from support.repositories.world import LOOSE, PACKED, ROLLED, world

FORMS = (LOOSE, ROLLED, PACKED)
OPERATIONS = ("keep", "gc", "pack")
STEPS = [3, pytest.param(1, id="every", marks=pytest.mark.nightly)]
"""Of the kills of the first process each third, and at night every one."""

pytestmark = pytest.mark.usefixtures("named_by_process")


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("rename", [False, True], ids=["link", "rename"])
def test_a_keeper_or_collector_killed_before_any_call_loses_nothing(name: str, *, rename: bool) -> None:
    checker = Checker(world(rename=rename, shelved=True))
    kills(checker, name)
    count("artifacts, killed once", points=checker.points, different_disks=checker.distinct)


@pytest.mark.parametrize("form", [ROLLED, PACKED])
@pytest.mark.parametrize("name", OPERATIONS)
def test_the_same_where_snapshots_are_packed(name: str, form: str) -> None:
    checker = Checker(world(form, shelved=True))
    kills(checker, name)
    count("artifacts, killed once, packed", points=checker.points, different_disks=checker.distinct)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("first", "second"), [("keep", "gc"), ("gc", "keep"), ("gc", "gc"), ("keep", "keep")])
def test_the_next_process_can_be_killed_too(first: str, second: str, step: int) -> None:
    checker = Checker(world(shelved=True))
    kill_pairs(checker, first, second, step=step)
    count("artifacts, killed twice", points=checker.points, different_disks=checker.distinct)


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_power_cut_at_any_call_loses_nothing_that_was_called_kept(name: str) -> None:
    checker = Checker(world(shelved=True))
    power_cuts(checker, name, 24)
    count("artifacts, power cut", points=checker.points, states=checker.states, different_disks=checker.distinct)


@pytest.mark.parametrize("limit", [32, pytest.param(512, marks=pytest.mark.nightly)])
def test_a_power_cut_on_a_disk_without_any_artifact_directory_loses_nothing(limit: int) -> None:
    checker = Checker(world())
    power_cuts(checker, "keep", limit)
    count("artifacts, power cut at the first", points=checker.points, states=checker.states)


@pytest.mark.nightly
@pytest.mark.parametrize(("first", "second"), [("keep", "gc"), ("gc", "keep"), ("gc", "gc")])
def test_a_power_cut_after_a_kill_loses_nothing(first: str, second: str) -> None:
    checker = Checker(world(shelved=True))
    kills_and_cuts(checker, first, second, 8)
    count("artifacts, killed, then a power cut", points=checker.points, states=checker.states)


def _count(harness: str, explored: Explored) -> None:
    count(harness, schedules=explored.schedules, joining_others=explored.merged, calls=explored.steps)


def test_no_schedule_of_a_keeper_and_a_collector_loses_what_was_called_kept() -> None:
    _count("artifacts, at most 1 preemption", bounded(world(shelved=True), ("keep", "gc"), 1))


@pytest.mark.parametrize("form", [ROLLED, PACKED])
def test_no_schedule_with_one_preemption_where_all_is_packed_does(form: str) -> None:
    _count("artifacts, packed, at most 1 preemption", bounded(world(form, shelved=True), ("keep", "pack"), 1))


@pytest.mark.parametrize("operations", [("keep", "keep"), ("gc", "verify")], ids=str)
def test_no_schedule_of_others_breaks_anything(operations: tuple[str, ...]) -> None:
    _count("artifacts, others, at most 1 preemption", bounded(world(shelved=True), operations, 1))


@pytest.mark.nightly
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("operations", [("keep", "gc"), ("keep", "pack"), ("gc", "verify")], ids=str)
def test_no_schedule_with_two_preemptions_in_any_form_breaks_anything(operations: tuple[str, ...], form: str) -> None:
    _count("artifacts, every form, at most 2 preemptions", bounded(world(form, shelved=True), operations, 2))


def test_what_is_called_kept_survives_a_power_cut_at_once_beside_a_collector() -> None:
    explored = bounded_and_cut(world(shelved=True), ("keep", "gc"), 1, 8)
    count("artifacts, power cut at each end", schedules=explored.schedules, different_disks=explored.distinct)


@pytest.mark.parametrize("runs", [75, pytest.param(1000, marks=pytest.mark.nightly)])
def test_no_chance_with_kills_and_power_cuts_breaks_anything(runs: int) -> None:
    explored = by_chance(world(shelved=True), 1, runs, 16, ("keep", "delete", "gc", "gc"))
    count("artifacts, chance", runs=explored.schedules, calls=explored.steps, different_disks=explored.distinct)
