"""`cortex snapshot list`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.exit_codes import DONE, FAILED
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.cli.screen.output import Output
    from cortexrepo.cli.screen.result import Stream
    from cortexrepo.formats.json.document import Document
    from cortexrepo.formats.text.style import Style
    from cortexrepo.repository.refs.listing import Listing


@click.command("list")
@click.argument("text", required=False)
@click.option("--limit", "-n", type=click.IntRange(min=1), metavar="N", help="Show at most the newest N snapshots.")
@options.period
@click.option("--tag", metavar="NAME", help="Show only the snapshot with this tag.")
@click.option("--deleted", is_flag=True, help="Show the deleted snapshots that can still be brought back.")
@click.option("--dates", is_flag=True, help="Show the date of each snapshot, also of those of the last 24 hours.")
@options.pager
@options.talking
def command(  # noqa: PLR0913 -- one parameter for each option
    *,
    text: str | None,
    limit: int | None,
    since_ms: int | None,
    until_ms: int | None,
    tag: str | None,
    deleted: bool,
    dates: bool,
    repo: str | None,
    output: Output,
) -> Result | Stream:
    """List the snapshots, newest first; with TEXT only snapshots with TEXT in the message or in a tag.

    A snapshot that cannot be read is named on standard error, and the others are listed. A message that begins with ~
    belongs to a snapshot that `import-logs` rebuilt from logs.

    A terminal gets a header, the number of snapshots, and the time since each snapshot of the last 24 hours. Where the
    terminal is narrow, the numbers of packages are left out first. A pipe or a file gets one line for each snapshot:
    the id, the date, the message, the numbers of packages, the tags.

    \b
    cortex snapshot list --limit 10
    cortex snapshot list upgrade --since 2026-03-01

    Exit codes: 0 done, 1 failed or a snapshot is damaged, 2 wrong usage, 10 no repository, 11 the lock was
    not obtained.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    options.check_period(since_ms, until_ms)
    repository = Repository.open(options.location(repo))
    narrowed = deleted or any(one is not None for one in (text, tag, since_ms, until_ms))
    # The lines of a user's repository are not kept among root's.
    is_own = repository.lender is None
    if is_own and output.is_plain and not narrowed and limit is None and repository.past.packed():
        from cortexrepo.cli.screen import everything  # short lists do without

        if repository.past.packed() >= everything.LEAST:
            return everything.streamed(repository.past.overview(), output.style)
    listing = repository.listing(
        deleted=deleted,
        since_ms=since_ms,
        until_ms=until_ms,
        tag=tag,
        text=text,
        limit=limit,
        linked=False,
    )
    return Result(
        document=lambda: _document(listing),
        lines=lambda style: _lines(listing, style, limit, deleted=deleted, dates=dates),
        nothing=lambda: "" if listing.damaged else _none(repository, narrowed=narrowed),
        errors=lambda: damaged(listing.damaged),
        code=lambda: FAILED if listing.damaged else DONE,
        is_paged=True,
    )


def _none(repository: Repository, *, narrowed: bool) -> str:
    """Returns what is said of an empty list."""
    if narrowed:
        return "no such snapshots"
    from cortexrepo.formats.text.deletion import none

    return none(are_deleted=repository.past.has_deleted())


def _document(listing: Listing) -> Document:
    from cortexrepo.formats.json.snapshots import listed

    return listed(listing.snapshots, listing.tags, listing.damaged)


def _lines(listing: Listing, style: Style, limit: int | None, *, deleted: bool, dates: bool) -> list[str]:
    if not listing.snapshots:
        return []
    from cortexrepo.formats.text.listing import snapshots, total

    lines = snapshots(listing.snapshots, listing.tags, style, dates=dates)
    return [*lines, *total(len(listing.snapshots), style, deleted=deleted, limit=limit)]
