"""What cannot be restored, skipped: the packages and environments that obstacles name, and what needs them.

One obstacle does not stop the rest. What is skipped stays as it is and is named with its reason; the others are
proposed again without it, until nothing stands against them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.plan import Left
from cortexrepo.restore.plan.steps import is_about

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from cortexrepo.ecosystems.contract.restoring import Proposal, Work
    from cortexrepo.model.outcome import Difference
    from cortexrepo.model.plan import Obstacle, Step

    Ask = Callable[[Work], tuple[Proposal | None, list[Obstacle]]]
    """Asks the restorer of a work: what it proposes, and what stands against that."""

_NEEDS = "this needs a package that is skipped: {}"


def without_unavailable(work: Work, ask: Ask) -> tuple[Proposal | None, list[Left]]:
    """Returns what can be done of a work, or None, and what is skipped of it.

    Where an obstacle names no package of the steps, or the others cannot go without what is skipped, the whole
    environment is skipped.
    """
    rest, left = work, list[Left]()
    while rest.steps:
        proposal, against = ask(rest)
        if not against and rest.kept:
            # Without the packages that stay: the transaction itself names the others alone.
            proposal, against = ask(rest._replace(kept=()))
            if against:
                return None, [skipped(work, against)]
        if not against:
            return proposal, left
        blocked = _blocked(rest, against)
        if not blocked:
            return None, [skipped(work, against)]
        gone = tuple(step for step in rest.steps if _title_of(step) in blocked)
        left += [_skipped(work, step, blocked[_title_of(step)], needs=bool(rest.kept)) for step in gone]
        steps = tuple(step for step in rest.steps if step not in gone)
        rest = rest._replace(steps=steps, kept=(*rest.kept, *gone))
    return None, left


def skipped(work: Work, against: Sequence[Obstacle]) -> Left:
    """Returns what is said of an environment that is skipped as a whole."""
    first = against[0]
    more = f", and {len(against) - 1} more" if len(against) > 1 else ""
    reason = f"{first.package}: {first.reason}" if first.package else first.reason
    return Left(work.ecosystem, work.environment, f"{reason}{more}", skipped=True)


def except_skipped(found: Iterable[Difference], left: Sequence[Left]) -> tuple[Difference, ...]:
    """Returns the differences that are not of what was skipped, which `left` names with its reason."""
    skipped = {(one.ecosystem, one.environment, _name(one.package)) for one in left if one.skipped}
    return tuple(
        one
        for one in found
        if skipped.isdisjoint({(one.ecosystem, one.environment, name) for name in ("", _name(one.package))})
    )


def _blocked(work: Work, against: Sequence[Obstacle]) -> dict[str, str]:
    """Returns the steps that cannot be done, by their titles, each with the reason; packages go with what is in them.

    An obstacle about a package that has no step speaks of others that have one: their change breaks it.
    """
    found: dict[str, str] = {}
    for one in against:
        names = [_name(one.package)] if _named(work, [_name(one.package)]) else list(one.others)
        outermost = [step.package.outermost for step in _named(work, names)]
        for step in work.steps:
            if outermost and is_about(work.ecosystem, step.package, outermost):
                found.setdefault(_title_of(step), one.reason)
    return found


def _named(work: Work, names: Sequence[str]) -> list[Step]:
    return [step for step in work.steps if step.package.name in names]


def _skipped(work: Work, step: Step, reason: str, *, needs: bool) -> Left:
    told = _NEEDS.format(reason) if needs else reason
    return Left(work.ecosystem, work.environment, told, _title_of(step), skipped=True)


def _title_of(step: Step) -> str:
    return f"{step.package.name} {step.package.version}".rstrip()


def _name(title: str) -> str:
    return title.partition(" ")[0]
