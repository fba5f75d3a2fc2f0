"""`cortex snapshot tag`."""

from __future__ import annotations

import click

from cortexrepo.cli import options
from cortexrepo.cli.exit_codes import DONE, FAILED
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.formats.json.snapshots import tagged
from cortexrepo.formats.text import tags as text
from cortexrepo.repository.repository import Repository

_DONE = "the change is made: `cortex snapshot tag` lists the tags"


@click.command("tag")
@click.argument("name", required=False)
@click.argument("revision", metavar="[REV]", callback=options.revision, required=False)
@click.option("--force", is_flag=True, help="Move a tag that names another snapshot.")
@click.option("--delete", "remove", is_flag=True, help="Remove the tag; the snapshot stays.")
@options.shared
def command(
    *,
    name: str | None,
    revision: str | None,
    force: bool,
    remove: bool,
    repo: str | None,
) -> Result:
    """Give the snapshot REV the tag NAME.

    Without REV, the latest snapshot gets the tag. Without NAME, all tags are listed.

    \b
    cortex snapshot tag golden
    cortex snapshot tag golden a1b2c3 --force
    cortex snapshot tag golden --delete

    Exit codes: 0 done, 1 failed, or a tag is damaged or its snapshot is missing, 2 wrong usage, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    if remove and (name is None or revision is not None or force):
        raise click.UsageError("--delete takes one NAME and nothing else")
    if force and name is None:
        raise click.UsageError("--force moves a tag: name the tag")
    repository = Repository.open(options.location(repo))
    if name is None:
        found = repository.tags()
        standing = repository.past.standing(found)
        unread = tuple(dict.fromkeys((*repository.unread, *standing.unread, *standing.missing)))
        return Result(
            document=lambda: tagged(found, damaged=unread, unknown=standing.unknown),
            lines=lambda style: text.listed(found, standing.unknown, style),
            nothing=lambda: "" if unread else text.NONE,
            errors=lambda: damaged(unread),
            code=lambda: FAILED if unread else DONE,
        )
    if remove:
        repository.untag(name)
        return Result(lambda: tagged({}, [name]), lambda _: [text.taken(name)], done=_DONE)
    snapshot = repository.tag(name, revision if revision is not None else "latest", force=force)
    return Result(
        document=lambda: tagged({name: snapshot.id}, damaged=tuple(repository.unread)),
        lines=lambda style: [text.given(name, snapshot, style)],
        errors=lambda: damaged(tuple(repository.unread)),
        done=_DONE,
    )
