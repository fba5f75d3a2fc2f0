"""`cortex snapshot show`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.exit_codes import DONE
from cortexrepo.cli.output import Output
from cortexrepo.formats import details, json
from cortexrepo.formats.summary import slots_of
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.model.snapshot import Snapshot


@click.command("show")
@click.argument("revision", metavar="[REV]", callback=options.revision, default="latest")
@click.option("--packages", is_flag=True, help="List every package too.")
@options.root
@options.shared
def command(*, revision: str, packages: bool, root: str, repo: str | None, as_json: bool, color: str) -> int:
    """Show the snapshot REV: when, where, why, and what it holds. Without REV the latest; `live` is the machine now.

    \b
    cortex snapshot show
    cortex snapshot show a1b2c3 --packages | grep openssl

    Exit codes: 0 done, 1 failed, 2 wrong usage, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    output = Output(color)
    if revision == "live":
        return _live(output, root, packages=packages, as_json=as_json)
    repository = Repository.open(options.location(repo))
    snapshot = repository.get(revision)
    readings = repository.inventory(snapshot).readings if packages else None
    tags = _tags(repository, snapshot)
    if as_json:
        output.document(json.shown(snapshot, tags, readings))
        return DONE
    lines = details.snapshot(snapshot, tags, output.style)
    if readings is None:
        output.data(lines)
    else:
        output.page([*lines, "", *details.packages(readings, output.style)])
    return DONE


def _tags(repository: Repository, snapshot: Snapshot) -> list[str]:
    return sorted(name for name, owner in repository.tags().items() if owner == snapshot.id)


def _live(output: Output, root: str, *, packages: bool, as_json: bool) -> int:
    from cortexrepo.collecting import collect

    inventory = collect(root)
    slots = slots_of(inventory)
    if as_json:
        output.document(json.live(inventory, slots, output.style.now_ms, packages=packages))
        return DONE
    lines = details.live(inventory, slots, output.style)
    output.page([*lines, "", *details.packages(inventory.readings, output.style)] if packages else lines)
    return DONE
