"""The power cut at every call, in every state that the disk may then be in: what was acknowledged is there, whole."""

from __future__ import annotations

import itertools
import random

import pytest
from support.disk.crashes import Checker, Visiting, kills_and_cuts, power_cuts
from support.disk.cut_states import cuts
from support.disk.disk import Disk
from support.disk.process import Current, Process
from support.processes.counts import count
from support.repositories.operations import WRITES
from support.repositories.world import LOCATION, LOOSE, PACKED, ROLLED, world

from cortexrepo.repository.repository import Repository

ALL = 1 << 14
SOME, SEVERAL, FEW = 32, 8, 4
STEPS = [3, pytest.param(1, id="every", marks=pytest.mark.nightly)]
"""Of the kills before a power cut each third, and at night every one."""
PAIRED = ("create", "delete", "undelete", "tag", "gc")

pytestmark = pytest.mark.usefixtures("named_by_process")


def _count(harness: str, checker: Checker) -> None:
    count(harness, points=checker.points, states=checker.states, different_disks=checker.distinct)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("rename", [False, True], ids=["link", "rename"])
def test_a_power_cut_during_or_after_an_operation_loses_nothing(name: str, *, rename: bool) -> None:
    checker = Checker(world(rename=rename))
    # What a collector packs is spread over so many names that all their states are too many.
    power_cuts(checker, name, ALL if name != "pack" else SOME)
    _count("power cut, all states" if name != "pack" else "power cut, packing", checker)


@pytest.mark.parametrize("name", ["create", "delete", "undelete", "gc", "pack"])
@pytest.mark.parametrize("form", [ROLLED, PACKED])
def test_a_power_cut_where_all_is_packed_loses_nothing(name: str, form: str) -> None:
    checker = Checker(world(form))
    power_cuts(checker, name, SOME)
    _count("power cut, packed", checker)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("form", [ROLLED, PACKED])
def test_a_power_cut_after_a_collector_was_killed_while_it_packed_loses_nothing(form: str, step: int) -> None:
    checker = Checker(world(form))
    kills_and_cuts(checker, "pack", "pack", FEW, step=step, start=[ROLLED, PACKED].index(form))
    _count("killed, then power cut, packed", checker)


@pytest.mark.nightly
@pytest.mark.parametrize("form", [LOOSE, ROLLED, PACKED])
def test_a_power_cut_while_a_collector_packs_loses_nothing(form: str) -> None:
    checker = Checker(world(form))
    power_cuts(checker, "pack", 2048)
    _count("power cut, packing, many states", checker)


@pytest.mark.nightly
@pytest.mark.parametrize("form", [LOOSE, ROLLED, PACKED])
@pytest.mark.parametrize("other", PAIRED)
def test_a_power_cut_after_a_kill_of_one_that_packs_or_before_it_loses_nothing(other: str, form: str) -> None:
    checker = Checker(world(form))
    kills_and_cuts(checker, other, "pack", SOME)
    kills_and_cuts(checker, "pack", other, SOME)
    _count("killed, then power cut, with packing, every pair", checker)


@pytest.mark.parametrize(
    ("first", "second"),
    list(itertools.product(PAIRED, repeat=2)),
)
def test_a_power_cut_after_a_kill_loses_nothing(first: str, second: str) -> None:
    checker = Checker(world())
    # No kill is left out: each of the next processes begins with another one, and the same operation has all.
    step = 1 if first == second else len(PAIRED)
    kills_and_cuts(checker, first, second, SEVERAL, step=step, start=PAIRED.index(second))
    _count("killed, then power cut", checker)


@pytest.mark.nightly
@pytest.mark.parametrize("rename", [False, True], ids=["link", "rename"])
@pytest.mark.parametrize(
    ("first", "second"),
    list(itertools.product(WRITES, repeat=2)),
)
def test_a_power_cut_after_any_kill_loses_nothing(first: str, second: str, *, rename: bool) -> None:
    checker = Checker(world(rename=rename))
    kills_and_cuts(checker, first, second, 512)
    _count("killed, then power cut, every pair", checker)


@pytest.mark.parametrize("name", ["create", "delete", "undelete", "tag"])
def test_snapshots_published_by_link_survive_even_where_renames_do_not(name: str) -> None:
    checker = Checker(world(atomic_renames=False))
    power_cuts(checker, name, 512)
    _count("power cut, renames not atomic", checker)


def test_a_power_cut_while_a_repository_is_made_leaves_none_or_all_of_it() -> None:
    disk = Disk()
    chance = random.Random(1)  # noqa: S311 -- the same in every run
    seen: set[int] = set()

    def visit(_: str) -> None:
        for left in cuts(disk, 256, chance).disks:
            if left.fingerprint() not in seen:
                seen.add(left.fingerprint())
                Current.process = Process(left, "next")
                again = Repository.open(LOCATION, create=True, files=Current.process)
                assert again.snapshots() == ()

    Current.process = Process(disk, "maker", Visiting(visit))
    made = Repository.open(LOCATION, create=True, files=Current.process)
    for left in cuts(disk, ALL, chance).disks:
        assert Repository.open(LOCATION, files=Process(left)).id == made.id
    count("power cut while making a repository", different_disks=len(seen))
