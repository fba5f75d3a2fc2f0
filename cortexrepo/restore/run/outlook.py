"""What an interrupted restore has left to do, and what leads back from it: plans that are only shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.model.plan import INTERRUPTED, Left, Part, Plan, Risk, Selection
from cortexrepo.restore.plan import planning
from cortexrepo.restore.plan.selection import choose
from cortexrepo.restore.run.begun import emptied_in, interrupted
from cortexrepo.restore.run.entry import FETCHING, FINISHING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.plan import Obstacle, Step
    from cortexrepo.restore.run.entry import Begun, Entry
    from cortexrepo.restore.run.interruption import Interruption

    Place = tuple[str, str]

_FIRST = "this change was interrupted and is completed first: the steps are those from how the packages are now"
_STANDS = "this stands against it now, and may be gone when the interrupted change is completed: {}"
_NOT_TRIED = "the files that lead back were not looked at: that is done before anything is changed"


def remaining(interruption: Interruption, *, skip: bool = False) -> Plan:
    """Returns the plan of what `resume` would do from how the machine is now; changes nothing, and raises as it does.

    What was interrupted is not completed for it. So obstacles in such a part are no obstacles here: completing it may
    remove them.
    """
    entry, snapshot = interruption.begun(skip=skip)
    if entry.phase == FETCHING:
        with interruption.execution.journal.only_planned():
            return interruption.plan(snapshot, entry.plan.selection, agreed=emptied_in(entry))
    with interruption.execution.journal.only_planned():
        plan = interruption.plan(snapshot, entry.plan.selection, len(entry.parts), emptied_in(entry))
    open_parts = {_place(begun.part): begun.part for begun in entry.parts if not begun.applied and not begun.left}
    first = [Risk(INTERRUPTED, *place, "", _FIRST) for place in open_parts]
    lifted = [one for one in plan.obstacles if _place(one) in open_parts]
    return plan._replace(
        obstacles=tuple(one for one in plan.obstacles if one not in lifted),
        risks=(*first, *map(_lifted, lifted), *plan.risks),
    )


def way_back(interruption: Interruption) -> Plan:
    """Returns the plan of what `abort` would do, without a part where no package has changed yet. Changes nothing.

    Raises RequestError where nothing was interrupted.
    """
    execution = interruption.execution
    entry = interrupted(execution.journal.read(), execution.repository.id)
    if entry.safety is None:
        return entry.plan._replace(parts=(), obstacles=(), risks=(), left=())
    if entry.phase == FINISHING:
        with execution.journal.only_planned():
            return interruption.plan_back(entry, entry.safety, len(entry.parts))
    return _taken_back(interruption, entry, entry.safety)


def _taken_back(interruption: Interruption, entry: Entry, safety: SnapshotId) -> Plan:
    """Returns the steps that lead the packages of the begun parts back to how they were before."""
    execution = interruption.execution
    snapshot = execution.repository.get(safety)
    before = execution.repository.inventory(snapshot)
    now = execution.read(before)
    chosen = choose(now, before, Selection(), registry.compare)
    begun = _steps_of(entry.parts)
    works = [work for work in chosen.works if _place(work) in begun]
    parts = [_part(work, begun[_place(work)]) for work in reversed(works)]
    risks = [Risk(INTERRUPTED, part.ecosystem, part.environment, "", _NOT_TRIED) for part in parts if part.steps]
    left = [Left(*place, one.left) for one in entry.parts if one.left for place in [_place(one.part)]]
    return Plan(
        safety, now.machine, snapshot.created_at, planning.state_of(works), Selection(),
        tuple(part for part in parts if part.steps), (), tuple(risks),
        (*(one for one in chosen.left if _place(one) in begun), *left),
    )  # fmt: skip


def _steps_of(parts: Iterable[Begun]) -> dict[Place, set[str]]:
    """Returns the names of the packages that were to be changed, in each environment that is led back."""
    found: dict[Place, set[str]] = {}
    for begun in parts:
        if not begun.left:
            found.setdefault(_place(begun.part), set()).update(step.package.name for step in begun.part.steps)
    return found


def _part(work: Work, names: set[str]) -> Part:
    steps: tuple[Step, ...] = tuple(step for step in work.steps if step.package.name in names)
    return Part(work.ecosystem, work.environment, work.facts, steps)


def _lifted(one: Obstacle) -> Risk:
    return Risk(INTERRUPTED, one.ecosystem, one.environment, one.package, _STANDS.format(one.reason))


def _place(one: Part | Work | Obstacle | Left) -> Place:
    return one.ecosystem, one.environment
