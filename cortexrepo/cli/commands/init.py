"""`cortex snapshot init`."""

from __future__ import annotations

import click

from cortexrepo.cli import options
from cortexrepo.cli.screen.result import Result
from cortexrepo.formats.json.snapshots import initialised
from cortexrepo.formats.text.location import made
from cortexrepo.repository.repository import Repository


@click.command("init")
@options.shared
def command(*, repo: str | None) -> Result:
    """Make the repository. Only you can read it. A repository that exists is not changed. `create` makes one too.

    \b
    cortex snapshot init
    cortex snapshot init --repo /backup/snapshots

    Exit codes: 0 done, 1 failed, 2 wrong usage, 4 the directory belongs to another user.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    repository = Repository.init(options.location(repo))
    return Result(
        document=lambda: initialised(repository.location, repository.id),
        lines=lambda _: [made(repository.location)],
        done=f"the repository is there: {repository.location}",
    )
