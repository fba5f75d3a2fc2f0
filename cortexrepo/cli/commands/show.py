"""`cortex snapshot show`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from cortexrepo.cli import options
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.errors import CorruptError, FormatVersionError, OwnerError
from cortexrepo.formats.text import details
from cortexrepo.formats.text.summary import slots_of
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    from cortexrepo.cli.screen.output import Output
    from cortexrepo.formats.json.document import Document
    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.artifact import Availability
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.inventory import Reading
    from cortexrepo.model.looked import Looked
    from cortexrepo.model.snapshot import Snapshot


@click.command("show")
@click.argument("revision", metavar="[REV]", callback=options.revision, default="latest")
@click.option("--packages", is_flag=True, help="List every package too.")
@click.option("--restorable", is_flag=True, help="Say for each package whether it can be put back today.")
@options.root
@options.pager
@options.talking
def command(*, revision: str, packages: bool, restorable: bool, root: str, repo: str | None, output: Output) -> Result:
    """Show the snapshot REV, or without REV the latest snapshot. `live` is the machine now.

    Each part has a line: its status (ok, partial, failed, absent) and the number of its packages. The part `system` is
    the machine itself: its release, kernel and architectures, and the sources, keys and pins of its packages.

    \b
    cortex snapshot show
    cortex snapshot show a1b2c3 --packages | grep openssl
    cortex snapshot show a1b2c3 --restorable | grep missing

    Exit codes: 0 done, 1 failed, 2 wrong usage, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    if revision == "live" and restorable:
        raise click.UsageError("--restorable does not work with `live`: `cortex snapshot show latest --restorable`")
    if revision == "live" and options.is_given("repo"):
        raise click.UsageError("`live` is the machine, and no repository is read: leave out --repo")
    if revision != "live" and options.is_given("root"):
        raise click.UsageError("--root works only with `live`: a snapshot in the repository has no root directory")
    if revision == "live":
        return _live(root, output.style.now_ms, packages=packages)
    repository = Repository.open(options.location(repo))
    snapshot = repository.get(revision)
    readings = repository.inventory(snapshot).readings if packages else None
    found = _where_from(repository, snapshot) if restorable else None
    looked = partial(_looked, repository, snapshot)
    shown = Shown(snapshot, _tags(repository, snapshot), readings, found, tuple(repository.unread), looked)
    return Result(
        shown.document,
        shown.lines,
        hints=lambda _: shown.hints(),
        errors=lambda: damaged(shown.damaged),
        is_paged=True,
    )


class Shown(NamedTuple):
    """A snapshot, and as much of what it holds as was asked for."""

    snapshot: Snapshot
    tags: list[str]
    readings: tuple[Reading, ...] | None
    restorable: tuple[Availability, ...] | None
    damaged: tuple[Damage, ...]
    looked: Callable[[], tuple[Looked, ...]]

    def document(self) -> Document:
        """Returns the document of `show`."""
        from cortexrepo.formats.json import artifacts, snapshots

        found = snapshots.shown(self.snapshot, self.tags, self.readings, self.damaged, self.looked())
        if self.restorable is not None:
            found["restorable"] = artifacts.restorable(self.restorable)
        return found

    def hints(self) -> list[str]:
        """Returns how to keep files, where one of them is not to be had today."""
        if self.restorable is None:
            return []
        from cortexrepo.formats.text import artifacts

        return artifacts.to_keep(self.restorable, self.snapshot.id)

    def lines(self, style: Style) -> list[str]:
        """Returns the same for people."""
        lines = details.snapshot(self.snapshot, self.tags, style)
        if self.readings is not None:
            lines += ["", *details.packages(self.readings, style)]
        if self.restorable is not None:
            from cortexrepo.formats.text import artifacts

            lines += ["", *artifacts.restorable(self.restorable, style)]
        return lines


def _looked(repository: Repository, snapshot: Snapshot) -> tuple[Looked, ...]:
    """Returns where a snapshot looked for environments; nothing where that is not known."""
    from cortexrepo.repository import looks  # only a document has it

    identity = snapshot.looked()
    try:
        return () if identity is None else looks.decoded(repository.manifest(identity, looks.ECOSYSTEM))
    except (CorruptError, FormatVersionError):
        return ()


def _where_from(repository: Repository, snapshot: Snapshot) -> tuple[Availability, ...]:
    from cortexrepo.cli.tasks.keeping import where_from

    if repository.lender is not None:
        raise OwnerError(
            f"the repository {repository.location} belongs to the user {repository.lender.title}: its files of "
            "packages serve this user only",
            hint=f"see where each file comes from: `cortex snapshot restore {snapshot.id[:12]} --dry-run`",
        )
    return where_from(repository, snapshot)


def _tags(repository: Repository, snapshot: Snapshot) -> list[str]:
    return sorted(name for name, owner in repository.tags().items() if owner == snapshot.id)


def _live(root: str, now_ms: int, *, packages: bool) -> Result:
    from cortexrepo.recording.collecting import collect, require_machine

    require_machine(root)
    inventory = collect(root)
    slots = slots_of(inventory)

    def document() -> Document:
        from cortexrepo.formats.json.snapshots import live

        return live(inventory, slots, now_ms, packages=packages)

    def lines(style: Style) -> list[str]:
        found = details.live(inventory, slots, style)
        return [*found, "", *details.packages(inventory.readings, style)] if packages else found

    return Result(document, lines, is_paged=True)
