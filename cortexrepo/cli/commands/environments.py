"""`cortex snapshot environments`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.exit_codes import DONE, PARTIAL
from cortexrepo.cli.screen.result import Result
from cortexrepo.cli.tasks.census import count, search
from cortexrepo.formats.json import environments as json
from cortexrepo.formats.text import environments as text
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.cli.screen.output import Output


@click.command("environments")
@click.argument("directory", metavar="[DIR]", default="")
@click.option(
    "--find", "walk", is_flag=True, help="Walk through DIR, or through all that is yours, and remember what is found."
)
@options.root
@options.talking
def command(*, directory: str, walk: bool, root: str, repo: str | None, output: Output) -> Result:
    """List every environment that is recorded, how it was found, and the places that were not looked at.

    An environment is a place that packages are installed into, such as a virtual environment. Without --find the known
    places are looked at, and those that files name: nothing is changed, and no repository is needed.

    --find walks through directories: those of DIR, else your home; for root the file system of / and every home. It
    follows no link, goes into no other file system except that of DIR, and ends after 60 seconds. Each user's
    directories are read with the rights of that user. What only the walk finds is remembered: `cortex snapshot create`
    records it from then on. What was remembered and is gone is named once, and forgotten.

    \b
    cortex snapshot environments
    cortex snapshot environments --find
    cortex snapshot environments --find /mnt/data

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a place could not be searched, or the walk ended before its end.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    place = options.location(repo)
    if walk and root != "/":
        raise click.UsageError("--find walks through this machine: leave out --root")
    if directory and not walk:
        raise click.UsageError("DIR works only with --find: add --find")
    if walk:
        census = search(Repository.open(place, create=True), os.path.abspath(directory) if directory else "")
    else:
        census = count(options.existing(place), root)
    return Result(
        document=lambda: json.counted(census),
        lines=lambda style: map(output.written, text.counted(census, style)),
        code=lambda: PARTIAL if census.is_partial or census.stops else DONE,
        is_paged=True,
    )
