"""`cortex snapshot diff`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.cli.tasks.sides import answer, chosen, compare, document, notes
from cortexrepo.formats.registry import FORMATS
from cortexrepo.formats.text import changes
from cortexrepo.formats.text.listing import title
from cortexrepo.model.revision import LIVE
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.cli.tasks.sides import Comparison
    from cortexrepo.formats.text.style import Style


@click.command("diff")
@click.argument("revisions", metavar="[A [B]]", nargs=-1)
@click.option("--stat", is_flag=True, help="Show only counts.")
@options.exit_code
@options.root
@options.pager
@options.shared
def command(
    *,
    revisions: tuple[str, ...],
    stat: bool,
    tell: bool,
    root: str,
    repo: str | None,
) -> Result:
    """Say what changed from A to B. A and B are snapshots, or `live`, the machine now.

    Without B, A is compared with the machine now. Without A and B, the latest snapshot is compared with the machine
    now. A..B is the same as A B. A part that could not be read on one side is listed as not compared, and not as a
    change.

    \b
    cortex snapshot diff
    cortex snapshot diff golden
    cortex snapshot diff a1b2..c3d4 --stat

    Exit codes: 0 done, 1 failed, 2 wrong usage, 10 no repository. With --exit-code: 5 there are differences, 3 there
    are no differences, but a part could not be compared.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    before, after = chosen(revisions)
    if options.is_given("root") and LIVE not in {before, after}:
        raise click.UsageError("--root works only with `live`: no machine is read to compare two snapshots")
    if stat and any(options.is_given(f"as_{name}") for name in FORMATS):
        raise click.UsageError("--stat is for people: a document has every change; leave out --stat")
    comparison = compare(Repository.open(options.location(repo)), before, after, root)
    return Result(
        document=lambda: document("diff", comparison),
        lines=lambda style: _lines(comparison, style, stat=stat),
        notes=lambda _: notes(comparison),
        errors=lambda: damaged(comparison.damaged),
        code=lambda: answer(comparison, tell=tell),
        is_paged=True,
    )


def _lines(comparison: Comparison, style: Style, *, stat: bool) -> list[str]:
    names = [title(side, style) if side is not None else "live" for side in (comparison.before, comparison.after)]
    draw = changes.stat if stat else changes.full
    return [f" {style.arrow} ".join(names), "", *draw(comparison.diff, style)]
