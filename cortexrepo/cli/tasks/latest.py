"""The latest snapshot of the machine that a command is about: other machines may have later ones in the repository."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model.revision import LATEST

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository


def latest_of(repository: Repository, root: str) -> Snapshot:
    """Returns the latest snapshot of the machine under `root`; without any, the latest of all machines.

    Raises as `Repository.get`, and RequestError where there is no such root.
    """
    newest = repository.get(LATEST)
    if repository.past.machines() <= {newest.machine}:
        return newest
    from cortexrepo.recording.collecting import machine_of  # most repositories are of one machine

    own = machine_of(root)
    name = None if newest.machine == own else repository.past.latest(own)
    return newest if name is None else repository.get(name.id)
