"""Reading the machine: all of it, or only whether anything was touched since a snapshot that is still there."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

from cortexrepo.codec.hashing import checksum
from cortexrepo.ecosystems.registry import names
from cortexrepo.errors import CortexError
from cortexrepo.machine.evidence import holds
from cortexrepo.model.snapshot import ABSENT, OK
from cortexrepo.named import NamedTuple
from cortexrepo.repository.memory import Memory
from cortexrepo.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.machine.evidence import Evidence
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository


class Seen(NamedTuple):
    """An inventory, what was asked for it, and the evidence if it was read just now and can be trusted later."""

    inventory: Inventory
    question: bytes = b""
    evidence: Evidence | None = None


def see(
    repository: Repository | None,
    root: str,
    only: Sequence[str] | None,
    environments: Sequence[str] = (),
    known: Sequence[str] = (),
    lasting: Sequence[str] = (),
) -> Seen:
    """Returns the machine as it is now; the arguments are those of `collect`, and it raises as that does.

    `lasting` are those of `known` that the next question will have too, whether they are there or not.
    """
    if os.path.realpath(root) != "/":
        from cortexrepo.recording.collecting import collect, require_machine

        require_machine(root)
        return Seen(collect(root, only=only, environments=environments, known=known))
    asked = question(only, environments, known)
    inventory = _recalled(repository, asked) if repository is not None else None
    if inventory is not None:
        return Seen(inventory)
    from cortexrepo.recording.collecting import gather, view_of

    started = time.time_ns()
    view = view_of("/", remembers=True)
    inventory, evidence = gather(view, only=only, environments=environments, known=known, started_ns=started)
    complete = all(reading.status in {OK, ABSENT} for reading in inventory.readings)
    # The next one will know these environments too, which adds nothing: they were found.
    found = [reading.environment for reading in inventory.readings if reading.environment]
    return Seen(inventory, question(only, (), [*found, *lasting]), evidence if complete else None)


def keep(repository: Repository, seen: Seen, snapshot: SnapshotId) -> None:
    """Remembers that a snapshot holds what was seen, where there is evidence for it."""
    if seen.evidence is not None:
        repository.remember(Memory(seen.question, seen.evidence, snapshot))


def question(only: Sequence[str] | None, environments: Sequence[str], known: Sequence[str]) -> bytes:
    """Returns a digest of all that an answer depends on besides files; variables may be secrets and are not kept."""
    machine = os.uname()
    parts = (
        __version__,
        sys.version,
        os.geteuid(),
        machine.nodename,
        machine.release,
        only,
        names(),
        sorted({*environments, *known}),
        sorted((key, value) for key, value in os.environ.items() if key != "_"),
    )
    return checksum(repr(parts).encode("utf-8", "backslashreplace"))


def recalled(repository: Repository, question: bytes) -> Snapshot | None:
    """Returns a snapshot that the machine still equals, or None where that is not known without reading it."""
    memory = repository.recall(question)
    if memory is None or not holds(memory.evidence):
        return None
    try:
        return repository.get(memory.snapshot)
    except CortexError:
        return None  # deleted or damaged: the machine itself is read instead


def _recalled(repository: Repository, asked: bytes) -> Inventory | None:
    snapshot = recalled(repository, asked)
    try:
        return None if snapshot is None else repository.inventory(snapshot)
    except CortexError:
        return None
