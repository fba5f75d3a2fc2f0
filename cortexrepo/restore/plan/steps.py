"""From what differs to what is done about it: one step for each package. Pure."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.model.content import DIGEST, bare, contradict
from cortexrepo.model.diff import ADDED, CHANGED, DOWNGRADED, REMOVED, UPGRADED, diff
from cortexrepo.model.inventory import Reading
from cortexrepo.model.package import BROKEN, EDITABLE, HOLD, LINK, OWNED, RESIDUAL
from cortexrepo.model.plan import DOWNGRADE, INSTALL, KINDS, MARK, REINSTALL, REMOVE, UPGRADE, Step
from cortexrepo.model.snapshot import OK

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.contract.restoring import Settlement
    from cortexrepo.model.diff import Change, Compare
    from cortexrepo.model.package import Manifest, Package

_OF_CHANGE = {UPGRADED: UPGRADE, DOWNGRADED: DOWNGRADE, ADDED: INSTALL, REMOVED: REMOVE}
_CONTENT = EDITABLE | LINK | BROKEN
_ORDER = {kind: number for number, kind in enumerate(KINDS)}


def steps_between(ecosystem: str, now: Manifest, target: Manifest, compare: Compare) -> tuple[Step, ...]:
    """Returns what must happen for one environment to come from `now` to `target`, without sources.

    Sorted by kind, then by name. What its ecosystem leaves alone is no step. What a package manager of the system owns
    is put back with that one's packages, and what a package left behind when it was removed is nobody's: neither is a
    step.
    """
    sides = [Reading(ecosystem, "", OK, manifest) for manifest in (now, target)]
    found = [change for change in diff([sides[0]], [sides[1]], compare).changes if not _is_owned(change)]
    changes = [change for change in found if not kept(ecosystem, change)]
    steps = [step for change in changes if (step := step_of(ecosystem, change)) is not None]
    facet = registry.rules(ecosystem)
    if facet is not None:
        steps = facet.merged(steps, partial(compare, ecosystem))
    return tuple(sorted(steps, key=lambda step: (_ORDER[step.kind], step.package.name, step.package)))


def is_about(ecosystem: str, package: Package, names: Iterable[str]) -> bool:
    """Returns whether a package is one of these; what is nested in one goes with it."""
    own = spelled(ecosystem, package.outermost)
    return any(spelled(ecosystem, name) == own for name in names)


def spelled(ecosystem: str, name: str) -> str:
    """Returns a name as the ecosystem compares names."""
    names = registry.spelling(ecosystem)
    return name if names is None else names.spelled(name)


def _is_owned(change: Change) -> bool:
    return any(row is not None and row.flags & OWNED for row in (change.before, change.after))


def step_of(ecosystem: str, change: Change) -> Step | None:
    """Returns what must happen for a package to come from the one side of a change to the other, or None."""
    before, after = change.before, change.after
    kind = _OF_CHANGE.get(change.kind)
    if kind is not None:
        return Step(kind, None if kind == INSTALL else before, None if kind == REMOVE else after)
    if before is None or after is None:
        return None
    if (before.flags | after.flags) & RESIDUAL:
        # Only whether a package that is not there is held can be set.
        return Step(MARK, before, after) if (before.flags ^ after.flags) & HOLD else None
    settled = settlement_of(ecosystem, change)
    if settled is not None and settled.kind:
        return Step(settled.kind, before, after)
    if settled is None and (_content(before) != _content(after) or contradict(before, after)):
        return Step(REINSTALL, before, after)
    facet = registry.rules(ecosystem)
    marks = 0 if facet is None else facet.MARKS
    return Step(MARK, before, after) if (before.flags ^ after.flags) & marks else None


def kept(ecosystem: str, change: Change) -> str:
    """Returns why a package that differs is left as it is; empty where it is not left alone."""
    facet = registry.rules(ecosystem)
    return "" if facet is None or change.after is None else facet.kept(change.before, change.after)


def settlement_of(ecosystem: str, change: Change) -> Settlement | None:
    """Returns what a package needs that only is in another state; None where anything else differs, or nothing does."""
    before, after = change.before, change.after
    facet = registry.rules(ecosystem)
    if facet is None or before is None or after is None or change.kind != CHANGED:
        return None
    if before.version != after.version or (before.flags ^ after.flags) & _CONTENT or contradict(before, after):
        return None
    return facet.settlement(bare(before), bare(after))


def _content(row: Package) -> tuple[object, ...]:
    """Returns what only another installation can change."""
    attributes = tuple(pair for pair in row.attributes if pair[0] not in {"name", DIGEST})
    return row.version, row.flags & _CONTENT, attributes
