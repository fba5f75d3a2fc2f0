"""Importing what the old tool recorded: each of its snapshots once, in the order of its time."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.codec import identity
from cortexrepo.errors import RequestError
from cortexrepo.importing.legacy import IMPORTED, OLD_ID, OLD_TIME, Legacy, parse
from cortexrepo.model import refname
from cortexrepo.model.inventory import Inventory
from cortexrepo.model.legacy import Imported, LegacyImport, Note
from cortexrepo.model.snapshot import Cause

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.model.snapshot import Snapshot
    from cortexrepo.repository.repository import Repository

REASON = "import-legacy"
"""The reason in the cause of every snapshot that comes in."""


class Target(NamedTuple):
    """Where snapshots are imported to, as which machine's, and who asked for it.

    Attributes:
        repository: Where to; None for a dry run.
        origin: The repository's id; empty where there is none yet.
        machine: The machine's id.
        user: Who asked.
    """

    repository: Repository | None
    origin: str
    machine: str
    user: str


class Past:
    """What is recorded of a machine's past: which snapshots of the old tool, and which moments are taken.

    Two snapshots of the old tool may have the same millisecond, and moments are what tells imported ones apart here:
    whichever comes second gets the next free one. What came in is known again by its old id and timestamp, so that
    neither another time zone nor what came in meanwhile brings it in twice.
    """

    def __init__(self, machine: str, snapshots: Iterable[Snapshot]) -> None:
        """Takes every snapshot that can be read, deleted ones among them."""
        mine = [one for one in snapshots if one.machine == machine and one.sequence == refname.IMPORTED]
        self._moments = {snapshot.created_at for snapshot in mine}
        self._known = {(one.fact(OLD_ID), one.fact(OLD_TIME)) for one in mine if IMPORTED in one.facts}

    def has(self, legacy: Legacy) -> bool:
        """Returns whether it came in before."""
        return (legacy.name, legacy.time) in self._known

    def take(self, legacy: Legacy) -> int:
        """Returns the moment that it gets, which is taken from now on."""
        moment = legacy.created_at
        while moment in self._moments:
            moment += 1
        self._moments.add(moment)
        self._known.add((legacy.name, legacy.time))
        return moment


def past(repository: Repository | None, machine: str) -> Past:
    """Returns the machine's past as a repository has it.

    Raises CorruptError, FormatVersionError where a file that may hold a snapshot cannot be read; StoreError,
    LockTimeoutError.
    """
    if repository is None:
        return Past(machine, ())
    repository.past.check_complete("which snapshots were imported already")
    return Past(machine, (*repository.snapshots(), *repository.listing(deleted=True).snapshots))


def bring_in(entries: Iterable[tuple[str, bytes | str]], known: Past, target: Target) -> LegacyImport:
    """Records every snapshot of the old tool that is not there yet, each durable before the next is begun.

    What cannot be imported is skipped with its reason, and never keeps the others out. Stopped anywhere, the next run
    goes on: what came in is known again.

    Args:
        entries: The names in the old tool's directory, sorted, each with its `metadata.json`, or why there is none.
        known: What is there.
        target: Where to.

    Raises:
        StoreError: The disk is full, read-only or failing; what came in before stays.
    """
    imported, present, skipped, notes = [], [], [], []
    for name, content in entries:
        legacy = Note(name, content) if isinstance(content, str) else parse(name, content)
        outcome = legacy if isinstance(legacy, Note) else _bring_in(legacy, known, target)
        if isinstance(outcome, Note):
            skipped.append(outcome)
        elif outcome is None:
            present.append(legacy.name)
        else:
            imported.append(outcome)
            notes += [Note(legacy.name, text) for text in legacy.notes] if isinstance(legacy, Legacy) else []
    return LegacyImport(tuple(imported), tuple(present), tuple(skipped), tuple(notes))


def _bring_in(legacy: Legacy, known: Past, target: Target) -> Imported | Note | None:
    """Returns what came in, why it cannot, or None where it is there already."""
    if known.has(legacy):
        return None
    moment = known.take(legacy)
    if target.repository is not None:
        inventory = Inventory(target.machine, legacy.facts, legacy.readings)
        cause = Cause("", target.user, REASON)
        try:
            recorded = target.repository.record(inventory, moment, message=legacy.description, cause=cause)
        except RequestError as error:
            return Note(legacy.name, str(error))
        if recorded is None:
            return None  # somebody else brought it in meanwhile
    own = identity.make(target.origin, target.machine, refname.IMPORTED, moment) if target.origin else None
    return Imported(legacy.name, own, moment, legacy.description)
