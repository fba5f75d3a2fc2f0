"""`cortex snapshot diff`."""

from __future__ import annotations

import click

from cortexrepo.cli.options import shared as options
from cortexrepo.cli.screen.output import Output
from cortexrepo.cli.tasks.sides import Comparison, answer, chosen, compare
from cortexrepo.formats.json.snapshots import compared
from cortexrepo.formats.text import changes
from cortexrepo.formats.text.listing import title
from cortexrepo.repository.repository import Repository


@click.command("diff")
@click.argument("revisions", metavar="[A [B]]", nargs=-1)
@click.option("--stat", is_flag=True, help="Only counts.")
@options.exit_code
@options.root
@options.shared
def command(
    *,
    revisions: tuple[str, ...],
    stat: bool,
    tell: bool,
    root: str,
    repo: str | None,
    as_json: bool,
    color: str,
) -> int:
    """Say what changed from A to B: two snapshots, or `live`, the machine now.

    Without B, from A to the machine now; without both, from the latest snapshot. A..B is the same as A B. What could
    not be read on a side is listed as not compared, and never taken for a change.

    \b
    cortex snapshot diff
    cortex snapshot diff golden
    cortex snapshot diff a1b2..c3d4 --stat

    Exit codes: 0 done, 1 failed, 2 wrong usage, 10 no repository; with --exit-code 5 if there are differences, and 3 if
    there are none but not everything could be compared.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    output = Output(color)
    before, after = chosen(revisions)
    comparison = compare(Repository.open(options.location(repo)), before, after, root)
    if as_json:
        output.document(compared("diff", comparison.diff, comparison.before, comparison.after))
    else:
        draw = changes.stat if stat else changes.full
        output.page([_heading(comparison, output), "", *draw(comparison.diff, output.style)])
    if comparison.note:
        output.message(f"note: {comparison.note}")
    return answer(comparison, tell=tell)


def _heading(comparison: Comparison, output: Output) -> str:
    names = [
        title(side, output.style) if side is not None else "live" for side in (comparison.before, comparison.after)
    ]
    return f" {output.style.arrow} ".join(names)
