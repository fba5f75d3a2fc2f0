"""What every ecosystem that can be restored must do, by its row: there and back again exactly, and killed on the way.

After a kill a later process either goes on and ends exactly at the target, or leads back exactly to the start.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from support.slices.back import BACK, RESTORED, places, sweep
from support.slices.ways import WHOLE

from cortexrepo.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from support.slices.back import Back
    from support.slices.ways import Phases

    from cortexrepo.model.plan import Part

WORK = "/.cortex-restore-"
"""A directory of a restorer beside what is installed; `finish` at the latest removes it."""
BYTECODE = "/__pycache__"
"""It is made anew for what is put back; the start of a way must come back with it, byte for byte."""
THERE: Phases = ("apply", "recover")
KILLS_BACK = {False: 2, True: 20}
"""So often it is killed on its way back: by day, and by night."""
KILLS_FETCHING = 2
MOMENTS = 2
SHORTEST = 0.005
"""No attempt is cut short after fewer seconds."""
BY_NIGHT = pytest.mark.parametrize(
    "by_night", [False, pytest.param(True, marks=pytest.mark.nightly)], ids=["by day", "by night"]
)


@pytest.fixture(scope="module", params=RESTORED)
def back(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Back]:
    with BACK[request.param](tmp_path_factory.mktemp(request.param)) as made:
        yield made


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))


def changed_packages(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return [path for path in changed(before, after) if WORK not in path and BYTECODE not in path]


def at_the_target(back: Back) -> None:
    assert back.way.then is not None
    assert changed_packages(back.way.then, back.listing()) == []
    assert back.manifest() == back.way.target


def test_every_ecosystem_that_can_be_restored_has_a_way() -> None:
    assert sorted(BACK) == sorted(RESTORED)


def test_there_and_back_again_is_exact(back: Back) -> None:
    start, now = back.listing(), back.manifest()
    assert now != back.way.target
    with back.fetched() as (begun, part):
        assert len({step.kind for step in part.steps}) >= 3
        assert changed_packages(start, begun.listing()) == []
        begun.place.call(begun.way.lose_sources)
        with begun.fresh() as scene:
            for phase in THERE:
                scene.do(phase, part)
                at_the_target(scene)
            for _ in range(2):
                scene.do("revert", part)
                assert changed(start, scene.listing()) == []
                assert scene.manifest() == now
        with begun.fresh() as scene:
            for phase in WHOLE[1:]:
                scene.do(phase, part)
            at_the_target(scene)
            assert not [path for path in scene.listing() if WORK in path]


def test_from_the_target_there_is_nothing_to_do(back: Back) -> None:
    with back.fresh() as scene:
        to_the_target(scene)
        proposal = scene.propose()
        assert (proposal.steps, proposal.obstacles) == ((), ())


def to_the_target(back: Back) -> None:
    """Does what a later process does, which plans anew: its part has a directory of its own."""
    anew = back._replace(way=back.way._replace(staging=f"{back.way.staging}-anew"))
    part = back.place.call(anew.way.part)
    for phase in WHOLE:
        anew.do(phase, part)
    at_the_target(back)


def settle(back: Back, part: Part, start: Mapping[str, object] | None) -> None:
    """Does what a later process does: goes on to the target, or back to the start if one is given."""
    back.do("recover", part)
    if start is None:
        to_the_target(back)
        back.do("finish", part)
        assert not [path for path in back.listing() if WORK in path]
    else:
        back.do("revert", part)
        back.do("finish", part)
        assert changed(start, back.listing()) == []


@BY_NIGHT
@pytest.mark.parametrize("is_back", [False, True], ids=["on", "back"])
def test_killed_anywhere_it_goes_on_or_back_exactly(
    back: Back, tell_counts: Callable[[dict[str, int]], None], *, is_back: bool, by_night: bool
) -> None:
    start = back.listing() if is_back else None

    def settled(scene: Back, part: Part, number: int) -> None:
        if number % 3 == 0:
            # It may be called again at once, and either gets to the end or refuses.
            with suppress(RefusedError):
                scene.do("apply", part)
        settle(scene, part, start)

    kills = back.kills[by_night]
    found = sweep(back, "apply", kills, settled)
    tell_counts({"kills": found})
    assert found >= kills - 2


def test_killed_at_any_moment_it_goes_on_or_back_exactly(
    back: Back, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    start, found = back.listing(), 0
    with back.fetched() as (begun, part):
        with begun.fresh() as scene:
            began = time.monotonic()
            scene.do("apply", part)
            lasts = time.monotonic() - began
        for number in range(MOMENTS):
            with begun.fresh() as scene:
                found += scene.cut_short("apply", part, lasts * (number + 1) / (MOMENTS + 1))
                settle(scene, part, start if number % 2 else None)
        while not found and lasts > SHORTEST:
            # Other work slowed down what was timed: it is cut short earlier, until that is soon enough.
            lasts /= 2
            with begun.fresh() as scene:
                found += scene.cut_short("apply", part, lasts)
                settle(scene, part, start)
    tell_counts({"kills": found})
    assert found


@BY_NIGHT
def test_killed_while_it_goes_back_it_goes_back_all_the_same(
    back: Back, tell_counts: Callable[[dict[str, int]], None], *, by_night: bool
) -> None:
    start = back.listing()

    def settle(scene: Back, part: Part, _number: int) -> None:
        scene.do("revert", part)
        assert changed(start, scene.listing()) == []

    found = sweep(back, "revert", KILLS_BACK[by_night], settle, "apply")
    tell_counts({"kills": found})
    assert found


def test_killed_while_it_fetches_nothing_has_changed_and_it_is_fetched_again(
    back: Back, tell_counts: Callable[[dict[str, int]], None]
) -> None:
    start, found = back.listing(), 0
    with back.fresh() as planned:
        part = planned.place.call(planned.way.part)
        with planned.fresh() as scene:
            count = scene.changes("fetch", part)
        for place in places(count, KILLS_FETCHING):
            with planned.fresh() as scene:
                found += scene.kill("fetch", part, place)
                scene.do("recover", part)
                assert changed(start, scene.listing()) == []
                to_the_target(scene)
    tell_counts({"kills": found})
    assert found
