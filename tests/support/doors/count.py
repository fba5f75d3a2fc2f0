"""A command of a stranger: how many snapshots there are."""

from __future__ import annotations

import click

from cortexrepo.cli import options
from cortexrepo.cli.screen.result import Result
from cortexrepo.formats.json.document import document
from cortexrepo.repository.repository import Repository


@click.command("count")
@options.shared
def command(*, repo: str | None) -> Result:
    """Say how many snapshots there are."""
    found = len(Repository.open(options.location(repo)).snapshots())
    return Result(lambda: document("count", {"count": found}), lambda _: [str(found)])
