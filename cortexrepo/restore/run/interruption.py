"""A restore that was interrupted: ended, or taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from cortexrepo.ecosystems import registry
from cortexrepo.errors import RefusedError
from cortexrepo.model.outcome import Outcome
from cortexrepo.model.plan import Selection
from cortexrepo.restore.plan.comparison import differences
from cortexrepo.restore.run.begun import (
    anything,
    check_content,
    check_source,
    emptied_in,
    first_of_each,
    interrupted,
    place_of,
    staging_name,
)
from cortexrepo.restore.run.entry import FETCHING, FINISHING, Begun
from cortexrepo.restore.run.lenience import left_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.plan import Plan
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.restore.run.entry import Entry
    from cortexrepo.restore.run.execution import Execution

    Theirs = Callable[[str], bool]


class Planning(Protocol):
    """Makes plans, as `Restoration.plan`."""

    def __call__(self, snapshot: Snapshot, selection: Selection, begun: int = ..., agreed: Theirs = ...) -> Plan:
        """Returns what it would take to go back to a snapshot; nothing is changed."""
        ...


class Interruption(NamedTuple):
    """The restore that the journal says was interrupted.

    Attributes:
        execution: Carries out what the journal says.
        plan: Makes plans.
        carry_out: Carries out a plan from its start.
    """

    execution: Execution
    plan: Planning
    carry_out: Callable[[Plan], Outcome]

    def resume(self, *, skip: bool = False) -> Plan | Outcome:
        """Ends a restore that was interrupted: what was begun is brought to a whole state, and the rest is done.

        With `skip`, what cannot be done of the rest is skipped, as if that had been asked for from the start.

        Returns a plan with obstacles where the rest cannot be done; the journal stays. Raises as `carry_out` does, and
        RequestError where nothing was interrupted.
        """
        entry, snapshot = self.begun(skip=skip)
        execution = self.execution
        if entry.phase == FETCHING:
            execution.discard(entry)
            plan = self.plan(snapshot, entry.plan.selection, agreed=emptied_in(entry))
            return plan if plan.obstacles else self.carry_out(plan)
        with execution.undisturbed():
            entry = entry._replace(parts=tuple(execution.carrying.recovered(begun, entry) for begun in entry.parts))
        plan = self.plan(snapshot, entry.plan.selection, len(entry.parts), emptied_in(entry))
        if plan.obstacles:
            return plan
        done = tuple(begun._replace(applied=not begun.left) for begun in entry.parts)
        new = tuple(Begun(part, staging_name(part, len(entry.parts))) for part in plan.parts)
        if plan.selection.skip:
            entry = entry._replace(plan=entry.plan._replace(left=plan.left))
        return execution.apply(entry._replace(parts=(*done, *execution.carrying.fetch(new, plan.selection))))

    def abort(self) -> Outcome:
        """Takes back what an interrupted restore has done; the outcome is about the snapshot from before it.

        Raises RequestError where nothing was interrupted, RestoreError where it cannot be taken back; the journal stays
        then. Where the restore was complete and only tidying up, its parts have no way back any more: the snapshot from
        before it is restored, and that raises as `carry_out` does.
        """
        execution = self.execution
        entry = interrupted(execution.journal.read(), execution.repository.id)
        if entry.phase == FINISHING and entry.safety is not None:
            return self._go_back(entry, entry.safety)
        if entry.safety is None:
            execution.discard(entry)
            return Outcome(entry.plan, None, (), ())
        parts = self._led_back(entry)
        now = execution.read_again(wanted := execution.repository.inventory(execution.repository.get(entry.safety)))
        found, left = differences(now, wanted, Selection(), registry.compare)
        wrong = execution.files.wrong(entry.parts, now)
        wrong += execution.files.booked(now.readings, entry.plan.selection, left)
        found += tuple(one.difference for one in wrong)
        execution.end(entry._replace(parts=parts), None)
        changed = {one.environment for one in found}
        failed = [one for one in left_of(parts) if one.environment in changed]
        return Outcome(entry.plan, entry.safety, found, (*left, *failed), unseen=execution.files.unseen)

    def _led_back(self, entry: Entry) -> tuple[Begun, ...]:
        """Brings each part to a whole state, then back to where it began; returns the parts."""
        lenience, selection = self.execution.lenience, entry.plan.selection
        with self.execution.undisturbed():
            for begun in entry.parts:
                lenience.recover(begun, selection)
            back = []
            for begun in reversed(first_of_each(entry.parts)):
                self.execution.stage(f"undoing the change of {place_of(begun.part)}")
                back.append(lenience.revert(begun, selection))
        reverted = {begun.staging: begun for begun in back}
        return tuple(reverted.get(begun.staging, begun) for begun in entry.parts)

    def begun(self, *, skip: bool = False) -> tuple[Entry, Snapshot]:
        """Returns what was begun, and the snapshot that is restored; raises as `resume` does."""
        execution = self.execution
        entry = interrupted(execution.journal.read(), execution.repository.id)
        check_source(entry, execution.snapshots.source.id)
        snapshot, _ = execution.snapshots.wanted(entry.plan.target)
        check_content(entry, snapshot)
        selection = entry.plan.selection._replace(skip=entry.plan.selection.skip or skip)
        return entry._replace(plan=entry.plan._replace(selection=selection)), snapshot

    def _go_back(self, entry: Entry, safety: SnapshotId) -> Outcome:
        self.execution.end(entry, safety)
        plan = self.plan_back(entry, safety)
        if plan.obstacles:
            raise RefusedError(
                f"the restore was complete, and cannot be undone: {plan.obstacles[0].reason}",
                hint=f"see every obstacle: `cortex snapshot restore {safety[:12]} --dry-run`",
            )
        return self.carry_out(plan)._replace(plan=entry.plan, safety=safety, recorded=None)

    def plan_back(self, entry: Entry, safety: SnapshotId, begun: int = 0) -> Plan:
        """Returns the plan that restores the snapshot from before a restore that was complete.

        With `begun`, the count of its parts, it is made beside their files, which stay.
        """
        execution = self.execution
        execution.snapshots.source = execution.repository
        selection = entry.plan.selection._replace(hold=False)
        return self.plan(execution.repository.get(safety), selection, begun, anything)
