"""A home that was not searched to the end makes what lies in it uncertain, and nothing else."""

from __future__ import annotations

import pytest
from support.repositories.looks import looked_at
from support.repositories.pasts import World

from cortexrepo.ecosystems.registry import compare
from cortexrepo.formats.text.summary import counts
from cortexrepo.history.changes import newest_first
from cortexrepo.history.packages import EveryPackage
from cortexrepo.history.rows import Rows
from cortexrepo.history.sightings import sightings
from cortexrepo.model.coverage import above, unsearched
from cortexrepo.model.diff import diff
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import Selection
from cortexrepo.model.snapshot import ABSENT, FAILED, OK, PARTIAL, Slot
from cortexrepo.restore.plan.selection import choose

EVE, BOB = "/home/eve", "/home/bob"
FACTS = (("kind", "user"),)


def environment(place: str) -> Reading:
    return Reading("pip", place, OK, Manifest.of("pip", [Package("a", "", "1")]), "", FACTS)


def gap(place: str, status: str = PARTIAL) -> Reading:
    return Reading("pip", place, status, None, "cut short")


def test_the_directories_around_an_environment_come_from_the_nearest_on() -> None:
    assert list(above("/home/eve/a/venv")) == ["/home/eve/a", "/home/eve", "/home"]
    assert list(above("/venv")) == []
    assert list(above("")) == []


def test_only_a_gap_of_the_same_ecosystem_around_an_environment_counts() -> None:
    gaps = {("pip", EVE)}
    assert unsearched("pip", f"{EVE}/a/venv", gaps) == EVE
    assert unsearched("npm", f"{EVE}/a/venv", gaps) == ""
    assert unsearched("pip", f"{EVE}2/venv", gaps) == ""
    assert unsearched("pip", EVE, gaps) == ""


@pytest.mark.parametrize("status", [PARTIAL, FAILED])
def test_a_diff_calls_nothing_in_such_a_home_removed_or_added(status: str) -> None:
    full, cut = [environment(f"{EVE}/venv"), environment(f"{BOB}/venv")], [gap(EVE, status)]
    found = diff(full, cut, compare)
    assert [(change.kind, change.environment) for change in found.changes] == [("removed", f"{BOB}/venv")]
    assert ("pip", f"{EVE}/venv") in [one[:2] for one in found.unknown]
    assert ("pip", EVE) in [one[:2] for one in found.unknown]
    found = diff(cut, full, compare)
    assert [(change.kind, change.environment) for change in found.changes] == [("added", f"{BOB}/venv")]


def test_a_log_tells_of_no_end_and_no_beginning_in_such_a_home() -> None:
    world = World()
    cut = Slot("pip", EVE, PARTIAL, None, 0, "cut short")
    mine, other = f"{EVE}/venv", f"{BOB}/venv"
    package = [Package("a", "", "1")]
    world.add(cut)
    world.add(cut, world.slot(package, place=mine), world.slot(package, place=other))
    world.add(cut)
    found = newest_first(sightings(world.states()), EveryPackage(Rows(world.content)))
    told = [(change.kind, change.environment) for _, each in found for change in each]
    assert told == [("removed", other), ("added", other)]


def test_a_log_takes_the_first_search_of_all_that_is_around() -> None:
    world = World()
    cut = Slot("pip", EVE, PARTIAL, None, 0, "cut short")
    world.add(cut)
    world.add(world.slot(None, place="", status=ABSENT))
    world.add(world.slot([Package("a", "", "1")], place=f"{EVE}/venv"))
    found = newest_first(sightings(world.states()), EveryPackage(Rows(world.content)))
    assert [(change.kind, change.environment) for _, each in found for change in each] == [("added", f"{EVE}/venv")]


@pytest.mark.parametrize("status", [PARTIAL, FAILED])
def test_a_restore_leaves_alone_what_is_in_such_a_home(status: str) -> None:
    whole = [Reading(name, "", ABSENT) for name in ("apt", "npm")]
    sites = [environment(f"{home}/.local/lib/python3.11/site-packages") for home in (EVE, BOB)]
    for now, then in ((sites, [gap(EVE, status)]), ([gap(EVE, status)], sites)):
        places = looked_at(*(site.environment for site in sites))
        here, there = (Inventory("0" * 32, (), (*one, *whole), places) for one in (now, then))
        found = choose(here, there, Selection(), compare)
        assert [work.environment for work in found.works if work.steps] == [sites[1].environment]
        assert {one.environment for one in found.left} == {EVE, sites[0].environment}


def test_a_home_that_was_cut_short_counts_as_no_environment() -> None:
    slots = [
        Slot("pip", f"{BOB}/venv", OK, None, 2, "", FACTS),
        Slot("pip", f"{BOB}/v2", OK, None, 2, "", FACTS),
        Slot("pip", EVE, PARTIAL, None, 0, "cut short"),
    ]
    assert counts(slots) == ["4 pip in 2 environments"]
