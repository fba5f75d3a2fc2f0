"""A restore from its plan to its end: fetched before anything is changed, in the journal, read again afterwards."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from cortexrepo.ecosystems import registry
from cortexrepo.errors import CortexError, RefusedError
from cortexrepo.restore.plan import planning
from cortexrepo.restore.plan.selection import choose
from cortexrepo.restore.run import places
from cortexrepo.restore.run.begun import NOTES, content_of, staging_name
from cortexrepo.restore.run.carrying import Carrying
from cortexrepo.restore.run.entry import APPLYING, FETCHING, Begun, Entry
from cortexrepo.restore.run.execution import Execution
from cortexrepo.restore.run.files import Files, blind
from cortexrepo.restore.run.interruption import Interruption
from cortexrepo.restore.run.lenience import Lenience
from cortexrepo.restore.run.outlook import remaining, way_back
from cortexrepo.restore.run.safekeeping import Nothing, unforeseen
from cortexrepo.restore.run.snapshots import Snapshots

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from cortexrepo.ecosystems.contract.restoring import Proposal, Work
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.outcome import Outcome
    from cortexrepo.model.plan import Plan, Selection
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository
    from cortexrepo.restore.run.crew import Crew
    from cortexrepo.restore.run.files import Inspect
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
        self._snapshots = Snapshots(repository, source or repository, user)
        self._journal, self._crew = journal, crew
        self._look, self._clock = look, clock
        self._safekeeping = safekeeping or Nothing()
        self._stage = stage
        self._since, self._theirs, self._own = since or planning.unknown, theirs or planning.ours, own
        self._files = Files(inspect, lambda: journal.staging(NOTES), stage)
        lenience = Lenience(crew, self._theirs, stage)
        self._carrying = Carrying(crew, lenience, journal, stage)
        self._execution = Execution(
            repository,
            self._snapshots,
            journal,
            self._carrying,
            lenience,
            self._files,
            collect,
            stage,
            undisturbed,
            own,
        )

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
        now = places.seen(self._look, self._execution.read, snapshot, target)
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
        home = self._execution.repository.id
        entry = Entry(source.id, source.location, plan, FETCHING, None, parts, home, content)
        self._journal.write(entry)
        try:
            kept = self._carrying.fetch(parts, plan.selection)
            entry = entry._replace(parts=kept, plan=plan._replace(parts=tuple(begun.part for begun in kept)))
            safety, now = self._secure(plan)
            lost = unforeseen(self._safekeeping.keep(kept), plan.risks, self._stage)
            old = self._files.note(kept, now)
            entry = entry._replace(plan=entry.plan._replace(risks=(*plan.risks, *lost, *old)))
        except (CortexError, OSError, KeyboardInterrupt):
            self._execution.discard(entry)
            raise
        return self._execution.apply(entry._replace(phase=APPLYING, safety=safety))

    def resume(self, *, skip: bool = False) -> Plan | Outcome:
        """See `Interruption.resume`."""
        return self._interruption().resume(skip=skip)

    def abort(self) -> Outcome:
        """See `Interruption.abort`."""
        return self._interruption().abort()

    def remaining(self, *, skip: bool = False) -> Plan:
        """See `outlook.remaining`."""
        return remaining(self._interruption(), skip=skip)

    def way_back(self) -> Plan:
        """See `outlook.way_back`."""
        return way_back(self._interruption())

    def target(self, identity: SnapshotId) -> Snapshot:
        """Returns the snapshot that is restored, as this restore has read it; raises as `Repository.get` does."""
        return self._snapshots.wanted(identity)[0]

    def _interruption(self) -> Interruption:
        return Interruption(self._execution, self.plan, self.carry_out)

    def _secure(self, plan: Plan) -> tuple[SnapshotId, Inventory]:
        """Stores how the machine is, if it is what the plan was made for; returns it, too."""
        _, target = self._snapshots.wanted(plan.target)
        now = self._execution.read(target)
        works = choose(now, target, plan.selection, registry.compare, self._own).works
        if planning.state_of(works) != plan.state:
            raise RefusedError(
                "the machine has changed since the plan was made; nothing was changed",
                hint=f"make a new plan: `cortex snapshot restore {plan.target[:12]}`",
            )
        return self._snapshots.before(now, plan.target), now
