"""`cortex snapshot show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from cortexrepo.cli.exit_codes import DONE
from cortexrepo.cli.options import shared as options
from cortexrepo.cli.screen.output import Output
from cortexrepo.formats.json import snapshots as json
from cortexrepo.formats.text import details
from cortexrepo.formats.text.summary import slots_of
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.formats.json.document import Value
    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.snapshot import Snapshot


@click.command("show")
@click.argument("revision", metavar="[REV]", callback=options.revision, default="latest")
@click.option("--packages", is_flag=True, help="List every package too.")
@click.option("--restorable", is_flag=True, help="Say of every package whether it can be put back today.")
@options.root
@options.shared
def command(
    *, revision: str, packages: bool, restorable: bool, root: str, repo: str | None, as_json: bool, color: str
) -> int:
    """Show the snapshot REV: when, where, why, and what it holds. Without REV the latest; `live` is the machine now.

    \b
    cortex snapshot show
    cortex snapshot show a1b2c3 --packages | grep openssl
    cortex snapshot show a1b2c3 --restorable | grep missing

    Exit codes: 0 done, 1 failed, 2 wrong usage, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    output = Output(color)
    if revision == "live" and restorable:
        raise click.UsageError("--restorable asks about a snapshot: what is live is there")
    if revision == "live":
        return _live(output, root, packages=packages, as_json=as_json)
    repository = Repository.open(options.location(repo))
    snapshot = repository.get(revision)
    readings = repository.inventory(snapshot).readings if packages else None
    tags = _tags(repository, snapshot)
    found = _where_from(repository, snapshot) if restorable else None
    if as_json:
        document = json.shown(snapshot, tags, readings)
        output.document(document if found is None else {**document, "restorable": found.fields})
        return DONE
    lines = details.snapshot(snapshot, tags, output.style)
    if readings is not None:
        lines += ["", *details.packages(readings, output.style)]
    if found is not None:
        lines += ["", *found.lines(output.style)]
    (output.data if readings is None and found is None else output.page)(lines)
    return DONE


class _Found(NamedTuple):
    """Where the packages are to be had from, as both formats say it."""

    fields: list[Value]
    lines: Callable[[Style], list[str]]


def _where_from(repository: Repository, snapshot: Snapshot) -> _Found:
    from cortexrepo.cli.tasks.keeping import where_from
    from cortexrepo.formats.json import artifacts as json_artifacts
    from cortexrepo.formats.text import artifacts

    found = where_from(repository, snapshot)
    return _Found(json_artifacts.restorable(found), lambda style: artifacts.restorable(found, style))


def _tags(repository: Repository, snapshot: Snapshot) -> list[str]:
    return sorted(name for name, owner in repository.tags().items() if owner == snapshot.id)


def _live(output: Output, root: str, *, packages: bool, as_json: bool) -> int:
    from cortexrepo.recording.collecting import collect

    inventory = collect(root)
    slots = slots_of(inventory)
    if as_json:
        output.document(json.live(inventory, slots, output.style.now_ms, packages=packages))
        return DONE
    lines = details.live(inventory, slots, output.style)
    output.page([*lines, "", *details.packages(inventory.readings, output.style)] if packages else lines)
    return DONE
