"""`cortex snapshot tag`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli.exit_codes import DONE
from cortexrepo.cli.options import shared as options
from cortexrepo.cli.screen.output import Output
from cortexrepo.formats.json.snapshots import tagged
from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.listing import tags, title
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.formats.json.document import Document


@click.command("tag")
@click.argument("name", required=False)
@click.argument("revision", metavar="[REV]", callback=options.revision, required=False)
@click.option("--force", is_flag=True, help="Move a tag that names another snapshot.")
@click.option("--delete", "remove", is_flag=True, help="Take the name away; the snapshot stays.")
@options.shared
def command(
    *,
    name: str | None,
    revision: str | None,
    force: bool,
    remove: bool,
    repo: str | None,
    as_json: bool,
    color: str,
) -> int:
    """Give the snapshot REV a NAME, the latest one without REV; without NAME list all tags.

    \b
    cortex snapshot tag golden
    cortex snapshot tag golden a1b2c3 --force
    cortex snapshot tag golden --delete

    Exit codes: 0 done, 1 failed, 2 wrong usage, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    if remove and (name is None or revision is not None or force):
        raise click.UsageError("--delete takes one NAME and nothing else")
    output = Output(color)
    repository = Repository.open(options.location(repo))
    if name is None:
        found = repository.tags()
        if not found and not as_json:
            output.message("no tags yet")
        _say(output, tags(found, output.style), tagged(found) if as_json else None)
    elif remove:
        repository.untag(name)
        _say(output, [f"tag {escape(name)} deleted"], tagged({}, [name]) if as_json else None)
    else:
        snapshot = repository.tag(name, revision if revision is not None else "latest", force=force)
        line = f"{escape(name)} names {title(snapshot, output.style)}"
        _say(output, [line], tagged({name: snapshot.id}) if as_json else None)
    return DONE


def _say(output: Output, lines: list[str], document: Document | None) -> None:
    if document is None:
        output.data(lines)
    else:
        output.document(document)
