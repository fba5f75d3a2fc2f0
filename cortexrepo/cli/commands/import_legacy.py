"""`cortex snapshot import-legacy`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.account import user
from cortexrepo.cli.exit_codes import DONE, FAILED, PARTIAL
from cortexrepo.cli.screen.result import Result
from cortexrepo.formats.json import imports as json
from cortexrepo.formats.text import legacy
from cortexrepo.importing.legacy import LIMIT
from cortexrepo.importing.legacy_directory import entries, names
from cortexrepo.importing.legacy_import import Target, bring_in, past
from cortexrepo.recording.collecting import collect
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.model.legacy import LegacyImport

_DEFAULT = "~/.cortex/snapshots"


@click.command("import-legacy")
@click.argument("directory", metavar="[DIR]", default=_DEFAULT)
@click.option("--dry-run", "-n", is_flag=True, help="Only say which snapshots would be imported; change nothing.")
@options.shared
def command(*, directory: str, dry_run: bool, repo: str | None) -> Result:
    """Import the snapshots that the old JSON tool kept in DIR, by default ~/.cortex/snapshots.

    Each snapshot keeps its time (read as local time) and its description, and becomes a snapshot of this machine. DIR
    is not changed. An entry that is not a whole snapshot is skipped, and its name is shown. A second run adds nothing.

    \b
    cortex snapshot import-legacy --dry-run
    cortex snapshot import-legacy /home/ana/.cortex/snapshots

    Exit codes: 0 done, 1 failed, or nothing in DIR is a snapshot, 2 wrong usage, 3 done, but an entry was skipped.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    source = os.path.expanduser(directory) if directory == _DEFAULT else directory
    found = _import(source, options.location(repo), dry_run=dry_run)
    return Result(
        document=lambda: json.legacy(found, dry_run=dry_run),
        lines=lambda style: legacy.imported(found, dry_run=dry_run, style=style),
        notes=lambda style: legacy.noted(found, style),
        code=lambda: _code(found),
        done="" if dry_run else "the snapshots are recorded: `cortex snapshot list` shows them",
    )


def _import(source: str, place: str, *, dry_run: bool) -> LegacyImport:
    found = names(source)
    machine = collect(only=()).machine
    there = options.existing(place)
    nowhere = Target(None, "" if there is None else there.id, machine, "")
    would = bring_in(entries(source, found, LIMIT), past(there, machine), nowhere)
    if dry_run or not would.imported:
        return would
    # Only now that there is something to keep a repository is made for it.
    repository = there or Repository.open(place, create=True)
    target = Target(repository, repository.id, machine, user())
    return bring_in(entries(source, found, LIMIT), past(target.repository, machine), target)


def _code(found: LegacyImport) -> int:
    if not found.skipped:
        return DONE
    return PARTIAL if found.imported or found.present else FAILED
