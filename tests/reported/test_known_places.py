"""Every place where environments are known to be is seen by a look, or found by a walk, or named as not looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.machines import known_places
from support.machines.installed import put
from support.machines.known_places import HOME, NAMED, PLACES, SEEN, Known, place

from cortexrepo.machine.rooted_files import RootedSystem
from cortexrepo.recording.collecting import gather
from cortexrepo.recording.view import Alone

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.model.inventory import Inventory


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    """What one look without variables finds on a machine that has all of the places."""
    root = tmp_path_factory.mktemp("places")
    _made(root)
    return gather(Alone(RootedSystem(str(root))), only=["pip", "npm"])[0]


def _made(root: Path) -> None:
    put(root / "etc/passwd", f"ada:x:1000:1000::{HOME}:/bin/sh\n")
    (root / HOME[1:]).mkdir(parents=True)
    for one in PLACES:
        known_places.make(root, one)


@pytest.mark.parametrize("known", [one for one in PLACES if one.what == SEEN], ids=lambda one: one.tool)
def test_a_place_is_seen(found: Inventory, known: Known) -> None:
    assert place(known) in {one.environment for one in found.readings if one.manifest is not None}


@pytest.mark.parametrize("known", [one for one in PLACES if one.what == NAMED], ids=lambda one: one.tool)
def test_a_place_that_is_never_read_is_named(found: Inventory, known: Known) -> None:
    assert any(f"{place(known)}/".startswith(f"{one.path}/") and one.reason for one in found.unlooked)


def test_nearly_all_places_are_seen_and_nothing_else_is_partial(found: Inventory) -> None:
    assert len(PLACES) >= 100
    assert sum(one.what != SEEN for one in PLACES) <= 0.12 * len(PLACES)
    assert {one.status for one in found.readings} == {"ok"}


def test_what_led_to_a_place_is_told(found: Inventory) -> None:
    """A usual place has no way."""
    ways = {environment: way for _, environment, way in found.ways}
    for known in PLACES:
        if known.files and known.what == SEEN and "pyvenv" not in known.files[0][0]:
            assert ways[place(known)] == known.files[0][0].replace("~", HOME, 1)
    assert f"{HOME}/.venv" not in ways
