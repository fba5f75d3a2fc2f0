"""An environment that a snapshot does not have: its packages are removed only where it is known to be newer.

Whoever can give root's environment another name, or hide it from a snapshot, must not be able to empty it.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest
from support.repositories.inventories import MACHINE
from support.repositories.looks import looked_at

from cortexrepo.ecosystems.contract.restoring import Proposal
from cortexrepo.machine import births
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest, Package
from cortexrepo.model.plan import Plan, Selection
from cortexrepo.model.snapshot import ABSENT, OK, Cause, Snapshot
from cortexrepo.restore.plan import planning

if TYPE_CHECKING:
    from pathlib import Path

    from cortexrepo.ecosystems.contract.restoring import Work

MADE = 1_700_000_000_000
SITE = "/srv/app/venv/lib/python3.11/site-packages"
KINDS = {"user": ("pip", SITE), "local": ("pip", SITE), "system": ("pip", SITE), "configured": ("npm", "/srv/app")}


def reading(ecosystem: str, environment: str, kind: str, *versions: str) -> Reading:
    rows = [Package(name, "", version) for name, version in zip("abcdef", versions, strict=False)]
    return Reading(ecosystem, environment, OK, Manifest.of(ecosystem, rows), "", (("kind", kind),))


def inventory(*readings: Reading) -> Inventory:
    have = {one.ecosystem for one in readings}
    empty = [Reading(name, "", ABSENT) for name in ("apt", "pip", "npm") if name not in have]
    return Inventory(MACHINE, (), (*readings, *empty), looked_at(*(path for _, path in KINDS.values())))


def planned(
    now: Inventory,
    target: Inventory,
    since: int | None,
    selection: Selection = Selection(),  # noqa: B008
) -> tuple[Plan, list[str]]:
    """Returns a plan, and of which environments restorers were asked."""
    asked: list[str] = []

    def propose(work: Work) -> Proposal:
        asked.append(work.environment)
        return Proposal(work.steps)

    snapshot = Snapshot(SnapshotId("ab" * 16), "cd" * 16, MACHINE, MADE, 1, None, Cause("create", "", ""), "", ())
    question = planning.Question(snapshot, target, now, selection, lambda _: since)
    return planning.make(question, propose, MADE + 1), asked


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("since", [MADE - 1, MADE, 0, None], ids=["before", "same moment", "no birth", "unknown"])
@pytest.mark.parametrize("count", [1, 3])
def test_what_may_have_been_there_is_not_emptied(kind: str, since: int | None, count: int) -> None:
    ecosystem, path = KINDS[kind]
    plan, asked = planned(inventory(reading(ecosystem, path, kind, *["1"] * count)), inventory(), since)
    assert [one.kind for one in plan.obstacles] == ["environment"]
    assert path in plan.obstacles[0].reason
    assert plan.obstacles[0].hint == "keep the packages, and record them: `cortex snapshot create`"
    assert asked == []


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_newer_than_the_snapshot_is_emptied_if_it_is_named(kind: str) -> None:
    ecosystem, path = KINDS[kind]
    now = inventory(reading(ecosystem, path, kind, "1", "1"))
    plan, asked = planned(now, inventory(), MADE + 1)
    assert (plan.obstacles, plan.parts, asked) == ((), (), [])
    assert [(one.ecosystem, one.environment) for one in plan.left] == [(ecosystem, path)]
    assert plan.left[0].reason == (
        "this would remove all 2 packages of the environment; to do so, name the environment: "
        f"`cortex snapshot restore {'ab' * 6} --environment {path}`"
    )
    plan, asked = planned(now, inventory(), MADE + 1, Selection(environments=(path,)))
    assert (plan.obstacles, plan.left) == ((), ())
    assert [step.kind for step in plan.parts[0].steps] == ["remove", "remove"]
    assert asked == [path]


@pytest.mark.parametrize(
    "selection",
    [
        Selection(environments=(SITE,)),
        Selection(only=("pip",)),
        Selection(packages=("a",)),
        Selection(exclude=("a",)),
        Selection(environments=(SITE,), packages=("a", "b")),
    ],
)
def test_no_selection_empties_it_either(selection: Selection) -> None:
    now = inventory(reading("pip", SITE, "user", "1", "1"))
    plan, asked = planned(now, inventory(), MADE - 1, selection)
    assert [one.kind for one in plan.obstacles] == ["environment"]
    assert asked == []


def test_one_that_has_a_new_name_is_not_emptied_and_the_others_are_named_in_commands() -> None:
    """A link gave root's environment another name: the old one is gone, and the new one was never recorded."""
    odd = "/opt/it's"
    now = inventory(
        reading("pip", SITE, "user", "1", "1"), reading("pip", odd, "venv", "2"), reading("apt", "", "", "2")
    )
    target = inventory(
        reading("pip", "/srv/app/venv", "venv", "1", "1"), reading("pip", odd, "venv", "1"), reading("apt", "", "", "1")
    )
    plan, asked = planned(now, target, MADE - 1)
    assert asked == ["", odd]
    assert [one.environment for one in plan.obstacles] == [SITE]
    command = f"cortex snapshot restore {'ab' * 6}"
    assert plan.obstacles[0].hint == (
        f"restore the others: `{command} --only apt`, then `{command} --environment '/opt/it'\"'\"'s'`"
    )


def test_what_the_snapshot_found_empty_is_emptied_if_it_is_named() -> None:
    now, then = inventory(reading("pip", SITE, "user", "1")), inventory(reading("pip", SITE, "user"))
    plan, asked = planned(now, then, MADE - 1)
    assert (plan.obstacles, plan.parts, asked) == ((), (), [])
    assert "its only package" in plan.left[0].reason
    plan, asked = planned(now, then, MADE - 1, Selection(environments=(SITE,)))
    assert (plan.obstacles, plan.left) == ((), ())
    assert asked == [SITE]


def test_the_others_are_restored_where_one_is_not_emptied() -> None:
    now = inventory(reading("pip", SITE, "user", "1"), reading("apt", "", "", "2"))
    plan, asked = planned(now, inventory(reading("pip", SITE, "user"), reading("apt", "", "", "1")), MADE - 1)
    assert (plan.obstacles, asked) == ((), [""])
    assert [one.environment for one in plan.left] == [SITE]


@pytest.mark.parametrize("selection", [Selection(packages=("a",)), Selection(exclude=("b",))])
def test_what_keeps_a_package_or_has_it_named_is_not_emptied(selection: Selection) -> None:
    now, then = inventory(reading("pip", SITE, "user", "1", "1")), inventory(reading("pip", SITE, "user"))
    plan, asked = planned(now, then, MADE - 1, selection)
    assert (plan.left, asked) == ((), [SITE])
    assert [step.package.name for step in plan.parts[0].steps] == ["a"]


def test_an_environment_that_gets_another_package_is_not_emptied() -> None:
    now = inventory(reading("pip", SITE, "user", "1"))
    then = Reading("pip", SITE, OK, Manifest.of("pip", [Package("z", "", "1")]), "", (("kind", "user"),))
    plan, asked = planned(now, inventory(then), MADE - 1)
    assert (plan.left, asked) == ((), [SITE])


def test_a_directory_is_as_old_as_the_oldest_thing_in_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "entry").touch()
    changed = (tmp_path / "entry").stat().st_ctime_ns // 1_000_000
    monkeypatch.setattr(births, "birth", lambda _: changed + 5_000)
    assert births.since(str(tmp_path)) == changed
    monkeypatch.setattr(births, "birth", lambda _: changed - 5_000)
    assert births.since(str(tmp_path)) == changed - 5_000
    monkeypatch.setattr(births, "birth", lambda _: None)
    assert births.since(str(tmp_path)) is None


def test_a_birth_stays_whatever_is_done_to_a_directory(tmp_path: Path) -> None:
    made = tmp_path / "a"
    made.mkdir()
    before = births.birth(str(made))
    if before is None:
        pytest.skip("this disk does not say when a directory was made")
    assert abs(before - made.stat().st_ctime_ns // 1_000_000) <= 1
    time.sleep(0.02)
    (made / "entry").touch()
    made.chmod(0o700)
    os.utime(made, (1, 1))
    made.rename(tmp_path / "b")
    assert births.birth(str(tmp_path / "b")) == before == births.since(str(tmp_path / "b"))
    assert births.birth(str(made)) is None
