"""What a restore does to the machine from its entry in the journal on: parts applied, looked at again, and ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems import registry
from cortexrepo.model.outcome import Outcome
from cortexrepo.restore.plan.comparison import differences
from cortexrepo.restore.plan.skipping import except_skipped
from cortexrepo.restore.run import places
from cortexrepo.restore.run.entry import FINISHING
from cortexrepo.restore.run.lenience import done_in, left_of
from cortexrepo.restore.run.preloading import preload

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.repository.repository import Repository
    from cortexrepo.restore.run.carrying import Carrying
    from cortexrepo.restore.run.entry import Entry
    from cortexrepo.restore.run.files import Files, Wrong
    from cortexrepo.restore.run.journal import Journal
    from cortexrepo.restore.run.lenience import Lenience
    from cortexrepo.restore.run.snapshots import Snapshots

    Collect = Callable[[Sequence[str]], Inventory]
    """Reads the machine, with environments that are known, as it is now."""
    Told = Callable[[str], None]
    Undisturbed = Callable[[], AbstractContextManager[None]]
    """Keeps signals of a terminal away while something is changed."""


class Execution(NamedTuple):
    """Carries out what the journal says; whoever uses it holds `Journal.alone`.

    Attributes:
        repository: Where the safety snapshot is.
        snapshots: Reads the snapshot that is restored, and stores those that a restore makes.
        journal: What is under way.
        carrying: Carries parts out.
        lenience: What a failure costs.
        files: Looks at installed files.
        collect: Reads the machine.
        stage: Is told what begins now, for people.
        undisturbed: Keeps signals away while something is changed.
        own: The prefix of the interpreter that runs this program.
    """

    repository: Repository
    snapshots: Snapshots
    journal: Journal
    carrying: Carrying
    lenience: Lenience
    files: Files
    collect: Collect
    stage: Told
    undisturbed: Undisturbed
    own: str

    def apply(self, entry: Entry) -> Outcome:
        """Applies every part that is not applied, reads the machine again and ends the restore."""
        preload()
        self.journal.write(entry)
        with self.undisturbed():
            entry = self.carrying.apply(entry)
        _, wanted = self.snapshots.wanted(entry.plan.target)
        entry, now, wrong = self._right(entry, wanted)
        found, left = differences(now, wanted, entry.plan.selection, registry.compare, self.own)
        wrong += self.files.booked(now.readings, entry.plan.selection, left)
        found = except_skipped((*found, *(one.difference for one in wrong)), entry.plan.left)
        # From the first part that is finished on, not every part has a way back.
        self.journal.write(entry._replace(phase=FINISHING))
        self.end(entry, entry.safety)
        left = (*dict.fromkeys((*left, *entry.plan.left)), *left_of(entry.parts))
        recorded = self.snapshots.after(now, entry.plan.target)
        return Outcome(entry.plan, entry.safety, found, left, recorded, self.files.unseen, done_in(entry.parts))

    def _right(self, entry: Entry, wanted: Inventory) -> tuple[Entry, Inventory, list[Wrong]]:
        """Looks at the files of what was changed, puts wrong ones in again, and returns what is wrong still."""
        now = self.read_again(wanted)
        wrong = self.files.wrong(entry.parts, now)
        if not any(one.can_be_put_in for one in wrong):
            return entry, now, wrong
        with self.undisturbed():
            again = self.carrying.again(entry, wrong)
        now = self.read_again(wanted)
        return again.entry, now, again.explained(self.files.wrong(again.entry.parts, now))

    def read(self, target: Inventory) -> Inventory:
        """Returns how the machine is now, in the environments of `target` too."""
        return self.collect(places.known(target))

    def read_again(self, wanted: Inventory) -> Inventory:
        """Returns the same, and says that this begins."""
        self.stage("reading the machine again")
        return self.read(wanted)

    def end(self, entry: Entry, safety: SnapshotId | None) -> None:
        """Removes the ways back of the parts and ends the journal; `undo` finds `safety`."""
        for begun in entry.parts:
            self.lenience.finish(begun, entry.plan.selection)
        self.journal.end(safety, self.repository.id, self.repository.location)

    def discard(self, entry: Entry) -> None:
        """Forgets a restore that has changed nothing."""
        self.end(entry, None)
