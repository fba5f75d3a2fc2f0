"""A machine in memory that can be restored: what is installed is a table, and every step can be the last one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cortexrepo.disk.filesystem import RealFileSystem
from cortexrepo.ecosystems.contract.restoring import KEEP, LEAVE_OUT, Proposal, Work
from cortexrepo.errors import RestoreError
from cortexrepo.model.inventory import Inventory, Reading
from cortexrepo.model.package import Manifest
from cortexrepo.model.plan import MARK, Obstacle, Source
from cortexrepo.model.snapshot import OK
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.run.journal import Journal
from cortexrepo.restore.run.restoration import Restoration

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Part
    from cortexrepo.restore.run.crew import Crew
    from cortexrepo.restore.run.restoration import Look

MACHINE = "0123456789abcdef0123456789abcdef"
NOW = 1_700_000_000_000
Place = tuple[str, str]


class Killed(BaseException):
    """The process ends here."""


class World:
    """What is installed, where; and how many events may still happen before the process is killed."""

    def __init__(self, installed: Mapping[Place, Sequence[Package]]) -> None:
        """Takes the rows of every environment."""
        self.installed = {place: frozenset(rows) for place, rows in installed.items()}
        self.done: list[str] = []
        self.left: int | None = None
        self.missing: set[str] = set()
        self.refusing: set[str] = set()
        self.needs: dict[str, str] = {}
        """A package to another one: without the other one's step its own is not possible."""
        self.finished: set[str] = set()
        self.hint = ""

    def event(self, what: str) -> None:
        """Notes that something happens now; raises Killed when it was the last."""
        if self.left is not None:
            if self.left == 0:
                raise Killed
            self.left -= 1
        self.done.append(what)

    def inventory(self, _known: Sequence[str] = ()) -> Inventory:
        """Returns what is installed."""
        readings = [
            Reading(ecosystem, environment, OK, Manifest.of(ecosystem, rows), "", (("kind", "venv"),))
            for (ecosystem, environment), rows in sorted(self.installed.items())
        ]
        return Inventory(MACHINE, (), tuple(readings))


class FakeCrew:
    """Restores rows of a world one by one: an apply that was killed leaves some of them done."""

    def __init__(self, world: World) -> None:
        """Takes the world."""
        self.world = world

    def propose(self, work: Work, _staging: str) -> Proposal:
        """All is available, except what is missing in the world."""
        steps = tuple(
            step
            if step.after is None or step.kind == MARK or step.after.name in self.world.missing
            else step._replace(source=Source("cache", f"/cache/{step.after.name}", 7))
            for step in work.steps
        )
        missing = [
            step.package.name for step in steps if step.after is not None and step.after.name in self.world.missing
        ]
        place = work.ecosystem, work.environment
        kept = {step.package.name for step in work.kept}
        against = [Obstacle("missing", *place, f"{name} 1.0", "is nowhere", KEEP) for name in missing]
        against += [
            Obstacle("simulation", *place, step.package.name, "a dependency is not met", LEAVE_OUT)
            for step in steps
            if self.world.needs.get(step.package.name) in kept
        ]
        return Proposal(steps, tuple(against))

    def do(self, phase: str, part: Part, staging: str) -> None:
        """Does a phase, an event for each step that changes anything; a part that is finished has no way back."""
        self.world.event(f"{phase} {part.ecosystem} {part.environment}")
        place = (part.ecosystem, part.environment)
        if phase in {"fetch", "finish"}:
            (self.world.finished.discard if phase == "fetch" else self.world.finished.add)(staging)
        if phase == "apply" or (phase == "revert" and staging not in self.world.finished):
            for step in part.steps if phase == "apply" else reversed(part.steps):
                self.world.event(f"{phase} {step.package.name}")
                if phase == "apply" and step.package.name in self.world.refusing:
                    raise RestoreError(f"{step.package.name} will not", hint=self.world.hint)
                gone, come = (step.before, step.after) if phase == "apply" else (step.after, step.before)
                self.world.installed[place] = (self.world.installed[place] - {gone} | {come}) - {None}  # type: ignore[assignment]


class KilledJournal(Journal):
    """A journal each of whose writes may be where the process is killed, before it or after it."""

    world: World

    def write(self, entry: object) -> None:
        """See `Journal.write`."""
        self.world.event("before the journal is written")
        super().write(entry)  # type: ignore[arg-type]
        self.world.event("after the journal was written")


class Bench:
    """A world, a repository with a snapshot of it, and restorations that share a journal."""

    def __init__(self, directory: Path, world: World) -> None:
        """Takes where repository and journal go."""
        self.world = world
        self.repository = Repository.init(directory / "repository")
        self.snapshot = self.repository.create(world.inventory(), message="as it was")
        self._journal = str(directory / "journal")

    def journal(self) -> KilledJournal:
        """Returns the journal, made."""
        found = KilledJournal(self._journal, RealFileSystem())
        found.world = self.world
        found.make()
        return found

    def restoration(
        self, collect: Callable[[Sequence[str]], Inventory] | None = None, look: Look | None = None
    ) -> Restoration:
        """Returns what a new process would use."""
        crew = cast("Crew", FakeCrew(self.world))
        return Restoration(
            self.repository, self.journal(), crew, collect or self.world.inventory, lambda: NOW, look=look
        )
