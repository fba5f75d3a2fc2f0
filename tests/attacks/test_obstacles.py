"""Nothing that ada does to her own environment stops a restore of the machine by root."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

import pytest
from support.restores.restorations import Bench, FakeCrew, World

from cortexrepo.errors import FetchError, RefusedError
from cortexrepo.model.package import Package
from cortexrepo.model.plan import Selection
from cortexrepo.restore.run.holder import theirs
from cortexrepo.restore.run.restoration import Restoration

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Proposal, Work
    from cortexrepo.model.plan import Part
    from cortexrepo.restore.run.crew import Crew

ADA = 65533
ROOTS, HERS = "/opt/venv", "/home/ada/venv"
THEN = {
    ("pip", ROOTS): [Package("p", "", "1.0")],
    ("pip", HERS): [Package("nosuch", "", "9"), Package("more", "", "9")],
}
NOW = {place: frozenset([Package("p", "", "2.0")]) for place in THEN}


class Refusing(FakeCrew):
    """Refuses to work in ada's environment, as `holder` does where it is also bob's."""

    def propose(self, work: Work, staging: str) -> Proposal:
        if work.environment == HERS:
            raise RefusedError("two users hold it", hint="chown")
        return super().propose(work, staging)


class Offline(FakeCrew):
    """Fetches nothing for ada's environment."""

    def do(self, phase: str, part: Part, staging: str) -> None:
        if phase == "fetch" and part.environment == HERS:
            raise FetchError("nothing came")
        super().do(phase, part, staging)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    world = World(THEN)
    found = Bench(tmp_path, world)
    world.installed = dict(NOW)
    return found


def restoration(bench: Bench, crew: type[FakeCrew] = FakeCrew) -> Restoration:
    return Restoration(
        bench.repository,
        bench.journal(),
        cast("Crew", crew(bench.world)),
        lambda _known: bench.world.inventory(),
        lambda: 1,
        theirs=lambda path: path == HERS,
    )


def test_what_ada_makes_impossible_is_left_out_and_the_rest_is_restored(bench: Bench) -> None:
    bench.world.missing = {"nosuch", "more"}
    here = restoration(bench)
    plan = here.plan(bench.snapshot, Selection())
    assert plan.obstacles == ()
    assert [part.environment for part in plan.parts] == [ROOTS]
    (left,) = [one for one in plan.left if one.ecosystem == "pip"]
    assert (left.environment, "another user's" in left.reason, ", and 1 more" in left.reason) == (HERS, True, True)
    outcome = here.carry_out(plan)
    assert bench.world.installed["pip", ROOTS] == frozenset(THEN["pip", ROOTS])
    assert bench.world.installed["pip", HERS] == NOW["pip", HERS]
    assert not outcome.is_exact


def test_so_is_what_nobody_may_work_in(bench: Bench) -> None:
    plan = restoration(bench, Refusing).plan(bench.snapshot, Selection())
    assert (plan.obstacles, [one.environment for one in plan.left if one.ecosystem == "pip"]) == ((), [HERS])


def test_so_is_what_cannot_be_fetched_unless_it_was_named(bench: Bench) -> None:
    here = restoration(bench, Offline)
    with pytest.raises(FetchError):
        here.carry_out(here.plan(bench.snapshot, Selection(environments=(HERS,))))
    assert bench.world.installed == NOW
    outcome = here.carry_out(here.plan(bench.snapshot, Selection()))
    assert bench.world.installed == {**NOW, ("pip", ROOTS): frozenset(THEN["pip", ROOTS])}
    assert {one.environment for one in outcome.differences} == {HERS}
    assert bench.journal().read() is None


def test_what_was_named_is_refused(bench: Bench) -> None:
    bench.world.missing = {"nosuch"}
    plan = restoration(bench).plan(bench.snapshot, Selection(environments=(HERS, ROOTS)))
    assert [one.package for one in plan.obstacles] == ["nosuch"]


def test_an_obstacle_in_roots_own_environment_forbids_everything(bench: Bench) -> None:
    bench.world.missing = {"p"}
    plan = restoration(bench).plan(bench.snapshot, Selection())
    assert [one.package for one in plan.obstacles] == ["p"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to other users")
def test_an_environment_is_a_users_if_a_user_could_replace_it(tmp_path: Path) -> None:
    for name in ("root/venv", "ada/venv", "linked"):
        (tmp_path / name).mkdir(parents=True)
    assert not theirs(str(tmp_path / "root/venv"))
    os.chown(tmp_path / "ada", ADA, ADA)
    assert theirs(str(tmp_path / "ada/venv"))
    assert theirs(str(tmp_path / "ada/gone/venv"))
    os.lchown(tmp_path / "root/venv", ADA, ADA)
    assert theirs(str(tmp_path / "root/venv"))
