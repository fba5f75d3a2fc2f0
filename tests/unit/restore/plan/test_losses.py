"""What leads back from a plan: which packages go, and how those are told of which there is no file."""

from __future__ import annotations

import pytest

from cortexrepo.model.artifact import Lack
from cortexrepo.model.package import BROKEN, EDITABLE, LINK, OWNED, RESIDUAL, Manifest, Package
from cortexrepo.model.plan import (
    CONFIGURE,
    DOWNGRADE,
    INSTALL,
    LASTING,
    MARK,
    REINSTALL,
    REMOVE,
    UPGRADE,
    Part,
    Step,
)
from cortexrepo.restore.plan.losses import going, without_file, without_way_back

FACTS = (("kind", "venv"), ("python", "3.11"))
OLD, NEW = Package("a", "", "1"), Package("a", "", "2")


def gone(*steps: Step) -> list[Package]:
    return [row for one in going([Part("pip", "/v", FACTS, steps)]) if one.manifest for row in one.manifest.packages]


@pytest.mark.parametrize(
    ("step", "goes"),
    [
        (Step(REMOVE, OLD, None), True),
        (Step(UPGRADE, OLD, NEW), True),
        (Step(DOWNGRADE, NEW, OLD), True),
        (Step(REINSTALL, OLD, OLD), True),
        (Step(INSTALL, None, NEW), False),
        (Step(MARK, OLD, OLD), False),
        (Step(CONFIGURE, OLD, OLD), False),
        (Step(REINSTALL, OLD._replace(flags=BROKEN), OLD), False),
        (Step(UPGRADE, OLD._replace(flags=BROKEN), NEW), True),
        (Step(REMOVE, OLD._replace(flags=LINK), None), True),
        (Step(INSTALL, OLD._replace(flags=RESIDUAL), NEW), False),
        (Step(REMOVE, OLD._replace(flags=OWNED), None), False),
    ],
)
def test_what_goes(*, step: Step, goes: bool) -> None:
    assert gone(step) == ([step.before] if goes else [])


def test_what_goes_is_a_reading_of_its_environment() -> None:
    (found,) = going([Part("pip", "/v", FACTS, (Step(REMOVE, OLD, None),)), Part("npm", "/n", (), ())])
    assert (found.ecosystem, found.environment, found.facts) == ("pip", "/v", FACTS)
    assert found.manifest == Manifest.of("pip", [OLD])


def test_what_has_no_file_at_all_is_named() -> None:
    steps = (Step(REMOVE, OLD._replace(flags=EDITABLE), None), Step(REMOVE, Package("b", "", "1", LINK), None))
    found = without_file(going([Part("pip", "/v", FACTS, steps)]))
    assert [(one.kind, one.ecosystem, one.environment, one.package) for one in found] == [
        ("no-way-back", "pip", "/v", "a 1")
    ]


def test_what_there_is_no_file_of_is_named_with_the_reason_before_and_after() -> None:
    (found,) = without_way_back([Lack("pip", "/v", OLD, "b.py was changed")])
    assert found.kind in LASTING
    assert found.package == "a 1"
    assert found.reason == "b.py was changed: undo could not bring this version back"
