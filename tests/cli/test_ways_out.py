"""The ways out of a plan's obstacles: commands that restore no more than was asked for."""

from __future__ import annotations

import pytest

from cortexrepo.cli.tasks import ways_out
from cortexrepo.model.ids import SnapshotId
from cortexrepo.model.package import Package
from cortexrepo.model.plan import INSTALL, Part, Plan, Selection, Step

_ALL = Selection()


def _plan(*parts: str, selection: Selection = _ALL) -> Plan:
    step = Step(INSTALL, None, Package("p", "", "1"))
    made = tuple(Part(name, "", (), (step,)) for name in parts)
    return Plan(SnapshotId("a" * 32), "0" * 32, 0, "0" * 64, selection, made)


@pytest.mark.parametrize(
    ("plan", "written"),
    [
        (_plan("apt"), "as root: `sudo {} --only apt`"),
        (_plan("apt", "pip"), "as root: `sudo {} --only apt`; the rest: `{} --only pip`"),
        (_plan("apt", "pip", "npm"), "as root: `sudo {} --only apt`; the rest: `{} --only pip,npm`"),
        (_plan("apt", selection=Selection(packages=("p",))), "as root: `sudo {} --package p --only apt`"),
        (
            _plan("apt", "npm", selection=Selection(exclude=("q r",), hold=True)),
            "as root: `sudo {0} --exclude 'q r' --hold --only apt`; the rest: `{0} --exclude 'q r' --hold --only npm`",
        ),
        (_plan("apt", selection=Selection(only=("apt",))), "as root: `sudo {} --only apt`"),
    ],
)
def test_the_part_for_root_restores_no_more_than_was_asked_for(plan: Plan, written: str) -> None:
    hint = (
        "as root: `sudo cortex snapshot restore REV --only apt`; the rest: `cortex snapshot restore REV --only pip,npm`"
    )
    restore = "cortex snapshot restore aaaaaaaaaaaa"
    assert ways_out.named(hint, plan) == written.replace("{0}", "{}").replace("{}", restore)
