"""`cortex snapshot artifacts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli.exit_codes import DONE, FAILED, PARTIAL, exit_code
from cortexrepo.cli.options import shared as options
from cortexrepo.cli.screen.output import Output
from cortexrepo.cli.screen.progress import ProgressLine
from cortexrepo.formats.json import artifacts as json
from cortexrepo.formats.text import artifacts as text
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.model.artifact import Artifact


@click.command("artifacts")
@click.argument("action", type=click.Choice(["list", "fetch"]))
@click.argument("revision", metavar="[REV]", callback=options.revision, required=False)
@click.option("--offline", is_flag=True, help="With fetch: take only what is on this machine, start no program.")
@options.shared
def command(*, action: str, revision: str | None, offline: bool, repo: str | None, as_json: bool, color: str) -> int:
    """Keep the files of packages in the repository, so that they can be put back when no source offers them any more.

    `fetch` keeps a file for each package of REV (the latest without one) that has none: from the package managers'
    caches, built again from what is installed, and from the sources that they are configured with. `list` says how
    much is kept for each snapshot, with REV which files. What is kept goes when no snapshot needs it: see `gc`.

    \b
    cortex snapshot artifacts fetch golden
    cortex snapshot artifacts list

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 kept what could be had, but some files could not, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    if offline and action != "fetch":
        raise click.UsageError("--offline says how to fetch")
    output = Output(color)
    repository = Repository.open(options.location(repo))
    if action == "fetch":
        return _fetch(output, repository, revision or "latest", offline=offline, as_json=as_json)
    if revision is not None:
        return _list_one(output, repository, revision, as_json=as_json)
    return _list(output, repository, as_json=as_json)


def _fetch(output: Output, repository: Repository, revision: str, *, offline: bool, as_json: bool) -> int:
    from cortexrepo.cli.tasks.keeping import keep_files

    snapshot = repository.get(revision)
    with ProgressLine() as progress:
        found = keep_files(repository, snapshot, "/", progress, online=not offline)
    if as_json:
        output.document(json.fetched(snapshot.id, json.kept(*found)))
    else:
        output.data(text.kept(found.kept, found.present, found.lacks, output.style))
    for line in text.lacking(found.lacks, output.error_style):
        output.message(line)
    if found.failure is not None:
        output.error(str(found.failure), found.failure.hint)
        return exit_code(found.failure)
    return PARTIAL if found.lacks else DONE


def _list(output: Output, repository: Repository, *, as_json: bool) -> int:
    from cortexrepo.history.kept import Listed

    found = Listed(repository)
    totals = found.files, found.size, found.unneeded
    if as_json:
        output.document(json.listed(found.snapshots, *totals, found.damaged))
    else:
        output.page(text.snapshots(found.snapshots, *totals, output.style))
    for key, reason in found.damaged:
        output.error(f"damaged: {key}: {reason}")
    return FAILED if found.damaged else DONE


def _list_one(output: Output, repository: Repository, revision: str, *, as_json: bool) -> int:
    snapshot = repository.get(revision)
    rows = {
        (reading.ecosystem, package)
        for reading in repository.inventory(snapshot).readings
        for package in (reading.manifest.packages if reading.manifest else ())
    }
    found: dict[Artifact, None] = {}
    for ecosystem, package in sorted(rows):
        found.update(dict.fromkeys(repository.artifacts.find(ecosystem, package)))
    if as_json:
        output.document(json.of_one(snapshot.id, found))
    else:
        output.page(text.files(found, output.style))
    return DONE
