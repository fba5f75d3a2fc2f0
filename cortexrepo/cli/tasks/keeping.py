"""Keeping files of packages, and asking where they are: what `create`, `show` and `artifacts` share."""

from __future__ import annotations

import contextlib
import os
import tempfile
from typing import TYPE_CHECKING

from cortexrepo.cli.exit_codes import DONE, PARTIAL, exit_code
from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.restoring import Room
from cortexrepo.machine.live_programs import LiveMachine
from cortexrepo.machine.whose.domains import Domains, own_home
from cortexrepo.recording.keeping import Keeping, keep
from cortexrepo.recording.makers import opened
from cortexrepo.restore.plan.availability import availability

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.cli.screen.progress import ProgressLine
    from cortexrepo.model.artifact import Availability
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository


def keep_files(
    repository: Repository, snapshot: Snapshot, root: str, progress: ProgressLine, *, online: bool
) -> Keeping:
    """Keeps what can be had for a snapshot that is there; the arguments are those of `keep`."""
    readings = repository.inventory(snapshot).readings
    with _room(repository) as room, opened(root, room) as (place, makers):
        return keep(repository.artifacts, readings, place, online=online, progress=progress, makers=makers)


def code_of(found: Keeping) -> int:
    """Returns the exit code for what became of the files."""
    if found.failure is not None:
        return exit_code(found.failure)
    return PARTIAL if found.lacks else DONE


def where_from(repository: Repository, snapshot: Snapshot) -> tuple[Availability, ...]:
    """Returns for each package of a snapshot where it can be had from today."""
    with _room(repository) as room:
        return availability(repository.inventory(snapshot).readings, room, Domains(registry.reached).environment)


@contextlib.contextmanager
def _room(repository: Repository) -> Iterator[Room]:
    """Yields what programs are started with, and a private directory that is gone afterwards."""
    machine = LiveMachine(os.environ, own_home())
    with tempfile.TemporaryDirectory(prefix="cortex-", ignore_cleanup_errors=True) as staging:
        yield Room(machine, repository.artifacts, staging, lambda _: None)
