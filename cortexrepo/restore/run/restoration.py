"""A restore from its plan to its end: fetched before anything is changed, in the journal, read again afterwards."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.errors import CortexError, RefusedError
from cortexrepo.model.outcome import Outcome
from cortexrepo.model.plan import Selection
from cortexrepo.restore.plan import planning
from cortexrepo.restore.plan.comparison import differences
from cortexrepo.restore.plan.selection import choose
from cortexrepo.restore.run import places
from cortexrepo.restore.run.begun import (
    NOTES,
    anything,
    check_content,
    check_source,
    content_of,
    emptied_in,
    first_of_each,
    interrupted,
    place_of,
    staging_name,
)  # fmt: skip
from cortexrepo.restore.run.carrying import Carrying
from cortexrepo.restore.run.entry import APPLYING, FETCHING, FINISHING, Begun, Entry
from cortexrepo.restore.run.files import Files, blind
from cortexrepo.restore.run.lenience import Lenience, done_in, left_of
from cortexrepo.restore.run.preloading import preload
from cortexrepo.restore.run.safekeeping import Nothing, unforeseen
from cortexrepo.restore.run.snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from cortexrepo.ecosystems.contract.restoring import Proposal, Work
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.plan import Plan
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository
    from cortexrepo.restore.run.crew import Crew
    from cortexrepo.restore.run.files import Inspect, Wrong
    from cortexrepo.restore.run.journal import Journal
    from cortexrepo.restore.run.safekeeping import Safekeeping

    Collect = Callable[[Sequence[str]], Inventory]
    """Reads the machine, with environments that are known, as it is now."""
    Look = Callable[[Snapshot], Inventory]
    Since = Callable[[str], int | None]
    Theirs = Callable[[str], bool]
    Told = Callable[[str], None]
    Undisturbed = Callable[[], AbstractContextManager[None]]
    """Keeps signals of a terminal away while something is changed."""


class Restoration:
    """Restores of one machine from one repository, one at a time: whoever uses it holds `Journal.alone`."""

    def __init__(  # noqa: PLR0913 -- everything that is not pure is passed in
        self,
        repository: Repository,
        journal: Journal,
        crew: Crew,
        collect: Collect,
        clock: Callable[[], int],
        *,
        source: Repository | None = None,
        look: Look | None = None,
        user: str = "",
        stage: Told = lambda _line: None,
        undisturbed: Undisturbed = nullcontext,
        since: Since | None = None,
        theirs: Theirs | None = None,
        inspect: Inspect = blind,
        safekeeping: Safekeeping | None = None,
        own: str = "",
    ) -> None:
        """Takes where snapshots are, where the journal is, who does the work, how the machine is read, and the clock.

        Args:
            repository: Where the safety snapshot goes.
            journal: What is under way.
            crew: Calls the restorers.
            collect: Reads the machine.
            clock: Milliseconds since 1970, UTC.
            source: Where the snapshot is that is restored, if it is in another repository: one that root only reads.
            look: Reads the machine for a plan; what is remembered of it may be the answer. `collect` if not given.
            user: Who restores, for the safety snapshot.
            stage: Is told what begins now, for people.
            undisturbed: Keeps signals away while something is changed.
            since: Returns since when a directory has been there; this and `theirs` as in `planning.Question`.
            theirs: Returns whether an environment is another user's.
            inspect: Looks at installed files.
            safekeeping: Keeps the files of what goes.
            own: The prefix of the interpreter that runs this program.
        """
        self._repository = repository
        self._snapshots = Snapshots(repository, source or repository, user)
        self._journal, self._crew = journal, crew
        self._collect, self._clock = collect, clock
        self._look = look
        self._safekeeping = safekeeping or Nothing()
        self._stage = stage
        self._undisturbed = undisturbed
        self._since, self._theirs, self._own = since or planning.unknown, theirs or planning.ours, own
        self._lenience = Lenience(crew, self._theirs, stage)
        self._carrying = Carrying(crew, self._lenience, journal, stage)
        self._files = Files(inspect, lambda: journal.staging(NOTES), stage)

    def plan(
        self,
        snapshot: Snapshot,
        selection: Selection,
        begun: int = 0,
        agreed: Theirs = planning.named_only,
        asking: Callable[[], None] = planning.ready,
    ) -> Plan:
        """Returns what it would take to go back to a snapshot; nothing is changed. Raises as `planning.make` does.

        Args:
            snapshot: Back to which one.
            selection: Which part of it.
            begun: How many parts were begun before.
            agreed: Returns whether an environment may be emptied although it was not named.
            asking: As in `planning.Question`.
        """

        def propose(work: Work) -> Proposal:
            self._stage(f"looking for the packages of {work.ecosystem} {work.environment}".rstrip())
            return self._crew.propose(work, staging_name(work, begun))

        _, target = self._snapshots.wanted(snapshot.id, snapshot)
        now = places.seen(self._look, self._read, snapshot, target)
        question = planning.Question(
            snapshot, target, now, selection, self._since, self._theirs, self._files.held, self._safekeeping.lost,
            agreed, is_begun=begun > 0, own=self._own, out_of_step=self._files.out_of_step, asking=asking,
        )  # fmt: skip
        return planning.make(question, propose, self._clock())

    def carry_out(self, plan: Plan) -> Outcome:
        """Does what a plan of `plan` says, and reads the machine again.

        First everything is fetched; then, if the machine is still what the plan was made for, a safety snapshot is
        stored; only then the parts are applied, each noted in the journal.

        Raises:
            FetchError: Something could not be got. Nothing was changed.
            RefusedError: The machine has changed since the plan was made. Nothing was changed.
            RestoreError: A part failed; the journal is kept for `resume` and `abort`.
        """
        parts = tuple(Begun(part, staging_name(part, 0)) for part in plan.parts)
        content, source = content_of(self._snapshots.wanted(plan.target)[0]), self._snapshots.source
        entry = Entry(source.id, source.location, plan, FETCHING, None, parts, self._repository.id, content)
        self._journal.write(entry)
        try:
            kept = self._carrying.fetch(parts, plan.selection)
            entry = entry._replace(parts=kept, plan=plan._replace(parts=tuple(begun.part for begun in kept)))
            safety, now = self._secure(plan)
            lost = unforeseen(self._safekeeping.keep(kept), plan.risks, self._stage)
            old = self._files.note(kept, now)
            entry = entry._replace(plan=entry.plan._replace(risks=(*plan.risks, *lost, *old)))
        except (CortexError, OSError, KeyboardInterrupt):
            self._discard(entry)
            raise
        return self._apply(entry._replace(phase=APPLYING, safety=safety))

    def resume(self) -> Plan | Outcome:
        """Ends a restore that was interrupted: what was begun is brought to a whole state, and the rest is done.

        Returns a plan with obstacles where the rest cannot be done; the journal stays. Raises as `carry_out` does, and
        RequestError where nothing was interrupted.
        """
        entry = interrupted(self._journal.read(), self._repository.id)
        check_source(entry, self._snapshots.source.id)
        snapshot, _ = self._snapshots.wanted(entry.plan.target)
        check_content(entry, snapshot)
        if entry.phase == FETCHING:
            self._discard(entry)
            plan = self.plan(snapshot, entry.plan.selection, agreed=emptied_in(entry))
            return plan if plan.obstacles else self.carry_out(plan)
        with self._undisturbed():
            entry = entry._replace(parts=tuple(self._carrying.recovered(begun, entry) for begun in entry.parts))
        plan = self.plan(snapshot, entry.plan.selection, len(entry.parts), emptied_in(entry))
        if plan.obstacles:
            return plan
        done = tuple(begun._replace(applied=not begun.left) for begun in entry.parts)
        new = tuple(Begun(part, staging_name(part, len(entry.parts))) for part in plan.parts)
        return self._apply(entry._replace(parts=(*done, *self._carrying.fetch(new, plan.selection))))

    def abort(self) -> Outcome:
        """Takes back what an interrupted restore has done; the outcome is about the snapshot from before it.

        Raises RequestError where nothing was interrupted, RestoreError where it cannot be taken back; the journal stays
        then. Where the restore was complete and only tidying up, its parts have no way back any more: the snapshot from
        before it is restored, and that raises as `carry_out` does.
        """
        entry = interrupted(self._journal.read(), self._repository.id)
        if entry.phase == FINISHING and entry.safety is not None:
            return self._go_back(entry, entry.safety)
        if entry.safety is None:
            self._discard(entry)
            return Outcome(entry.plan, None, (), ())
        selection = entry.plan.selection
        with self._undisturbed():
            for begun in entry.parts:
                self._lenience.recover(begun, selection)
            back = []
            for begun in reversed(first_of_each(entry.parts)):
                self._stage(f"undoing the change of {place_of(begun.part)}")
                back.append(self._lenience.revert(begun, selection))
        now = self._read_again(wanted := self._repository.inventory(self._repository.get(entry.safety)))
        found, left = differences(now, wanted, Selection(), registry.compare)
        wrong = self._files.wrong(entry.parts, now) + self._files.booked(now.readings, selection, left)
        found += tuple(one.difference for one in wrong)
        reverted = {begun.staging: begun for begun in back}
        parts = tuple(reverted.get(begun.staging, begun) for begun in entry.parts)
        self._end(entry._replace(parts=parts), None)
        changed = {one.environment for one in found}
        failed = [one for one in left_of(parts) if one.environment in changed]
        return Outcome(entry.plan, entry.safety, found, (*left, *failed), unseen=self._files.unseen)

    def target(self, identity: SnapshotId) -> Snapshot:
        """Returns the snapshot that is restored, as this restore has read it; raises as `Repository.get` does."""
        return self._snapshots.wanted(identity)[0]

    # -- steps

    def _go_back(self, entry: Entry, safety: SnapshotId) -> Outcome:
        self._end(entry, safety)
        self._snapshots.source = self._repository
        plan = self.plan(self._repository.get(safety), entry.plan.selection._replace(hold=False), agreed=anything)
        if plan.obstacles:
            raise RefusedError(
                f"the restore was complete, and cannot be undone: {plan.obstacles[0].reason}",
                hint=f"see every obstacle: `cortex snapshot restore {safety[:12]} --dry-run`",
            )
        outcome = self.carry_out(plan)
        return Outcome(entry.plan, safety, outcome.differences, outcome.left)

    def _read(self, target: Inventory) -> Inventory:
        return self._collect(places.known(target))

    def _secure(self, plan: Plan) -> tuple[SnapshotId, Inventory]:
        """Stores how the machine is, if it is what the plan was made for; returns it, too."""
        _, target = self._snapshots.wanted(plan.target)
        now = self._read(target)
        works = choose(now, target, plan.selection, registry.compare, self._own).works
        if planning.state_of(works) != plan.state:
            raise RefusedError(
                "the machine has changed since the plan was made; nothing was changed",
                hint=f"make a new plan: `cortex snapshot restore {plan.target[:12]}`",
            )
        return self._snapshots.before(now, plan.target), now

    def _apply(self, entry: Entry) -> Outcome:
        preload()
        self._journal.write(entry)
        with self._undisturbed():
            entry = self._carrying.apply(entry)
        _, wanted = self._snapshots.wanted(entry.plan.target)
        entry, now, wrong = self._right(entry, wanted)
        found, left = differences(now, wanted, entry.plan.selection, registry.compare, self._own)
        wrong += self._files.booked(now.readings, entry.plan.selection, left)
        found += tuple(one.difference for one in wrong)
        # From the first part that is finished on, not every part has a way back.
        self._journal.write(entry._replace(phase=FINISHING))
        self._end(entry, entry.safety)
        left = (*dict.fromkeys((*left, *entry.plan.left)), *left_of(entry.parts))
        recorded = self._snapshots.after(now, entry.plan.target)
        return Outcome(entry.plan, entry.safety, found, left, recorded, self._files.unseen, done_in(entry.parts))

    def _right(self, entry: Entry, wanted: Inventory) -> tuple[Entry, Inventory, list[Wrong]]:
        """Looks at the files of what was changed, puts wrong ones in again, and returns what is wrong still."""
        now = self._read_again(wanted)
        wrong = self._files.wrong(entry.parts, now)
        if not any(one.can_be_put_in for one in wrong):
            return entry, now, wrong
        with self._undisturbed():
            again = self._carrying.again(entry, wrong)
        now = self._read_again(wanted)
        return again.entry, now, again.explained(self._files.wrong(again.entry.parts, now))

    def _read_again(self, wanted: Inventory) -> Inventory:
        """Returns how the machine is now, in the environments of `wanted` too."""
        self._stage("reading the machine again")
        return self._read(wanted)

    def _end(self, entry: Entry, safety: SnapshotId | None) -> None:
        for begun in entry.parts:
            self._lenience.finish(begun, entry.plan.selection)
        self._journal.end(safety, self._repository.id, self._repository.location)

    def _discard(self, entry: Entry) -> None:
        """Forgets a restore that has changed nothing."""
        self._end(entry, None)
