"""Asking a restorer: for the steps, and for packages that would lose files and are put in again with them."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cortexrepo.errors import CortexError
from cortexrepo.model.plan import KINDS, REINSTALL, Obstacle, Risk, Step
from cortexrepo.restore.plan.steps import is_about

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cortexrepo.ecosystems.contract.restoring import Proposal, Work
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Selection

    Propose = Callable[[Work], Proposal]
    Held = Callable[[Work], Sequence[tuple[Package, str]]]

_AGAIN = "the package is put in again: its file {path} is another package's at present, and that one is changed"
_LOST = "its file {path} is another package's at present, and may be lost: the package cannot be put in again"


def proposed(
    work: Work, selection: Selection, held: Held, propose: Propose, obstacles: list[Obstacle]
) -> Proposal | None:
    """Returns what a restorer proposes, or None with an obstacle added.

    Packages that would lose files are put in again, if nothing stands against that; if something does, they are a risk
    and no obstacle: it is looked again afterwards.

    Args:
        work: What is to be done.
        selection: What was asked for: nothing that it excludes is put in again.
        held: Returns the packages that lose files, each with one of them.
        propose: Asks the restorer.
        obstacles: Where a CortexError of the restorer goes.
    """
    losing = [pair for pair in held(work) if not is_about(work.ecosystem, pair[0], selection.exclude)]
    losing = [pair for pair in losing if all(pair[0] != step.before for step in work.steps)]
    if losing:
        against: list[Obstacle] = []
        found = _asked(_with(work, [package for package, _ in losing]), propose, against)
        if found is not None and not found.obstacles:
            return _told(found, work, losing, _AGAIN)
    alone = _asked(work, propose, obstacles)
    return alone if alone is None or not losing else _told(alone, work, losing, _LOST)


def _with(work: Work, packages: Sequence[Package]) -> Work:
    steps = (*work.steps, *(Step(REINSTALL, package, package) for package in packages))
    ordered = sorted(steps, key=lambda step: (KINDS.index(step.kind), step.package.name, step.package))
    return work._replace(steps=tuple(ordered))


def _told(found: Proposal, work: Work, losing: Sequence[tuple[Package, str]], reason: str) -> Proposal:
    risks = [
        Risk("files", work.ecosystem, work.environment, f"{row.name} {row.version}", reason.format(path=path))
        for row, path in losing
    ]
    return found._replace(risks=(*found.risks, *risks))


def _asked(work: Work, propose: Propose, obstacles: list[Obstacle]) -> Proposal | None:
    try:
        return propose(work)
    except CortexError as error:
        kind = "privilege" if error.kind == "refused" else "broken"
        obstacles.append(Obstacle(kind, work.ecosystem, work.environment, "", str(error), error.hint))
    except OSError as error:
        kind, hint = (
            ("space", "make room, then run the same command again")
            if error.errno in {errno.ENOSPC, errno.EDQUOT}
            else ("broken", "")
        )
        reason = f"{error.filename2 or error.filename or 'a file'}: {error.strerror or error}"
        obstacles.append(Obstacle(kind, work.ecosystem, work.environment, "", reason, hint))
    return None
