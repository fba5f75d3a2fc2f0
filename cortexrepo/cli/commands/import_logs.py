"""`cortex snapshot import-logs`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.exit_codes import DONE
from cortexrepo.cli.exit_codes import PARTIAL as IN_PART
from cortexrepo.cli.screen.progress import ProgressLine
from cortexrepo.cli.screen.result import Result
from cortexrepo.clock import now_ms
from cortexrepo.codec import identity
from cortexrepo.errors import CollectError, StoreError, in_part
from cortexrepo.formats.json import imports as json
from cortexrepo.formats.text import imported
from cortexrepo.importing.apt_logs import read
from cortexrepo.model import refname
from cortexrepo.model.imported import Import, Imported
from cortexrepo.model.inventory import Inventory
from cortexrepo.model.snapshot import OK, PARTIAL, RECONSTRUCTED
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cortexrepo.importing.apt_logs import Found, State
    from cortexrepo.model.ids import SnapshotId

_NAMED = 8
_FACTS = ((RECONSTRUCTED, "dpkg.log"),)


@click.command("import-logs")
@click.option("--dry-run", "-n", is_flag=True, help="Only say what would be recorded.")
@click.option(
    "--since",
    "since_ms",
    callback=options.since,
    metavar="TIME",
    help="Nothing older than TIME: 2026-03-01, '2026-03-01 12:00', yesterday, 12h, '2 weeks ago'.",
)
@options.root
@options.pager
@options.shared
def command(
    *,
    dry_run: bool,
    since_ms: int | None,
    root: str,
    repo: str | None,
) -> Result:
    """Rebuild past states of apt from the logs of dpkg and apt, and record them as snapshots.

    The command starts from the list of the packages that are installed now. It takes each change in /var/log/dpkg.log*
    out of this list, newest first, and stops at the first change that does not fit. /var/log/apt/history.log* names the
    apt commands. The state after each command becomes one snapshot, marked as reconstructed. No state is recorded
    twice. No package and no log is changed.

    \b
    cortex snapshot import-logs --dry-run
    cortex snapshot import-logs --since '6 months ago'

    Exit codes: 0 done, 1 failed, or no state could be rebuilt, 2 wrong usage, 3 recorded, but a part could not be
    read or rebuilt.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    found = read(root, now_ms() // 1000)
    if all(one.moment is None for one in found.past.transactions):
        reasons = [one.reason for one in (found.past.gap, *reversed(found.past.left)) if one is not None]
        raise CollectError(
            f"no past state can be rebuilt: {reasons[0] if reasons else '/var/log/dpkg.log* records no change'}",
            hint="changes that dpkg made in another root, or without its log, are not in this log",
        )
    place = options.location(repo)
    repository = options.existing(place) if dry_run else Repository.open(place, create=True)
    result = _import(found, repository, since_ms or 0, dry_run=dry_run)
    return Result(
        document=lambda: json.imported(result, dry_run=dry_run),
        lines=lambda style: imported.stored(result, dry_run=dry_run, style=style),
        notes=lambda style: imported.incomplete(result, found.present.error, style),
        code=lambda: DONE if _complete(result) and found.present.status == OK else IN_PART,
        is_paged=True,
        done="" if dry_run else "the snapshots are recorded: `cortex snapshot list` shows them",
    )


def _complete(result: Import) -> bool:
    return result.gap is None and not (result.unread or result.untimed or result.left or result.unsure)


def _import(found: Found, repository: Repository | None, since_ms: int, *, dry_run: bool) -> Import:
    """Records the states that are not there yet, newest first: one that is interrupted is taken up by the next run."""
    there = _recorded(repository) if repository is not None else frozenset()
    new: list[Imported] = []
    known = unsure = 0
    with ProgressLine() as progress:
        for state in _wanted(found, since_ms, repository):
            own = _identity(found, state, repository)
            if own in there or (not dry_run and not _record(found, state, repository, len(new))):
                known += 1
                continue
            packages = state.manifest.installed
            unsure += bool(state.unsure)
            new.append(Imported(own, state.moment, state.cause, state.message, packages, state.changes))
            progress("recording", len(new), len(found.past.transactions))
    return Import(tuple(new), known, found.past.gap, found.unread, found.past.untimed, found.past.left, unsure)


def _identity(found: Found, state: State, repository: Repository | None) -> SnapshotId | None:
    """Returns the id that a state has, or will have; None where no repository is there, in which it would be made."""
    if repository is None:
        return None
    return identity.make(repository.id, found.machine, refname.IMPORTED, state.moment)


def _record(found: Found, state: State, repository: Repository | None, before: int) -> bool:
    """Records a state; False when it is there. Raises StoreError that says how many were recorded before."""
    assert repository is not None
    reading = found.present._replace(manifest=state.manifest)
    if state.unsure:
        names = ", ".join(state.unsure[:_NAMED]) + (", ..." if len(state.unsure) > _NAMED else "")
        error = f"the logs contradict each other about {names}: whether that was installed is not known"
        reading = reading._replace(status=PARTIAL, error="; ".join(filter(None, (reading.error, error))))
    inventory = Inventory(found.machine, _FACTS, (reading,))
    try:
        return repository.record(inventory, state.moment, message=state.message, cause=state.cause) is not None
    except StoreError as error:
        if not before:
            raise
        counted = "1 state was" if before == 1 else f"{before} states were"
        raise in_part(error, f"{counted} recorded; run the command again to record the others") from error


def _wanted(found: Found, since_ms: int, repository: Repository | None) -> Iterator[State]:
    """Yields the states from `since_ms` on.

    What was before the oldest transaction is left out where something older was imported before: when logrotate has
    dropped a log since, it is the state after what was in that.
    """
    for state in found.states:
        if state.moment < since_ms:
            return
        if state.cause.command or not _has_older(repository, found.machine, state.moment):
            yield state


def _has_older(repository: Repository | None, machine: str, moment: int) -> bool:
    if repository is None:
        return False
    names = [state.name for state in repository.past.history().states]
    return any(
        name.sequence == refname.IMPORTED and name.created_at < moment and machine.startswith(name.machine)
        for name in names
    )


def _recorded(repository: Repository) -> frozenset[SnapshotId]:
    """Returns the ids of all snapshots, also of those that are deleted and can be brought back.

    Raises CorruptError, FormatVersionError where a file that may hold a snapshot cannot be read.
    """
    repository.past.check_complete("which states are recorded already")
    deleted = repository.listing(deleted=True).snapshots
    return frozenset([state.name.id for state in repository.past.history().states] + [one.id for one in deleted])
