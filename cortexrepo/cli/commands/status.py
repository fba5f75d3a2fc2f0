"""`cortex snapshot status`."""

from __future__ import annotations

import click

from cortexrepo.cli.options import shared as options
from cortexrepo.cli.screen.output import Output
from cortexrepo.cli.tasks.sides import answer, compare
from cortexrepo.formats.json.snapshots import compared
from cortexrepo.formats.text import changes
from cortexrepo.formats.text.listing import title
from cortexrepo.model.revision import LATEST, LIVE
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.run.location import is_interrupted


@click.command("status")
@options.exit_code
@options.root
@options.shared
def command(*, tell: bool, root: str, repo: str | None, as_json: bool, color: str) -> int:
    """Say in short what changed since the latest snapshot.

    \b
    cortex snapshot status
    cortex snapshot status --exit-code || cortex snapshot create "drift"

    Exit codes: 0 done, 1 failed, 2 wrong usage, 10 no repository; with --exit-code 5 if there are differences, and 3 if
    there are none but not everything could be compared.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    output = Output(color)
    comparison = compare(Repository.open(options.location(repo)), LATEST, LIVE, root)
    diff, latest = comparison.diff, comparison.before
    assert latest is not None
    if as_json:
        output.document(compared("status", diff, latest, None))
    elif not diff.changes and not diff.unknown:
        output.data([f"nothing changed since {title(latest, output.style)}"])
    else:
        output.data([f"since {title(latest, output.style)}", "", *changes.short(diff, output.style)])
    if root == "/" and is_interrupted():
        output.message("note: a restore runs, or was interrupted: `cortex snapshot restore --resume` or `--abort`")
    if comparison.note:
        output.message(f"note: {comparison.note}")
    return answer(comparison, tell=tell)
