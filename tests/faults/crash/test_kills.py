"""Processes killed at every call: nothing is lost, nothing is half there, and whoever comes next can go on."""

from __future__ import annotations

import itertools

import pytest
from support.disk.crashes import Checker, Visiting, kill_pairs, kills, kills_before_one_that_keeps
from support.disk.cut_states import durable
from support.disk.disk import Disk
from support.disk.process import Current, Process
from support.processes.counts import count
from support.repositories import small_tables
from support.repositories.operations import WRITES
from support.repositories.world import LOCATION, LOOSE, PACKED, ROLLED, holding, world

from cortexrepo.repository.repository import Repository

PAIRED = ("create", "delete", "undelete", "tag", "gc")
PACKING = [("pack", "pack"), ("create", "pack"), ("pack", "create")]

pytestmark = pytest.mark.usefixtures("named_by_process")


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("rename", [False, True], ids=["link", "rename"])
def test_an_operation_killed_before_any_call_loses_nothing(name: str, *, rename: bool) -> None:
    checker = Checker(world(rename=rename))
    kills(checker, name)
    count("killed once", points=checker.points, different_disks=checker.distinct)


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("form", [ROLLED, PACKED])
def test_an_operation_killed_where_all_is_packed_loses_nothing(name: str, form: str) -> None:
    checker = Checker(world(form))
    kills(checker, name)
    count("killed once, packed", points=checker.points, different_disks=checker.distinct)


@pytest.mark.parametrize("name", ["create", "gc", "pack"])
@pytest.mark.parametrize("rename", [False, True], ids=["link", "rename"])
def test_an_operation_killed_where_slots_are_in_tables_loses_nothing(name: str, *, rename: bool) -> None:
    with small_tables.always():
        checker = Checker(world(rename=rename, tabled=True))
        kills(checker, name)
    count("killed once, with tables", points=checker.points, different_disks=checker.distinct)


@pytest.mark.parametrize("form", [LOOSE, ROLLED, PACKED])
@pytest.mark.parametrize("name", ["gc", "pack"])
def test_what_a_collector_that_was_killed_had_begun_to_remove_can_be_brought_back_whole_or_is_gone(
    name: str, form: str
) -> None:
    checker = Checker(world(form))
    kills_before_one_that_keeps(checker, name)
    count("killed, then one that keeps longer", points=checker.points)


@pytest.mark.parametrize(("first", "second"), PACKING)
def test_a_collector_that_packs_can_be_killed_after_another_kill(first: str, second: str) -> None:
    checker = Checker(world(PACKED))
    # Each of them begins with another of the kills.
    kill_pairs(checker, first, second, step=len(PACKING), start=PACKING.index((first, second)))
    count("killed twice, packed", points=checker.points, different_disks=checker.distinct)


@pytest.mark.nightly
@pytest.mark.parametrize("form", [LOOSE, ROLLED, PACKED])
@pytest.mark.parametrize("other", [*PAIRED, "pack"])
def test_a_collector_that_packs_and_any_other_can_be_killed(other: str, form: str) -> None:
    checker = Checker(world(form))
    kill_pairs(checker, other, "pack")
    kill_pairs(checker, "pack", other)
    count("killed twice, with packing, every pair", points=checker.points, different_disks=checker.distinct)


@pytest.mark.parametrize(("first", "second"), list(itertools.product(PAIRED, repeat=2)))
def test_the_next_operation_can_be_killed_too(first: str, second: str) -> None:
    checker = Checker(world())
    # No kill is left out: each of the next processes begins with another one, and the same operation has all.
    step = 1 if first == second else len(PAIRED)
    kill_pairs(checker, first, second, step=step, start=PAIRED.index(second))
    count("killed twice", points=checker.points, different_disks=checker.distinct)


@pytest.mark.nightly
@pytest.mark.parametrize("rename", [False, True], ids=["link", "rename"])
@pytest.mark.parametrize(("first", "second"), list(itertools.product(WRITES, repeat=2)))
def test_any_operation_can_be_killed_after_any_other(first: str, second: str, *, rename: bool) -> None:
    checker = Checker(world(rename=rename))
    kill_pairs(checker, first, second)
    count("killed twice, every pair", points=checker.points, different_disks=checker.distinct)


def _open(disk: Disk, name: str) -> Repository:
    Current.process = Process(disk, name)
    return Repository.open(LOCATION, create=True, files=Current.process)


def test_making_a_repository_can_be_killed_before_any_call() -> None:
    disk = Disk()
    left: list[Disk] = []
    guide = Visiting(lambda _: left.append(durable(disk)))
    Current.process = Process(disk, "maker", guide)
    Repository.open(LOCATION, create=True, files=Current.process)
    for killed in left:
        first, second = _open(killed, "first"), _open(killed, "second")
        assert first.id == second.id
        first.create(holding("A"), message="old")
        assert [snapshot.message for snapshot in second.snapshots()] == ["old"]
    count("killed while making a repository", points=len(left))
    assert len(left) > 20
