"""`cortex snapshot artifacts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.exit_codes import DONE, FAILED
from cortexrepo.cli.screen.progress import ProgressLine
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.errors import OwnerError
from cortexrepo.formats.json import artifacts as json
from cortexrepo.formats.text import artifacts as text
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.model.artifact import Artifact


@click.command("artifacts")
@click.argument("action", type=click.Choice(["list", "fetch"]))
@click.argument("revision", metavar="[REV]", callback=options.revision, required=False)
@click.option("--offline", is_flag=True, help="With fetch: use only files on this machine, and start no program.")
@options.pager
@options.shared
def command(*, action: str, revision: str | None, offline: bool, repo: str | None) -> Result:
    """Keep the files of packages in the repository, to restore packages that no source offers any more.

    `fetch` keeps a file for each package of REV, or of the latest snapshot, if the repository has no file of it. The
    file comes from a package manager's cache, from the installed files, or from a configured source. `list` says how
    many files are kept for each snapshot. `list REV` names the files. `gc` removes files that no snapshot needs.

    \b
    cortex snapshot artifacts fetch golden
    cortex snapshot artifacts list

    Exit codes: 0 done, 1 failed or a file is damaged, 2 wrong usage, 3 some files could not be kept, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    if offline and action != "fetch":
        raise click.UsageError("--offline works only with `fetch`")
    repository = Repository.open(options.location(repo))
    if action == "fetch":
        return _fetch(repository, revision or "latest", offline=offline)
    return _list(repository) if revision is None else _list_one(repository, revision)


def _fetch(repository: Repository, revision: str, *, offline: bool) -> Result:
    from cortexrepo.cli.tasks.keeping import code_of, keep_files

    snapshot = repository.get(revision)
    with ProgressLine() as progress:
        found = keep_files(repository, snapshot, "/", progress, online=not offline)
    failure = found.failure
    if isinstance(failure, OwnerError):
        raise failure  # nothing was kept, and whoever asks for the whole command has its words
    return Result(
        document=lambda: json.fetched(snapshot.id, json.kept(*found)),
        lines=lambda style: text.kept(found.kept, found.present, found.lacks, style),
        notes=lambda style: text.lacking(found.lacks, style),
        errors=lambda: [] if failure is None else [(str(failure), failure.hint)],
        code=lambda: code_of(found),
    )


def _list(repository: Repository) -> Result:
    from cortexrepo.history.kept import Listed

    found = Listed(repository)
    totals = found.files, found.size, found.unneeded
    return Result(
        document=lambda: json.listed(found.snapshots, *totals, found.damaged),
        lines=lambda style: text.snapshots(found.snapshots, *totals, style),
        errors=lambda: damaged(found.damaged),
        code=lambda: FAILED if found.damaged else DONE,
        is_paged=True,
    )


def _list_one(repository: Repository, revision: str) -> Result:
    snapshot = repository.get(revision)
    rows = {
        (reading.ecosystem, package)
        for reading in repository.inventory(snapshot).readings
        for package in (reading.manifest.packages if reading.manifest else ())
    }
    found: dict[Artifact, None] = {}
    for ecosystem, package in sorted(rows):
        found.update(dict.fromkeys(repository.artifacts.find(ecosystem, package)))
    unread = tuple(repository.unread)
    return Result(
        document=lambda: json.of_one(snapshot.id, found, unread),
        lines=lambda style: text.files(found, style),
        errors=lambda: damaged(unread),
        code=lambda: FAILED if unread else DONE,
        is_paged=True,
    )
