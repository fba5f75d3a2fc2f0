"""`restore` and `undo` as a person runs them, on a machine in memory: commands, their repository and their journal."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from cortexrepo.cli.commands import restore, undo
from cortexrepo.cli.tasks import restoring
from cortexrepo.restore.run.restoration import Restoration
from support.processes.command_line import CommandLine, Result
from support.restores.restorations import NOW, Bench, FakeCrew, World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import pytest

    from cortexrepo.model.package import Package
    from cortexrepo.repository.repository import Repository
    from cortexrepo.restore.run.crew import Crew
    from cortexrepo.restore.run.journal import Journal
    from cortexrepo.restore.run.restoration import Look

    Rows = Mapping[tuple[str, str], Sequence[Package]]


class Restores:
    """A bench whose snapshot and machine differ, and the command line over it.

    Attributes:
        bench: The machine in memory, its repository and its journal.
        cortex: The command line.
        id: The snapshot.
    """

    def __init__(self, directory: Path, then: Rows, now: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
        """Takes what the snapshot has and what is installed now."""
        self.bench = Bench(directory, World(then))
        self.bench.world.installed = {place: frozenset(rows) for place, rows in now.items()}
        self.cortex = CommandLine(directory / "repository", directory / "no-root")
        self.id = str(self.bench.snapshot.id)
        monkeypatch.setattr(restoring, "restoration_here", self._restoration)
        for command in (restore, undo):
            monkeypatch.setattr(command, "journal_here", self.bench.journal)

    def __call__(self, *words: str, answer: str | None = None) -> Result:
        """Runs a command."""
        return self.cortex(*words, answer=answer)

    def interrupt(self, name: str = "q") -> Result:
        """Restores, and is stopped at a package that will not; afterwards it would."""
        self.bench.world.refusing = {name}
        found = self("restore", self.id, "--yes")
        self.bench.world.refusing = set()
        return found

    def _restoration(
        self,
        repository: Repository,
        journal: Journal,
        user: str,
        *,
        source: Repository | None = None,
        look: Look | None = None,
        stage: Callable[[str], None] = lambda _line: None,
        told: Callable[[str], None] = lambda _line: None,
        pressed: Callable[[int], None] = lambda _count: None,
    ) -> Restoration:
        world = self.bench.world
        crew = cast("Crew", FakeCrew(world))
        return Restoration(
            repository, journal, crew, world.inventory, lambda: NOW, source=source, user=user, stage=stage
        )
