"""`cortex snapshot status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.cli.tasks.sides import answer, compare, document, notes
from cortexrepo.formats.text import status as text
from cortexrepo.model.revision import LATEST, LIVE
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.run.location import is_interrupted

if TYPE_CHECKING:
    from cortexrepo.cli.tasks.sides import Comparison
    from cortexrepo.formats.text.style import Style


@click.command("status")
@options.exit_code
@options.root
@options.pager
@options.shared
def command(*, tell: bool, root: str, repo: str | None) -> Result:
    """Say in short what changed since the latest snapshot.

    \b
    cortex snapshot status
    cortex snapshot status --exit-code || cortex snapshot create "drift"

    Exit codes: 0 done, 1 failed, 2 wrong usage, 10 no repository. With --exit-code: 5 there are differences, 3 there
    are no differences, but a part could not be compared.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    comparison = compare(Repository.open(options.location(repo)), LATEST, LIVE, root)
    return Result(
        document=lambda: document("status", comparison),
        lines=lambda style: _lines(comparison, style),
        notes=lambda _: [*_interrupted(root), *notes(comparison)],
        errors=lambda: damaged(comparison.damaged),
        code=lambda: answer(comparison, tell=tell),
        is_paged=True,
    )


def _lines(comparison: Comparison, style: Style) -> list[str]:
    assert comparison.before is not None
    return text.since(comparison.before, comparison.diff, style)


def _interrupted(root: str) -> list[str]:
    return [text.INTERRUPTED] if root == "/" and is_interrupted() else []
