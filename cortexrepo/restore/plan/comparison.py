"""Whether a machine is as a snapshot says: what still differs, and why. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.model.diff import diff
from cortexrepo.model.inventory import Reading
from cortexrepo.model.outcome import Difference
from cortexrepo.model.package import DPKG, HOLD, RESIDUAL
from cortexrepo.model.plan import MARK, REMOVE
from cortexrepo.model.snapshot import OK
from cortexrepo.restore.plan.selection import choose
from cortexrepo.restore.plan.steps import is_about, step_of

if TYPE_CHECKING:
    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.model.diff import Change, Compare
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Left, Selection, Step


def differences(
    now: Inventory, target: Inventory, selection: Selection, compare: Compare
) -> tuple[tuple[Difference, ...], tuple[Left, ...]]:
    """Returns what is not as the target says, within a selection, and what was left out; raises as `choose` does.

    Nothing that `cortex snapshot status` would show is passed over.
    """
    chosen = choose(now, target, selection, compare)
    found = [difference for work in chosen.works for difference in _of_work(work, selection, compare)]
    return tuple(found), chosen.left


def _of_work(work: Work, selection: Selection, compare: Compare) -> list[Difference]:
    sides = [Reading(work.ecosystem, work.environment, OK, manifest) for manifest in (work.now, work.target)]
    found = []
    for change in diff([sides[0]], [sides[1]], compare).changes:
        names = selection.packages
        if names and not is_about(work.ecosystem, change.package, names):
            continue
        if is_about(work.ecosystem, change.package, selection.exclude):
            continue
        if selection.hold and _is_held_now(change):
            continue
        name = f"{change.package.name} {change.before.version if change.before is not None else ''}".rstrip()
        found.append(Difference(work.ecosystem, work.environment, name, _reason(work.ecosystem, change)))
    return found


def _is_held_now(change: Change) -> bool:
    """Returns whether a package differs in nothing but that it is held, which was asked for."""
    before, after = change.before, change.after
    return before is not None and after is not None and before == after._replace(flags=after.flags | HOLD)


def _reason(ecosystem: str, change: Change) -> str:
    before, after = change.before, change.after
    if before is not None and before.flags & RESIDUAL and after is None:
        return _left(ecosystem, before)
    if after is not None and after.flags & RESIDUAL and before is None:
        return "the snapshot has only the package's configuration, which cannot be restored"
    if any(row is not None and row.flags & DPKG for row in (before, after)):
        return _not_ours(ecosystem, change)
    step = step_of(ecosystem, change)
    return _still(step) if step is not None else "the package differs in a way that a restore cannot change"


def _left(ecosystem: str, package: Package) -> str:
    spoken = registry.commands(ecosystem)
    words = " ".join(spoken.clearance(package)) if spoken is not None else ""
    return f"the package's configuration is left{f': `{words}` removes the configuration' if words else ''}"


def _not_ours(ecosystem: str, change: Change) -> str:
    spoken = registry.commands(ecosystem)
    owner = spoken.owner(change) if spoken is not None else ""
    return owner or "the package's files belong to another package manager"


def _still(step: Step) -> str:
    if step.kind == REMOVE:
        return "the package should not be installed"
    assert step.after is not None
    if step.kind == MARK:
        return "the package has other marks (automatic, held, requested)"
    return f"version {step.after.version} should be installed"
