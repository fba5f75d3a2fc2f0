"""What `cortexrepo.restore.plan.steps`, which makes the steps of a restore, must know of apt. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems.apt.names import ALL
from cortexrepo.ecosystems.apt.restore.settlements import settled
from cortexrepo.model.package import AUTO, HOLD
from cortexrepo.model.plan import DOWNGRADE, INSTALL, REINSTALL, REMOVE, UPGRADE, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.ecosystems.contract.restoring import Settlement
    from cortexrepo.ecosystems.contract.versions import Compare
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.package import Package

MARKS = AUTO | HOLD


def merged(steps: Sequence[Step], compare: Compare) -> list[Step]:
    """See `Rules.merged`: a package that moves between the machine's own architecture and `all` is one step."""
    gone = {step.package.name: step for step in steps if step.kind == REMOVE}
    merged: list[Step] = []
    replaced: set[Step] = set()
    for step in steps:
        was = gone.get(step.package.name) if step.kind == INSTALL else None
        if was is None or (was.package.arch == ALL) == (step.package.arch == ALL):
            merged.append(step)
            continue
        order = compare(was.package.version, step.package.version)
        kind = UPGRADE if order < 0 else DOWNGRADE if order > 0 else REINSTALL
        merged.append(Step(kind, was.package, step.package))
        replaced.add(was)
    return [step for step in merged if step not in replaced]


def settlement(before: Package, after: Package) -> Settlement | None:
    """See `Rules.settlement`."""
    return settled(before, after)


def kept(before: Package | None, after: Package) -> str:  # noqa: ARG001 -- every package comes in a file of its own
    """See `Rules.kept`."""
    return ""


def is_site(reading: Reading) -> bool:  # noqa: ARG001 -- apt has one environment, which is never missing
    """See `Rules.is_site`."""
    return False


def may_have_book(kind: str) -> bool:  # noqa: ARG001 -- dpkg has the only one
    """See `Rules.may_have_book`."""
    return False


def contents(environment: str) -> str:  # noqa: ARG001 -- packages are all over the machine
    """See `Rules.contents`."""
    return ""


def runs(environment: str, prefix: str) -> bool:  # noqa: ARG001 -- packages are all over the machine
    """See `Rules.runs`."""
    return False
