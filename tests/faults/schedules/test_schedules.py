"""Several processes at once: every order of their calls with few preemptions, and others by chance.

After every call the disk itself is looked at: each ref that is visible is whole.
"""

from __future__ import annotations

import pytest
from support.disk.exploring import Explored, bounded, bounded_and_cut, by_chance, merged_and_cut
from support.processes.counts import count
from support.repositories import small_tables
from support.repositories.world import LOOSE, PACKED, ROLLED, world

SEED = 1
LINE_UPS = (
    ("create", "create twin"),
    ("create", "create"),
    ("create", "delete"),
    ("create", "gc"),
    ("gc", "gc"),
    ("gc", "undelete"),
    ("gc", "read"),
    ("gc", "list"),
    ("gc", "tag"),
    ("delete", "delete", "undelete"),
)
LARGE = (
    ("create", "create twin", "delete"),
    ("delete", "gc", "list"),
    ("delete", "gc", "read"),
    ("create", "create, delete and collect"),
    ("create", "create and roll up"),
    ("create", "create twin", "gc"),
    ("create", "delete", "gc"),
    ("create", "gc", "gc"),
    ("create", "gc", "read"),
    ("create", "undelete", "gc"),
)
FORMS = (LOOSE, ROLLED, PACKED)
PACKING = (("pack", "list"), ("pack", "read"), ("pack", "undelete"), ("pack", "delete"))
PACKING_LONGER = (("create", "pack"), ("pack", "verify"))
PACKING_LARGE = (
    ("create", "create, delete and collect"),
    ("create", "create and roll up"),
    ("create", "create twin", "pack"),
    ("create", "delete", "pack"),
    ("create", "pack", "read"),
    ("pack", "read", "pack"),
    ("pack", "list", "undelete"),
    ("pack", "gc"),
)
LARGER = (
    ("create", "create twin", "delete", "gc"),
    ("create", "delete", "gc", "read"),
    ("create", "undelete", "gc", "list"),
)
BOUNDS = [1, pytest.param(2, marks=pytest.mark.nightly)]

pytestmark = pytest.mark.usefixtures("named_by_process")


def _name(operations: tuple[str, ...]) -> str:
    return "+".join(operations)


def _at_most(bound: int) -> str:
    return f"at most {bound} preemption{'s' if bound > 1 else ''}"


def _count(harness: str, explored: Explored) -> None:
    count(harness, schedules=explored.schedules, joining_others=explored.merged, calls=explored.steps)


@pytest.mark.parametrize("operations", LINE_UPS, ids=_name)
def test_no_schedule_with_two_preemptions_breaks_anything(operations: tuple[str, ...]) -> None:
    _count("schedules, at most 2 preemptions", bounded(world(), operations, 2))


@pytest.mark.parametrize(
    "operations", [*LARGE, *(pytest.param(each, marks=pytest.mark.nightly) for each in LARGER)], ids=_name
)
def test_no_schedule_with_one_preemption_breaks_anything(operations: tuple[str, ...]) -> None:
    _count("schedules, at most 1 preemption", bounded(world(), operations, 1))


@pytest.mark.parametrize("bound", BOUNDS)
def test_verify_finds_nothing_wrong_while_garbage_is_collected(bound: int) -> None:
    _count(f"schedules, {_at_most(bound)}", bounded(world(), ("gc", "verify"), bound))


@pytest.mark.parametrize(
    ("operations", "bound"),
    [
        (("create", "gc"), 1),
        (("create", "create twin"), 2),
        pytest.param(("create", "gc"), 2, marks=pytest.mark.nightly),
    ],
    ids=str,
)
def test_no_schedule_breaks_anything_where_an_object_is_damaged(operations: tuple[str, ...], bound: int) -> None:
    _count(f"schedules, {_at_most(bound)}, over a damaged object", bounded(world(rotten=True), operations, bound))


TABLED = (("create", "gc"), ("create", "create twin"), ("gc", "read"), ("gc", "undelete"))


@pytest.mark.parametrize("bound", BOUNDS)
@pytest.mark.parametrize("operations", TABLED, ids=_name)
def test_no_schedule_breaks_anything_where_slots_are_in_tables(operations: tuple[str, ...], bound: int) -> None:
    with small_tables.always():
        _count(f"schedules, {_at_most(bound)}, with tables", bounded(world(tabled=True), operations, bound))


@pytest.mark.parametrize("operations", [("create", "pack"), ("pack", "read"), ("pack", "list")], ids=_name)
@pytest.mark.parametrize("form", [LOOSE, PACKED])
def test_no_schedule_of_packing_breaks_anything_where_slots_are_in_tables(
    operations: tuple[str, ...], form: str
) -> None:
    with small_tables.always():
        _count(
            "schedules of packing, at most 1 preemption, with tables", bounded(world(form, tabled=True), operations, 1)
        )


@pytest.mark.parametrize("bound", BOUNDS)
def test_no_schedule_breaks_anything_where_snapshots_are_published_by_rename(bound: int) -> None:
    _count(f"schedules, {_at_most(bound)}, by rename", bounded(world(rename=True), ("create", "gc"), bound))


@pytest.mark.parametrize("operations", PACKING, ids=_name)
def test_no_schedule_of_packing_with_two_preemptions_breaks_anything(operations: tuple[str, ...]) -> None:
    _count("schedules of packing, at most 2 preemptions", bounded(world(PACKED), operations, 2))


@pytest.mark.parametrize(
    ("operations", "form"),
    [*((one, LOOSE) for one in PACKING), *((one, form) for one in PACKING_LONGER for form in (LOOSE, PACKED))],
    ids=str,
)
def test_no_schedule_of_packing_with_one_preemption_breaks_anything(operations: tuple[str, ...], form: str) -> None:
    _count("schedules of packing, at most 1 preemption", bounded(world(form), operations, 1))


@pytest.mark.nightly
@pytest.mark.parametrize("operations", [*PACKING, *PACKING_LONGER], ids=_name)
@pytest.mark.parametrize("form", FORMS)
def test_no_schedule_of_packing_in_any_form_breaks_anything(operations: tuple[str, ...], form: str) -> None:
    _count("schedules of packing, every form, at most 2 preemptions", bounded(world(form), operations, 2))


@pytest.mark.nightly
@pytest.mark.parametrize("operations", PACKING_LARGE, ids=_name)
@pytest.mark.parametrize("form", FORMS)
def test_no_schedule_of_packing_and_two_more_breaks_anything(operations: tuple[str, ...], form: str) -> None:
    _count("schedules of packing and two more, at most 1 preemption", bounded(world(form), operations, 1))


@pytest.mark.nightly
@pytest.mark.parametrize("operations", LARGE, ids=_name)
def test_no_schedule_of_three_with_two_preemptions_breaks_anything(operations: tuple[str, ...]) -> None:
    _count("schedules of three, at most 2 preemptions", bounded(world(), operations, 2))


@pytest.mark.nightly
@pytest.mark.parametrize("operations", [each for each in LINE_UPS if len(each) == 2], ids=_name)
def test_no_schedule_of_two_with_three_preemptions_breaks_anything(operations: tuple[str, ...]) -> None:
    _count("schedules of two, at most 3 preemptions", bounded(world(), operations, 3))


@pytest.mark.parametrize(
    ("operations", "bound"),
    [
        (("delete", "delete"), 2),
        (("tag", "tag"), 1),
        (("undelete", "undelete"), 2),
        (("create", "create twin"), 1),
        (("create", "gc"), 1),
        (("undelete", "gc"), 1),
        pytest.param(("delete", "undelete", "gc"), 1, marks=pytest.mark.nightly),
    ],
    ids=str,
)
def test_what_is_acknowledged_survives_a_power_cut_at_once(operations: tuple[str, ...], bound: int) -> None:
    explored = bounded_and_cut(world(), operations, bound, 16)
    count("schedules, power cut at each end", schedules=explored.schedules, different_disks=explored.distinct)


def test_what_three_acknowledge_survives_a_power_cut_at_once() -> None:
    explored = merged_and_cut(world(), ("delete", "undelete", "gc"), 1, 16)
    count("schedules, power cut at each end", schedules=explored.schedules, different_disks=explored.distinct)


def _by_chance(runs: int, operations: tuple[str, ...] = (), form: str = LOOSE) -> None:
    explored = by_chance(world(form), SEED, runs, 32, operations)
    count(
        f"chance, kills and cuts, {form}",
        runs=explored.schedules,
        calls=explored.steps,
        different_disks=explored.distinct,
    )


def test_no_chance_of_any_operations_with_kills_and_power_cuts_breaks_anything() -> None:
    _by_chance(80)


@pytest.mark.parametrize("runs", [120, pytest.param(1000, marks=pytest.mark.nightly)])
def test_no_chance_of_creates_and_gc_with_kills_and_power_cuts_breaks_anything(runs: int) -> None:
    _by_chance(runs, ("create", "create twin", "gc"))


@pytest.mark.parametrize("form", [ROLLED, PACKED])
def test_no_chance_where_all_is_packed_breaks_anything(form: str) -> None:
    _by_chance(25, form=form)


@pytest.mark.nightly
@pytest.mark.parametrize("form", [ROLLED, PACKED])
def test_no_chance_of_many_where_all_is_packed_breaks_anything(form: str) -> None:
    _by_chance(5_000, form=form)


@pytest.mark.nightly
def test_no_chance_of_many_breaks_anything() -> None:
    _by_chance(20_000)
