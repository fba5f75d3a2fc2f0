"""`cortex snapshot undo`."""

from __future__ import annotations

from functools import partial
from shlex import quote
from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.tasks.restoring import Session, Wishes, check_answer, result
from cortexrepo.errors import RequestError, RevisionError
from cortexrepo.model.plan import Selection
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.run.begun import anything
from cortexrepo.restore.run.here import journal_here

if TYPE_CHECKING:
    from cortexrepo.cli.screen.output import Output
    from cortexrepo.cli.screen.result import Result
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.snapshot import Snapshot


@click.command("undo")
@click.option("--dry-run", "-n", is_flag=True, help="Only show the plan and its obstacles; change nothing.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@options.pager
@options.talking
def command(*, dry_run: bool, yes: bool, repo: str | None, output: Output) -> Result:
    """Put the packages back as they were before the last restore.

    Each restore makes a snapshot before its first change. `undo` restores this snapshot, and can itself be undone.

    \b
    cortex snapshot undo --dry-run
    cortex snapshot undo

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done in part, 4 declined, not safe, or standard input is not a
    terminal, 10 no repository, 11 a restore is running.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    options.check_asks(dry_run=dry_run, yes=yes)
    repository = Repository.open(options.location(repo))
    kept = journal_here()
    kept.make()
    with kept.alone():
        kept.clear()
        last = kept.last()
        if last is None:
            raise RequestError("no restore is recorded on this machine: there is nothing to undo")
        if last.repository != repository.id:
            raise RequestError(
                f"the last restore used another repository: {last.location or last.repository}",
                hint=f"name the other repository: `cortex snapshot undo --repo {quote(last.location or 'DIR')}`",
            )
        session = Session(output, repository, kept, repository)
        restoration = session.restoration()
        target = _before(repository, last.safety)
        wishes = Wishes(dry_run, yes)
        plan = restoration.plan(target, Selection(), agreed=anything, asking=partial(check_answer, output, wishes))
        outcome = session.settle(restoration, plan, target, wishes)
        return result("undo", plan, outcome, target, output)


def _before(repository: Repository, identity: SnapshotId) -> Snapshot:
    """Returns the snapshot from before the last restore; RequestError where it is gone."""
    try:
        return repository.get(identity)
    except RevisionError as error:
        message = f"the snapshot from before the last restore cannot be found: {error}"
        hint = error.hint if "undelete" in error.hint else "restore another snapshot: `cortex snapshot restore REV`"
        raise RequestError(message, hint=hint) from error
