"""Nothing that ada does to her own environment stops a restore of the machine by root."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, cast

import pytest
from support.restores.restorations import Bench, FakeCrew, Killed, World

from cortexrepo.errors import FetchError, RefusedError, RestoreError, StoppedError
from cortexrepo.model.package import Package
from cortexrepo.model.plan import Plan, Selection
from cortexrepo.restore.run.holder import theirs
from cortexrepo.restore.run.restoration import Restoration

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Proposal, Work
    from cortexrepo.model.plan import Part
    from cortexrepo.restore.run.crew import Crew

ADA = 65533
STRIDE = 3
"""Every third event is where root is killed."""
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


class Failing(FakeCrew):
    """Fails in the middle of some phases in ada's environment, with an error of some kind."""

    phases: tuple[str, ...] = ("apply",)
    error: type[RestoreError] = RestoreError

    def do(self, phase: str, part: Part, staging: str) -> None:
        if part.environment == HERS and phase in self.phases:
            self.world.event(f"{phase} fails")
            if "revert" in self.phases:
                self.world.installed["pip", HERS] = frozenset()
            raise self.error("she stopped it")
        super().do(phase, part, staging)


def failing(*phases_: str, kind: type[RestoreError] = RestoreError) -> type[Failing]:
    class Made(Failing):
        phases = phases_
        error = kind

    return Made


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


def after(bench: Bench, hers: str) -> dict[tuple[str, str], frozenset[Package]]:
    """Returns how it is when root's environment is restored, and hers is as it was, or emptied."""
    return {("pip", ROOTS): frozenset(THEN["pip", ROOTS]), ("pip", HERS): NOW["pip", HERS] if hers else frozenset()}


def test_what_fails_in_her_environment_is_taken_back_and_named_and_the_rest_is_restored(bench: Bench) -> None:
    here = restoration(bench, failing("apply"))
    outcome = here.carry_out(here.plan(bench.snapshot, Selection()))
    assert bench.world.installed == after(bench, "as it was")
    [left] = [one for one in outcome.left if one.environment == HERS]
    assert left.reason == "she stopped it; the environment was taken back to what it was"
    assert {one.environment for one in outcome.differences} == {HERS}
    assert bench.world.done.count(f"finish pip {HERS}") == 1
    assert bench.journal().read() is None


def test_what_cannot_even_be_taken_back_keeps_what_its_owner_may_need(bench: Bench) -> None:
    here = restoration(bench, failing("apply", "revert"))
    outcome = here.carry_out(here.plan(bench.snapshot, Selection()))
    assert bench.world.installed == after(bench, "")
    [left] = [one for one in outcome.left if one.environment == HERS]
    assert (
        "she stopped it; this part could not be taken back: files may be left in directories `.cortex-" in left.reason
    )
    assert f"finish pip {HERS}" not in bench.world.done
    assert bench.journal().read() is None


@pytest.mark.parametrize(("kind", "named"), [(RestoreError, (HERS, ROOTS)), (StoppedError, ())])
def test_what_was_named_and_what_a_person_stops_ends_the_restore(
    bench: Bench, kind: type[RestoreError], named: tuple[str, ...]
) -> None:
    here = restoration(bench, failing("apply", kind=kind))
    with pytest.raises(kind, match="she stopped it") as raised:
        here.carry_out(here.plan(bench.snapshot, Selection(environments=named)))
    assert "--resume" in raised.value.hint
    assert "--abort" in raised.value.hint
    assert bench.journal().read() is not None


def test_an_error_in_roots_own_environment_ends_the_restore(bench: Bench) -> None:
    bench.world.refusing = {"p"}
    here = restoration(bench)
    with pytest.raises(RestoreError, match="p will not"):
        here.carry_out(here.plan(bench.snapshot, Selection()))


@pytest.mark.parametrize("phases", [("apply",), ("apply", "recover", "finish")])
@pytest.mark.parametrize("end", ["resume", "abort"])
def test_wherever_root_was_killed_she_keeps_nobody_from_the_end(
    tmp_path: Path, phases: tuple[str, ...], end: str
) -> None:
    for number in range(0, 1000, STRIDE):
        bench = Bench(tmp_path / str(number), World(THEN))
        bench.world.installed = dict(NOW)
        plan = restoration(bench).plan(bench.snapshot, Selection())
        bench.world.left = number
        try:
            restoration(bench, failing(*phases)).carry_out(plan)
        except Killed:
            bench.world.left = None
        else:
            break
        if bench.journal().read() is None:
            continue
        here = restoration(bench, failing(*phases))
        if end == "resume":
            assert not isinstance(here.resume(), Plan)
            assert bench.world.installed["pip", ROOTS] == frozenset(THEN["pip", ROOTS])
            assert bench.world.installed["pip", HERS] in {NOW["pip", HERS], frozenset(THEN["pip", HERS])}
        else:
            outcome = here.abort()
            assert bench.world.installed == NOW
            assert HERS not in {one.environment for one in outcome.left}
            assert outcome.differences == ()
        assert bench.journal().read() is None
    assert number > 15


def test_what_cannot_be_taken_back_of_hers_keeps_nothing_of_roots_from_it(bench: Bench) -> None:
    plan = restoration(bench).plan(bench.snapshot, Selection())

    class Broken(FakeCrew):
        def do(self, phase: str, part: Part, staging: str) -> None:
            super().do(phase, part, staging)
            if (part.environment, phase) == (ROOTS, "apply"):
                raise RestoreError("after both were restored")

    with pytest.raises(RestoreError, match="after both were restored"):
        restoration(bench, Broken).carry_out(plan)
    assert bench.world.installed == {place: frozenset(rows) for place, rows in THEN.items()}
    outcome = restoration(bench, failing("recover", "revert")).abort()
    assert bench.world.installed["pip", ROOTS] == NOW["pip", ROOTS]
    assert [one.environment for one in outcome.left if one.environment] == [HERS]
    assert bench.journal().read() is None


def test_what_was_named_is_refused(bench: Bench) -> None:
    bench.world.missing = {"nosuch"}
    plan = restoration(bench).plan(bench.snapshot, Selection(environments=(HERS, ROOTS)))
    assert [one.package for one in plan.obstacles] == ["nosuch 1.0"]


def test_an_obstacle_in_roots_own_environment_forbids_everything(bench: Bench) -> None:
    bench.world.missing = {"p"}
    plan = restoration(bench).plan(bench.snapshot, Selection())
    assert [one.package for one in plan.obstacles] == ["p 1.0"]


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
