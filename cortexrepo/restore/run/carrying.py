"""Parts of a restore carried out: fetched, applied one after the other, and put in again where files are wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.ecosystems.contract.restoring import FINISH, UNDO, Work
from cortexrepo.errors import CortexError, StoppedError
from cortexrepo.formats.text.quantities import counted
from cortexrepo.model.plan import REINSTALL, Part, Step
from cortexrepo.restore.plan.steps import is_about
from cortexrepo.restore.run.begun import place_of, staging_name
from cortexrepo.restore.run.entry import Begun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.plan import Selection
    from cortexrepo.restore.run.crew import Crew
    from cortexrepo.restore.run.entry import Entry
    from cortexrepo.restore.run.files import Wrong
    from cortexrepo.restore.run.journal import Journal
    from cortexrepo.restore.run.lenience import Lenience

    Told = Callable[[str], None]
    Place = tuple[str, str]


class Again(NamedTuple):
    """What became of putting packages in again: the restore with its new parts, and why a place was left as it is."""

    entry: Entry
    reasons: dict[Place, str]

    def explained(self, wrong: Sequence[Wrong]) -> list[Wrong]:
        """Returns what is wrong still, with the reason."""
        return [
            one._replace(reason=self.reasons.get((one.reading.ecosystem, one.reading.environment), "")) for one in wrong
        ]


class Carrying(NamedTuple):
    """Carries parts out.

    Attributes:
        crew: Calls the restorers.
        lenience: Does so, and knows what a failure costs.
        journal: What is under way.
        stage: Is told what begins now.
    """

    crew: Crew
    lenience: Lenience
    journal: Journal
    stage: Told

    def fetch(self, parts: Sequence[Begun], selection: Selection) -> tuple[Begun, ...]:
        """Fetches for all parts; returns those without other users' parts for which that failed and nobody asked."""
        count = len(parts)
        return tuple(
            begun for number, begun in enumerate(parts, 1) if self.lenience.fetch(begun, selection, _of(number, count))
        )

    def apply(self, entry: Entry) -> Entry:
        """Applies every part that is not applied, each noted in the journal; raises as the restorers do."""
        for number, begun in enumerate(entry.parts):
            if begun.applied or begun.left:
                continue
            packages = counted(len(begun.part.steps), "package")
            self.stage(f"restoring {place_of(begun.part)}: {packages}{_of(number + 1, len(entry.parts))}")
            entry = _with(entry, number, self._done(begun, entry))
            self.journal.write(entry)
        return entry

    def recovered(self, begun: Begun, entry: Entry) -> Begun:
        """Brings a part to a whole state that was interrupted, as `apply`; returns it."""
        self.stage(f"completing the interrupted change of {place_of(begun.part)}")
        return self.lenience.do("recover", begun, entry.plan.selection)

    def again(self, entry: Entry, wrong: Sequence[Wrong]) -> Again:
        """Puts the packages in again that have wrong files. What cannot be done is left as it is, and whole.

        Raises:
            CortexError: A part was begun, and could not be brought to a whole state.
        """
        reasons: dict[Place, str] = {}
        for work in _works(wrong, entry.plan.selection):
            place = work.ecosystem, work.environment
            try:
                begun = self._prepared(work, entry)
            except (CortexError, OSError) as error:
                reasons[place] = f"the package cannot be put in again: {error}"
                continue
            entry = entry._replace(parts=(*entry.parts, begun))
            self.journal.write(entry)
            try:
                self.stage(f"putting packages in again: {place_of(begun.part)}")
                self.crew.do("apply", begun.part, begun.staging)
            except StoppedError:
                raise
            except CortexError as error:
                self.lenience.recover(begun, entry.plan.selection)
                reasons[place] = f"the package was put in again, and that failed: {error}"
            entry = _with(entry, len(entry.parts) - 1, begun)
            self.journal.write(entry)
        return Again(entry, reasons)

    def _prepared(self, work: Work, entry: Entry) -> Begun:
        """Returns a part with its files fetched; raises CortexError where something stands against it."""
        name = _staging(work, entry)
        found = self.crew.propose(work, name)
        if found.obstacles:
            first = found.obstacles[0]
            raise CortexError(f"{first.package}: {first.reason}" if first.package else first.reason)
        part = Part(work.ecosystem, work.environment, work.facts, found.steps, found.space)
        self.crew.do("fetch", part, name)
        return Begun(part, name)

    def _done(self, begun: Begun, entry: Entry) -> Begun:
        try:
            return self.lenience.do("apply", begun, entry.plan.selection)
        except CortexError as error:
            ways = [way for word, way in (("--resume", FINISH), ("--abort", UNDO)) if word not in error.hint]
            error.hint = "; ".join(filter(None, (error.hint, *ways)))
            raise


def _of(number: int, count: int) -> str:
    return f" ({number} of {count})" if count > 1 else ""


def _with(entry: Entry, number: int, done: Begun) -> Entry:
    """Returns an entry in which a part was done to its end, or given up."""
    done = done._replace(applied=not done.left)
    return entry._replace(parts=(*entry.parts[:number], done, *entry.parts[number + 1 :]))


def _staging(work: Work, entry: Entry) -> str:
    """Returns the name of the directory for a part: the machine's one environment keeps all its files in one."""
    for begun in entry.parts:
        if not work.environment and (begun.part.ecosystem, begun.part.environment) == (work.ecosystem, ""):
            return begun.staging
    return staging_name(work, len(entry.parts))


def _works(wrong: Sequence[Wrong], selection: Selection) -> Iterator[Work]:
    """Yields what is to be done in each environment, for packages that nobody has excluded."""
    found: dict[Place, tuple[Reading, list[Step]]] = {}
    for one in wrong:
        reading, package = one.reading, one.package
        if package is None or not one.can_be_put_in or is_about(reading.ecosystem, package, selection.exclude):
            continue
        place = reading.ecosystem, reading.environment
        found.setdefault(place, (reading, []))[1].append(Step(REINSTALL, package, package))
    for reading, steps in found.values():
        assert reading.manifest is not None
        yield Work(
            reading.ecosystem, reading.environment, reading.facts, reading.facts, reading.manifest, reading.manifest,
            tuple(steps),
        )  # fmt: skip
