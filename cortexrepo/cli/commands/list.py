"""`cortex snapshot list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli.exit_codes import DONE, FAILED
from cortexrepo.cli.options import shared as options
from cortexrepo.cli.screen.output import Output
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.repository.refs.listing import Damage


@click.command("list")
@click.argument("text", required=False)
@click.option("--limit", "-n", type=click.IntRange(min=1), metavar="N", help="At most the newest N.")
@options.period
@click.option("--tag", metavar="NAME", help="Only the snapshot with this tag.")
@click.option("--deleted", is_flag=True, help="Those that are deleted and can still be brought back.")
@options.shared
def command(  # noqa: PLR0913 -- one parameter for each option
    *,
    text: str | None,
    limit: int | None,
    since_ms: int | None,
    until_ms: int | None,
    tag: str | None,
    deleted: bool,
    repo: str | None,
    as_json: bool,
    color: str,
) -> int:
    """List the snapshots, newest first; with TEXT only those with it in their message or tags.

    A snapshot that cannot be read is named on standard error; the others are listed all the same. What begins with ~
    was rebuilt from logs by `import-logs`.

    \b
    cortex snapshot list --limit 10
    cortex snapshot list upgrade --since 2026-03-01

    Exit codes: 0 done, 1 failed or a snapshot is damaged, 2 wrong usage, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    output = Output(color)
    options.check_period(since_ms, until_ms)
    repository = Repository.open(options.location(repo))
    narrowed = deleted or any(one is not None for one in (text, tag, since_ms, until_ms))
    is_plain = output.style.width is None and not output.style.colour and not as_json
    if is_plain and not narrowed and limit is None and repository.past.packed():
        from cortexrepo.cli.screen import everything  # short lists do without

        if repository.past.packed() >= everything.LEAST:
            return _named(everything.show(repository.past.overview(), output), output)
    listing = repository.listing(
        deleted=deleted,
        since_ms=since_ms,
        until_ms=until_ms,
        tag=tag,
        text=text,
        limit=limit,
        linked=False,
    )
    if as_json:
        from cortexrepo.formats.json.snapshots import (
            listed,  # the list of everything does without, and without what follows
        )

        output.document(listed(listing.snapshots, listing.tags, listing.damaged))
    elif listing.snapshots:
        from cortexrepo.formats.text.listing import snapshots

        output.page(snapshots(listing.snapshots, listing.tags, output.style))
    elif not listing.damaged:
        output.message("no such snapshots" if narrowed else "no snapshots yet: make one with `cortex snapshot create`")
    return _named(listing.damaged, output)


def _named(damaged: Sequence[Damage], output: Output) -> int:
    for damage in damaged:
        output.error(f"damaged: {damage.key}: {damage.reason}")
    return FAILED if damaged else DONE
