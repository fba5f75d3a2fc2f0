"""`cortex snapshot delete`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.errors import CorruptError, FormatVersionError, RefusedError
from cortexrepo.formats.json.snapshots import ids
from cortexrepo.formats.text import deletion as text
from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.listing import SHORT, snapshots
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.cli.screen.output import Output
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.snapshot import Snapshot


@click.command("delete")
@click.argument("revisions", metavar="REV...", callback=options.revisions, nargs=-1, required=True)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@options.talking
def command(*, revisions: tuple[str, ...], yes: bool, repo: str | None, output: Output) -> Result:
    """Mark the snapshots REV... as deleted. They are shown first, and a question is asked.

    `list` does not show a deleted snapshot. `undelete` brings it back, until `gc` removes it.

    \b
    cortex snapshot delete a1b2c3 d4e5f6
    cortex snapshot delete latest --yes

    Exit codes: 0 done, 1 failed, 2 wrong usage, 4 declined, or standard input is not a terminal, 10 no
    repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    repository = Repository.open(options.location(repo))
    chosen = list(dict.fromkeys(map(repository.identify, revisions)))
    if not yes:
        _ask(output, repository, chosen)
    deleted = repository.delete(chosen)
    return Result(
        document=lambda: ids("delete", "deleted", deleted, tuple(repository.unread)),
        lines=lambda style: text.deleted(deleted, style),
        hints=lambda _: [text.way_back(deleted)],
        errors=lambda: damaged(tuple(repository.unread)),
        done=f"the snapshots are deleted: {text.way_back(deleted)}",
    )


def _ask(output: Output, repository: Repository, chosen: list[SnapshotId]) -> None:
    """Shows what would go and asks; raises RefusedError unless the answer is yes."""
    if not output.can_ask():
        raise RefusedError(
            "nothing was deleted: standard input is not a terminal, and deleting needs an answer",
            hint="add --yes to the command to delete without a question",
        )
    names: dict[SnapshotId, list[str]] = {}
    for name, owner in repository.tags().items():
        names.setdefault(owner, []).append(name)
    for line in snapshots(_readable(output, repository, chosen), names, output.error_style):
        output.message(line)
    count = len(chosen)
    if not output.ask(f"Delete {'this snapshot' if count == 1 else f'these {count} snapshots'}?"):
        raise RefusedError("nothing was deleted")


def _readable(output: Output, repository: Repository, chosen: list[SnapshotId]) -> list[Snapshot]:
    """Returns the snapshots that can be read; those that cannot are named: deleting them is a way to be rid of them."""
    found = []
    for snapshot in chosen:
        try:
            found.append(repository.get(snapshot))
        except (CorruptError, FormatVersionError) as error:
            output.message(f"{snapshot[:SHORT]}  {escape(str(error))}")
    return found
