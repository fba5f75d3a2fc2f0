"""`cortex snapshot gc`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.exit_codes import DONE, FAILED, LOCKED, PARTIAL
from cortexrepo.cli.screen.progress import ProgressLine
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.formats.json.upkeep import garbage
from cortexrepo.formats.text.garbage import collected, left
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.model.garbage import Garbage


@click.command("gc")
@click.option("--dry-run", "-n", is_flag=True, help="Only say what would be removed.")
@click.option(
    "--expire-deleted",
    metavar="TIME",
    callback=options.duration,
    help="Remove snapshots that were deleted longer ago than TIME: now, 12h, 4w. [default: 14d of recorded time]",
)
@click.option(
    "--artifacts-limit",
    metavar="SIZE",
    callback=options.size,
    help="Keep at most SIZE of package files (2G, 500M); files of the oldest snapshots are removed first.",
)
@click.option(
    "--accept-loss",
    is_flag=True,
    help="Remove files also while a snapshot is missing that no collection removed, and with them what only it needs.",
)
@options.shared
def command(
    *,
    dry_run: bool,
    expire_deleted: int | None,
    artifacts_limit: int | None,
    accept_loss: bool,
    repo: str | None,
) -> Result:
    """Remove the files that no snapshot needs any more.

    A deleted snapshot is removed 14 days after it was deleted; until then `undelete` brings it back. The clock may be
    wrong: a time without a snapshot, a deletion or a `gc` counts as 7 days at most. While the clock is ahead of the
    newest of these by more than a day, and by more than the usual time between two snapshots, no deleted snapshot is
    removed. With --expire-deleted, the clock alone counts. Objects and package files that no snapshot needs are removed
    too. Temporary files of killed processes are removed too. With --artifacts-limit, package files that a snapshot
    needs are removed too. Files of the newest snapshot of each machine and of tagged snapshots are never removed. Other
    commands may run at the same time. If `gc` was interrupted, the next `gc` continues.

    \b
    cortex snapshot gc --dry-run
    cortex snapshot gc
    cortex snapshot gc --expire-deleted now
    cortex snapshot gc --artifacts-limit 2G

    Exit codes: 0 done, 1 failed or a file is damaged, 2 wrong usage, 3 done, except that deleted snapshots stay because
    the clock is ahead, 4 a file cannot be read or a snapshot is lost, and nothing was removed, 10 no repository, 11
    another `gc` is running, or deleted snapshots stay because a process has locked the names.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    repository = Repository.open(options.location(repo))
    with ProgressLine() as progress:
        found = repository.upkeep.gc(
            keep_deleted_ms=expire_deleted,
            dry_run=dry_run,
            artifacts_limit=artifacts_limit,
            accept_loss=accept_loss,
            progress=progress,
        )
    return Result(
        document=lambda: garbage(found, dry_run=dry_run),
        lines=lambda style: collected(found, dry_run=dry_run, style=style),
        notes=lambda style: left(found, style),
        errors=lambda: damaged(found.damaged),
        code=lambda: _code(found),
        done="" if dry_run else "the collection is done; a further `cortex snapshot gc` changes nothing",
    )


def _code(found: Garbage) -> int:
    if found.waiting:
        return LOCKED
    if found.damaged:
        return FAILED
    return PARTIAL if found.refused else DONE
