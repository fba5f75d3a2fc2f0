"""`cortex snapshot undelete`."""

from __future__ import annotations

import click

from cortexrepo.cli import options
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.formats.json.snapshots import ids
from cortexrepo.formats.text.deletion import brought_back
from cortexrepo.repository.repository import Repository


@click.command("undelete")
@click.argument("revisions", metavar="ID...", callback=options.revisions, nargs=-1, required=True)
@options.shared
def command(*, revisions: tuple[str, ...], repo: str | None) -> Result:
    """Bring back the deleted snapshots ID...

    ID is the id of a snapshot, or its first digits. `cortex snapshot list --deleted` shows the deleted snapshots.

    \b
    cortex snapshot list --deleted
    cortex snapshot undelete a1b2c3

    Exit codes: 0 done, 1 failed, 2 wrong usage, 10 no repository, 11 `gc` is running.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    repository = Repository.open(options.location(repo))
    undeleted = repository.undelete(revisions)
    return Result(
        document=lambda: ids("undelete", "undeleted", undeleted, tuple(repository.unread)),
        lines=lambda style: brought_back(undeleted, style),
        errors=lambda: damaged(tuple(repository.unread)),
        done="the snapshots are back: `cortex snapshot list` shows them",
    )
