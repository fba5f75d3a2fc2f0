"""Whether a machine is as a snapshot says: what still differs, and why. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.model.content import alike, bare, contradict
from cortexrepo.model.diff import diff
from cortexrepo.model.inventory import Reading
from cortexrepo.model.outcome import Difference
from cortexrepo.model.package import AUTO, FLAG_NAMES, HOLD, OWNED, RESIDUAL
from cortexrepo.model.plan import MARK, REMOVE, Left, Risk
from cortexrepo.model.snapshot import OK
from cortexrepo.restore.plan.selection import choose
from cortexrepo.restore.plan.steps import is_about, kept, settlement_of, step_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cortexrepo.ecosystems.contract.restoring import Settlement, Work
    from cortexrepo.model.diff import Change, Compare
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Selection, Step

_WORDS = {AUTO: "automatic", HOLD: "held"}
"""Marks that have another name for people."""


def differences(
    now: Inventory, target: Inventory, selection: Selection, compare: Compare, own: str = ""
) -> tuple[tuple[Difference, ...], tuple[Left, ...]]:
    """Returns what is not as the target says, within a selection, and what was left out.

    Nothing that `cortex snapshot status` would show is passed over.
    """
    chosen = choose(now, target, selection, compare, own)
    found = [difference for work in chosen.works for difference in _of_work(work, selection, compare)]
    return tuple(found), chosen.left


def left_alone(work: Work, selection: Selection, compare: Compare) -> list[Risk]:
    """Returns a line for each package of a selection whose state differs and is left alone."""
    found = []
    for change in _changes(work, selection, compare):
        settled = settlement_of(work.ecosystem, change)
        reason = kept(work.ecosystem, change) or (settled.left if settled is not None else "")
        if reason:
            title = f"{change.package.name} {change.package.version}".rstrip()
            found.append(Risk("state", work.ecosystem, work.environment, title, reason))
    return found


def stays(works: Iterable[Work], selection: Selection, compare: Compare) -> list[Left]:
    """Returns what differs in works that nothing can be done about: a machine with that is not as the snapshot says."""
    found = [difference for work in works for difference in _of_work(work, selection, compare)]
    return [
        Left(one.ecosystem, one.environment, f"{one.package}: {one.reason}" if one.package else one.reason)
        for one in found
    ]


def with_rest(
    works: Iterable[Work], selection: Selection, compare: Compare, risks: list[Risk], left: list[Left]
) -> tuple[list[Risk], list[Left]]:
    """Returns risks and what is left, where nothing is done, with what differs all the same.

    Afterwards nothing is looked at that would show it. A risk that says the same goes.
    """
    stuck = stays((work for work in works if not work.steps), selection, compare)
    said = {(one.ecosystem, one.environment, one.reason) for one in stuck}
    others = [one for one in risks if (*one[1:3], f"{one.package}: {one.reason}") not in said]
    return others, [*left, *(one for one in stuck if one not in left)]


def _changes(work: Work, selection: Selection, compare: Compare) -> Iterator[Change]:
    """Yields what differs in a work within a selection."""
    sides = [Reading(work.ecosystem, work.environment, OK, manifest) for manifest in (work.now, work.target)]
    for change in diff([sides[0]], [sides[1]], compare).changes:
        names = selection.packages
        if names and not is_about(work.ecosystem, change.package, names):
            continue
        if not is_about(work.ecosystem, change.package, selection.exclude):
            yield change


def _of_work(work: Work, selection: Selection, compare: Compare) -> list[Difference]:
    found = []
    for change in _changes(work, selection, compare):
        settled = settlement_of(work.ecosystem, change)
        if (selection.hold and _is_held_now(change)) or _is_passing(work.ecosystem, change, settled):
            continue
        name = f"{change.package.name} {change.before.version if change.before is not None else ''}".rstrip()
        found.append(Difference(work.ecosystem, work.environment, name, _reason(work.ecosystem, change, settled)))
    return found


def _is_passing(ecosystem: str, change: Change, settled: Settlement | None) -> bool:
    """Returns whether a package differs in nothing but a state that does not count."""
    facet = registry.rules(ecosystem)
    marks = 0 if facet is None else facet.MARKS
    flags = [row.flags & marks for row in (change.before, change.after) if row is not None]
    return settled is not None and not settled.counts and len(set(flags)) == 1


def _is_held_now(change: Change) -> bool:
    """Returns whether a package differs in nothing but that it is held, which was asked for."""
    before, after = change.before, change.after
    return before is not None and after is not None and alike(before, after._replace(flags=after.flags | HOLD))


def _reason(ecosystem: str, change: Change, settled: Settlement | None) -> str:
    before, after = change.before, change.after
    if before is not None and before.flags & RESIDUAL and after is None:
        return _left(ecosystem, before)
    if after is not None and after.flags & RESIDUAL and before is None:
        return "the snapshot has only the package's configuration, which cannot be restored"
    if any(row is not None and row.flags & OWNED for row in (before, after)):
        return _not_ours(ecosystem, change)
    if reason := kept(ecosystem, change):
        return reason
    if settled is not None and settled.counts:
        return settled.reason
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
    before, after = step.before, step.after
    if step.kind == REMOVE:
        return "the package should not be installed"
    assert after is not None
    if before is None or before.version != after.version or (before.flags | after.flags) & RESIDUAL:
        return f"version {after.version} should be installed" if step.kind != MARK else _marks(before, after)
    if contradict(before, after):
        return f"version {after.version} is installed with other files than the snapshot's package had"
    if step.kind == MARK:
        return _marks(before, after)
    if before.arch != after.arch:
        return f"the package of the architecture {after.arch} should be installed"
    return f"the same version should be installed with another content: {_contents(before, after)}"


def _marks(before: Package | None, after: Package) -> str:
    """Returns which marks of a package are not as in the snapshot."""
    differing = after.flags ^ (0 if before is None else before.flags)
    words = [
        f"{'not ' * bool(after.flags & bit)}{_WORDS.get(bit, name)}" for bit, name in FLAG_NAMES if differing & bit
    ]
    return f"the package's marks differ: it is {' and '.join(words)} now"


def _contents(before: Package, after: Package) -> str:
    """Returns in what two rows of one version differ."""
    pairs = dict(bare(before).attributes), dict(bare(after).attributes)
    keys = [key for key in sorted(pairs[0].keys() | pairs[1].keys()) if pairs[0].get(key) != pairs[1].get(key)]
    return ", ".join([*keys, *(name for bit, name in FLAG_NAMES if (before.flags ^ after.flags) & bit)])
