from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Any

import pytest
from support.repositories.looks import looked_at
from support.restores.restorations import Bench, Killed, World

from cortexrepo.ecosystems.contract.restoring import FINISH, UNDO, WAYS
from cortexrepo.errors import RefusedError, RequestError, RestoreError, StoreError
from cortexrepo.model.outcome import Outcome
from cortexrepo.model.package import AUTO, HOLD, Package
from cortexrepo.model.plan import Plan, Selection
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.run.entry import APPLYING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Proposal, Work
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.snapshot import Snapshot

THEN = {
    ("apt", ""): [
        Package("a", "amd64", "1.0"),
        Package("b", "amd64", "1.0", AUTO),
        Package("held", "amd64", "1", HOLD),
    ],
    ("pip", "/opt/venv"): [Package("p", "", "1.0"), Package("q", "", "1.0")],
    ("npm", "/opt/node"): [Package("n", "", "1.0.0")],
}
NOW = {
    ("apt", ""): [Package("a", "amd64", "2.0"), Package("c", "amd64", "1.0"), Package("held", "amd64", "1")],
    ("pip", "/opt/venv"): [Package("p", "", "2.0"), Package("r", "", "1.0")],
    ("npm", "/opt/node"): [Package("n", "", "0.9.0")],
}
DONE = (("upgrade", 1), ("downgrade", 2), ("install", 2), ("remove", 2), ("mark", 1))


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    world = World(THEN)
    found = Bench(tmp_path, world)
    world.installed = {place: frozenset(rows) for place, rows in NOW.items()}
    return found


def exact(world: World, rows: dict[tuple[str, str], list[Package]]) -> bool:
    return world.installed == {place: frozenset(found) for place, found in rows.items()}


def carried_out(bench: Bench) -> Outcome:
    restoration = bench.restoration()
    return restoration.carry_out(restoration.plan(bench.snapshot, Selection()))


def test_a_restore_is_exact_and_made_in_the_order_of_safety(bench: Bench) -> None:
    outcome = carried_out(bench)
    assert outcome.is_exact
    assert outcome.done == DONE
    assert exact(bench.world, THEN)
    phases = [what for what in bench.world.done if what.startswith(("fetch", "apply apt", "apply pip", "apply npm"))]
    assert [what.split()[:2] for what in phases] == [
        ["fetch", "apt"], ["fetch", "pip"], ["fetch", "npm"], ["apply", "apt"], ["apply", "pip"], ["apply", "npm"],
    ]  # fmt: skip


def test_the_safety_snapshot_holds_what_was_there_before(bench: Bench) -> None:
    outcome = carried_out(bench)
    assert outcome.safety is not None
    safety = bench.repository.get(outcome.safety)
    assert safety.cause.reason == "before restore"
    kept = {
        (one.ecosystem, one.environment): list(one.manifest.packages)
        for one in bench.repository.inventory(safety).readings
        if one.manifest is not None
    }
    assert kept == {place: sorted(rows) for place, rows in NOW.items()}
    assert bench.journal().last() == (safety.id, bench.repository.id, bench.repository.location)


def test_what_is_there_afterwards_is_recorded_so_that_status_is_clean(bench: Bench) -> None:
    outcome = carried_out(bench)
    assert outcome.recorded is not None
    latest = bench.repository.get("latest")
    assert (latest.id, latest.cause.reason) == (outcome.recorded, "after restore")
    assert bench.repository.diff(latest, bench.world.inventory()).changes == ()


def test_a_restore_that_cannot_be_recorded_is_done_all_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    create = Repository.create

    def full(self: Repository, inventory: Inventory, **words: Any) -> Snapshot:
        if words["cause"].reason == "after restore":
            raise StoreError("no space left")
        return create(self, inventory, **words)

    monkeypatch.setattr(Repository, "create", full)
    outcome = carried_out(bench)
    assert (outcome.is_exact, outcome.recorded) == (True, None)
    assert bench.journal().read() is None


def test_a_plan_carries_all_that_carrying_it_out_needs(bench: Bench) -> None:
    plan = bench.restoration().plan(bench.snapshot, Selection())
    assert bench.restoration().carry_out(plan).is_exact
    assert exact(bench.world, THEN)


def test_a_machine_that_changed_since_the_plan_is_not_touched(bench: Bench) -> None:
    restoration = bench.restoration()
    plan = restoration.plan(bench.snapshot, Selection())
    bench.world.installed["apt", ""] |= {Package("new", "amd64", "1")}
    before = dict(bench.world.installed)
    with pytest.raises(RefusedError, match="changed since the plan"):
        restoration.carry_out(plan)
    assert bench.world.installed == before
    assert bench.journal().read() is None
    assert len(bench.repository.snapshots()) == 1


@pytest.mark.parametrize("remembers", [False, True])
def test_places_at_which_the_snapshot_looked_are_looked_at_again(tmp_path: Path, *, remembers: bool) -> None:
    world = World({("pip", "/opt/venv"): [Package("p", "", "1.0")]})
    bench = Bench(tmp_path, world)
    snapshot = bench.repository.create(world.inventory()._replace(looked=looked_at("/data/venv", "~/venv", "/opt/*")))
    asked: list[list[str]] = []

    def collect(known: Sequence[str]) -> Inventory:
        asked.append(list(known))
        return world.inventory()

    look = (lambda _: world.inventory()) if remembers else None
    bench.restoration(collect, look).plan(snapshot, Selection())
    assert asked == [["/data/venv", "/opt/venv"]]


def test_what_is_missing_is_an_obstacle_for_each_of_it(bench: Bench) -> None:
    bench.world.missing = {"a", "q"}
    plan = bench.restoration().plan(bench.snapshot, Selection())
    assert [one.package for one in plan.obstacles] == ["a 1.0", "q 1.0"]


@pytest.mark.parametrize(
    ("hint", "said"),
    [
        ("", WAYS),
        ("make room", f"make room; {WAYS}"),
        ("make room, then `restore --resume`", f"make room, then `restore --resume`; {UNDO}"),
        ("make room, then `restore --abort`", f"make room, then `restore --abort`; {FINISH}"),
        ("`restore --resume` or `restore --abort`", "`restore --resume` or `restore --abort`"),
    ],
)
def test_each_way_out_of_a_part_that_fails_is_said_once(bench: Bench, hint: str, said: str) -> None:
    bench.world.refusing, bench.world.hint = {"q"}, hint
    with pytest.raises(RestoreError) as caught:
        carried_out(bench)
    assert caught.value.hint == said


def test_a_part_that_fails_leaves_the_journal_and_says_both_ways_out(bench: Bench) -> None:
    bench.world.refusing = {"q"}
    with pytest.raises(RestoreError) as caught:
        carried_out(bench)
    assert "--resume" in caught.value.hint
    assert "--abort" in caught.value.hint
    entry = bench.journal().read()
    assert entry is not None
    assert entry.phase == APPLYING
    with pytest.raises(RefusedError, match="interrupted"):
        bench.journal().clear()
    bench.world.refusing = set()
    outcome = bench.restoration().resume()
    assert isinstance(outcome, Outcome)
    assert outcome.is_exact


def test_what_is_gone_meanwhile_stops_a_resume_and_keeps_the_journal(bench: Bench) -> None:
    bench.world.refusing = {"q"}
    with pytest.raises(RestoreError):
        carried_out(bench)
    bench.world.missing = {"q"}
    found = bench.restoration().resume()
    assert isinstance(found, Plan)
    assert [one.package for one in found.obstacles] == ["q 1.0"]
    assert bench.journal().read() is not None


def killed_at(bench: Bench, number: int) -> bool:
    """Restores, is killed at that event, and says whether it was."""
    bench.world.left = number
    try:
        carried_out(bench)
    except Killed:
        return True
    finally:
        bench.world.left = None
    return False


def test_killed_at_any_point_a_resume_ends_exact(tmp_path: Path) -> None:
    for number in range(200):
        bench = made(tmp_path / str(number))
        if not killed_at(bench, number):
            break
        if bench.journal().read() is None:
            assert exact(bench.world, NOW) or exact(bench.world, THEN)
            continue
        outcome = bench.restoration().resume()
        assert isinstance(outcome, Outcome), number
        assert outcome.is_exact, number
        assert outcome.done == DONE, number
        assert exact(bench.world, THEN), number
    else:
        pytest.fail("it never came to its end")
    assert number > 20


def test_killed_at_any_point_an_abort_returns_to_the_start(tmp_path: Path) -> None:
    for number in range(200):
        bench = made(tmp_path / str(number))
        if not killed_at(bench, number):
            break
        if bench.journal().read() is None:
            continue
        outcome = bench.restoration().abort()
        assert outcome.is_exact, number
        assert exact(bench.world, NOW), number
        assert bench.journal().read() is None
    else:
        pytest.fail("it never came to its end")
    assert number > 20


def test_a_resume_that_is_killed_at_any_point_can_be_aborted(tmp_path: Path) -> None:
    for number in range(200):
        bench = made(tmp_path / str(number))
        bench.world.refusing = {"q"}
        with pytest.raises(RestoreError):
            carried_out(bench)
        bench.world.refusing = set()
        bench.world.left = number
        try:
            bench.restoration().resume()
            break
        except Killed:
            bench.world.left = None
        assert bench.restoration().abort().is_exact, number
        assert exact(bench.world, NOW), number
    assert number > 5


def made(directory: Path) -> Bench:
    directory.mkdir()
    world = World(THEN)
    found = Bench(directory, world)
    world.installed = {place: frozenset(rows) for place, rows in NOW.items()}
    return found


@pytest.mark.parametrize("end", ["resume", "abort"])
def test_without_an_interrupted_restore_there_is_nothing_to_end(bench: Bench, end: str) -> None:
    with pytest.raises(RequestError, match="no restore was interrupted"):
        getattr(bench.restoration(), end)()


def test_a_second_restore_finds_nothing_to_do(bench: Bench) -> None:
    carried_out(bench)
    plan = bench.restoration().plan(bench.snapshot, Selection())
    assert plan.parts == ()
    assert plan.obstacles == ()
    assert plan.left == ()


def test_a_journal_that_is_nonsense_is_named(bench: Bench, tmp_path: Path) -> None:
    from cortexrepo.errors import CorruptError

    journal = bench.journal()
    for text in ("", "[]", "{}", '{"version": 0}', "\xff", '{"version": 1, "phase": "applying", "parts": [{}]}'):
        (tmp_path / "journal" / "journal.json").write_text(text)
        with pytest.raises(CorruptError, match=r"journal\.json is damaged"):
            journal.read()


def test_one_restore_at_a_time_and_nobody_waits(bench: Bench) -> None:
    from cortexrepo.errors import LockTimeoutError

    with (
        bench.journal().alone(),
        pytest.raises(LockTimeoutError, match="another restore is running"),
        bench.journal().alone(),
    ):
        pytest.fail("two at once")
    with bench.journal().alone():
        pass


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_stops_it_before_anything_is_changed_leaves_nothing_to_end(bench: Bench, error: BaseException) -> None:
    class Stopped(World):
        def event(self, what: str) -> None:
            if what == "fetch npm /opt/node":
                raise error

    world = bench.world
    bench.world = Stopped(NOW)
    with pytest.raises(type(error)):
        carried_out(bench)
    assert bench.journal().read() is None
    assert exact(bench.world, NOW)
    bench.world = world
    assert carried_out(bench).is_exact


def test_a_disk_that_fails_while_it_is_planned_is_an_obstacle(bench: Bench) -> None:
    def propose(work: Work, _staging: str) -> Proposal:
        raise OSError(errno.ENOSPC, "No space left on device", f"/from/{work.ecosystem}", None, "/to")

    restoration = bench.restoration()
    restoration._crew.propose = propose  # type: ignore[assignment, method-assign]
    plan = restoration.plan(bench.snapshot, Selection())
    assert {(one.kind, one.ecosystem, one.reason, one.hint) for one in plan.obstacles} == {
        ("space", name, "/to: No space left on device", "make room, then run the same command again")
        for name in ("apt", "pip", "npm")
    }


def test_what_was_only_planned_leaves_nothing_on_the_disk(bench: Bench) -> None:
    journal = bench.journal()
    with journal.alone():
        place = journal.staging("part-0")
    assert not os.path.exists(place)
    with pytest.raises(Killed), journal.alone():
        _stopped(journal.staging("part-1"))
    assert not os.path.exists(f"{journal.directory}/part-1")


def _stopped(place: str) -> None:
    assert os.path.isdir(place)
    raise Killed


def test_a_package_that_was_named_and_is_gone_afterwards_is_no_error(bench: Bench) -> None:
    restoration = bench.restoration()
    plan = restoration.plan(bench.snapshot, Selection(packages=("c", "r")))
    assert [step.kind for part in plan.parts for step in part.steps] == ["remove", "remove"]
    assert restoration.carry_out(plan).is_exact
    with pytest.raises(RequestError, match="'c' is neither on this machine nor in the snapshot"):
        restoration.plan(bench.snapshot, Selection(packages=("c",)))


@pytest.mark.parametrize("left", range(3, 20))
def test_a_restore_of_named_packages_is_resumed_when_they_are_gone(bench: Bench, left: int) -> None:
    restoration = bench.restoration()
    plan = restoration.plan(bench.snapshot, Selection(packages=("c", "r")))
    bench.world.left = left
    try:
        restoration.carry_out(plan)
    except Killed:
        bench.world.left = None
        if bench.journal().read() is not None:
            outcome = bench.restoration().resume()
            assert isinstance(outcome, Outcome)
            assert outcome.is_exact


def emptying(bench: Bench) -> None:
    """Has the environments be empty in the snapshot, and not now."""
    bench.world.installed = {place: frozenset(rows if place[0] == "apt" else ()) for place, rows in NOW.items()}
    bench.snapshot = bench.repository.create(bench.world.inventory(), message="empty")
    bench.world.installed = {place: frozenset(rows) for place, rows in NOW.items()}


def test_an_environment_that_is_not_emptied_is_named_with_the_result(bench: Bench) -> None:
    emptying(bench)
    bench.world.installed["apt", ""] |= {Package("new", "amd64", "1")}
    restoration = bench.restoration()
    plan = restoration.plan(bench.snapshot, Selection())
    assert [one.environment for one in plan.left] == ["/opt/venv", "/opt/node"]
    outcome = restoration.carry_out(plan)
    assert not outcome.is_exact
    assert outcome.left == plan.left
    assert {one.environment for one in outcome.differences} == {"/opt/venv", "/opt/node"}


def test_an_undo_may_empty_and_is_resumed_wherever_it_is_killed(bench: Bench) -> None:
    emptying(bench)
    rows = dict(bench.world.installed)
    for left in range(3, 40, 2):
        bench.world.installed = dict(rows)
        restoration = bench.restoration()
        plan = restoration.plan(bench.snapshot, Selection(), agreed=lambda _: True)
        assert (plan.left, len(plan.parts)) == ((), 2)
        bench.world.left = left
        try:
            restoration.carry_out(plan)
        except Killed:
            bench.world.left = None
            if bench.journal().read() is None:
                continue
            outcome = bench.restoration().resume()
            assert isinstance(outcome, Outcome)
            assert outcome.is_exact, left
        bench.world.left = None
        assert bench.world.installed["pip", "/opt/venv"] == frozenset()


class NobodyThereError(RefusedError):
    """Nobody can answer."""


def test_nobody_there_to_answer_is_found_before_a_restorer_is_asked(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asking() -> None:
        raise NobodyThereError("nobody")

    restoration = bench.restoration()
    crew = restoration._crew
    monkeypatch.setattr(crew, "propose", lambda _work, _staging: pytest.fail("a restorer was asked"))
    with pytest.raises(NobodyThereError):
        restoration.plan(bench.snapshot, Selection(), asking=asking)
    # Where nothing is to be done, no answer is needed.
    bench.world.installed = {place: frozenset(rows) for place, rows in THEN.items()}
    assert restoration.plan(bench.snapshot, Selection(), asking=asking).parts == ()
