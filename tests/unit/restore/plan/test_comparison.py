from __future__ import annotations

import pytest

from cortexrepo.ecosystems.registry import compare
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import AUTO, BROKEN, EDITABLE, HOLD, OWNED, REQUESTED, RESIDUAL, Manifest, Package
from cortexrepo.model.plan import Selection
from cortexrepo.model.snapshot import OK
from cortexrepo.restore.plan.comparison import differences, left_alone, stays
from cortexrepo.restore.plan.selection import choose


def inventory(rows: dict[str, list[Package]]) -> Inventory:
    readings = [
        Reading(name, f"/{name}" if name in {"npm", "pip"} else "", OK, Manifest.of(name, rows.get(name, [])))
        for name in ("apt", "npm", "pip", "system")
    ]
    return Inventory("0" * 32, (), tuple(readings))


def found(now: list[Package], target: list[Package], ecosystem: str = "apt", **selection: object) -> list[str]:
    sides = (inventory({ecosystem: now}), inventory({ecosystem: target}))
    return [f"{one.package}: {one.reason}" for one in differences(*sides, Selection(**selection), compare)[0]]  # type: ignore[arg-type]


ROW = Package("a", "amd64", "1.0")


@pytest.mark.parametrize(
    ("now", "target", "said"),
    [
        ([ROW], [ROW], []),
        ([ROW._replace(version="2.0")], [ROW], ["a 2.0: version 1.0 should be installed"]),
        ([], [ROW], ["a: version 1.0 should be installed"]),
        ([ROW], [], ["a 1.0: the package should not be installed"]),
        ([ROW._replace(flags=AUTO)], [ROW], ["a 1.0: the package's marks differ: it is automatic now"]),
        (
            [ROW._replace(flags=RESIDUAL)],
            [],
            ["a 1.0: the package's configuration is left: `apt-get purge a:amd64` removes the configuration"],
        ),
        (
            [],
            [ROW._replace(flags=RESIDUAL)],
            ["a: the snapshot has only the package's configuration, which cannot be restored"],
        ),
    ],
)
def test_every_difference_is_named_with_its_reason(now: list[Package], target: list[Package], said: list[str]) -> None:
    assert found(now, target) == said


def test_what_is_dpkgs_in_pip_is_named_as_such() -> None:
    rows = [Package("a", "", "1.0", OWNED)]
    assert found(rows, [], "pip") == ["a 1.0: dpkg owns the files"]


def test_a_hold_that_was_asked_for_is_no_difference() -> None:
    held = ROW._replace(flags=HOLD)
    assert found([held], [ROW], hold=True) == []
    assert len(found([held], [ROW])) == 1
    assert len(found([held._replace(version="2")], [ROW], hold=True)) == 1
    assert len(found([ROW], [held], hold=True)) == 1


def test_outside_of_the_selection_nothing_counts() -> None:
    other = Package("b", "amd64", "9")
    assert found([ROW, other], [], packages=("a",)) == ["a 1.0: the package should not be installed"]
    assert found([ROW, other], [], exclude=("a",)) == ["b 9: the package should not be installed"]


EDITED = Package("app", "", "0.1", EDITABLE, (("url", "file:///home/ada/app"),))
DEMO = Package("demo", "", "1.0")


@pytest.mark.parametrize(
    "now",
    [EDITED._replace(version="0.2"), EDITED._replace(flags=EDITABLE | BROKEN), Package("app", "", "0.1"), None],
)
def test_an_editable_stands_in_nobodys_way_and_is_named(now: Package | None) -> None:
    sides = [
        inventory({"pip": [*filter(None, [now]), DEMO._replace(version="2.0")]}),
        inventory({"pip": [EDITED, DEMO]}),
    ]
    [work] = [one for one in choose(sides[0], sides[1], Selection(), compare).works if one.ecosystem == "pip"]
    assert [step.package for step in work.steps] == [DEMO]
    [risk] = left_alone(work, Selection(), compare)
    assert (risk.kind, risk.package) == ("state", "app 0.1")
    assert "file:///home/ada/app" in risk.reason
    assert left_alone(work, Selection(exclude=("app",)), compare) == []
    assert len([one for one in found([*filter(None, [now])], [EDITED], "pip") if "editable" in one]) == 1


def test_where_nothing_is_done_what_differs_all_the_same_is_left_and_named() -> None:
    sides = [inventory({"pip": [one, DEMO]}) for one in (EDITED._replace(version="0.2"), EDITED)]
    works = choose(sides[0], sides[1], Selection(), compare).works
    assert not any(work.steps for work in works)
    [left] = stays(works, Selection(), compare)
    assert left.reason.startswith("app 0.2: version 0.1 was installed as editable from file:///home/ada/app")
    assert stays(works, Selection(exclude=("app",)), compare) == []


def test_an_editable_that_came_since_goes_and_its_marks_are_set() -> None:
    sides = inventory({"pip": [EDITED, DEMO._replace(flags=REQUESTED)]}), inventory({"pip": [DEMO]})
    [work] = [one for one in choose(sides[0], sides[1], Selection(), compare).works if one.ecosystem == "pip"]
    assert [step.kind for step in work.steps] == ["remove", "mark"]
    wanted = EDITED._replace(flags=EDITABLE | REQUESTED)
    assert found([EDITED], [wanted], "pip") == ["app 0.1: the package's marks differ: it is not requested now"]
