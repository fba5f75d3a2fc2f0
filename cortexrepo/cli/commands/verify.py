"""`cortex snapshot verify`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.exit_codes import DONE, FAILED
from cortexrepo.cli.screen.progress import ProgressLine
from cortexrepo.cli.screen.result import Result
from cortexrepo.errors import ForeignRepositoryError, NoRepositoryError
from cortexrepo.formats.json.upkeep import verified
from cortexrepo.formats.text.problems import report
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.cli.screen.output import Output
    from cortexrepo.model.problem import Report


@click.command("verify")
@click.argument("revisions", metavar="[REV...]", callback=options.revisions, nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Read everything in the repository; this is the default.")
@click.option("--repair", is_flag=True, help="Replace damaged files, from a good copy or from this machine.")
@click.option(
    "--from",
    "sources",
    metavar="REPO",
    multiple=True,
    help="With --repair: copy from the repository REPO; may be repeated.",
)
@click.option(
    "--installed", is_flag=True, help="Read no repository: name the installed files that differ from their packages."
)
@click.option(
    "--package", "packages", metavar="NAME", multiple=True, help="With --installed: only this package; may be repeated."
)
@click.option(
    "--environment",
    "environments",
    metavar="PATH",
    multiple=True,
    help="With --installed: only the environment at PATH; may be repeated.",
)
@options.root
@options.pager
@options.talking
def command(  # noqa: PLR0913 -- one parameter for each option
    *,
    revisions: tuple[str, ...],
    everything: bool,
    repair: bool,
    sources: tuple[str, ...],
    installed: bool,
    packages: tuple[str, ...],
    environments: tuple[str, ...],
    root: str,
    repo: str | None,
    output: Output,
) -> Result:
    """Read the whole repository, or the snapshots REV..., and name each problem.

    --repair replaces damaged files by good copies from another repository or from this machine. A copy is taken only if
    it has exactly the missing content. Nothing is removed: damaged files are kept in `damaged/`.

    --installed compares the installed files with the checksums that the package managers keep, and needs no repository.
    No program is started, and nothing is changed. A changed configuration file is named, and is not wrong. A file
    without a checksum is not looked at: such files are counted, and are never called right.

    \b
    cortex snapshot verify
    cortex snapshot verify latest
    cortex snapshot verify --repair --from /backup/snapshots
    cortex snapshot verify --installed --package openssl

    Exit codes: 0 done, 1 failed, or a problem or a wrong file was found, 2 wrong usage, 3 no wrong file was found, and
    some files were not looked at, 10 no repository, 11 `gc` is running.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    if installed:
        _check_alone(everything or repair or bool(revisions or sources) or options.is_given("repo"))
        from cortexrepo.cli.tasks.inspecting import look

        return look(root, packages, environments)
    if packages or environments or root != "/":
        raise click.UsageError("--package, --environment and --root work only with --installed: add --installed")
    _check(revisions, sources, everything=everything, repair=repair)
    repository = Repository.open(options.location(repo))
    with ProgressLine() as progress:
        found = (
            _repair(repository, sources, progress) if repair else repository.upkeep.verify(revisions, progress=progress)
        )
    return Result(
        document=lambda: verified(found),
        lines=lambda style: map(output.written, report(found, style)),
        code=lambda: FAILED if found.problems else DONE,
    )


def _check_alone(others: bool) -> None:  # noqa: FBT001 -- it is all that is asked
    if others:
        raise click.UsageError("--installed reads no repository: leave out REV, --all, --repair, --from and --repo")


def _check(revisions: Sequence[str], sources: Sequence[str], *, everything: bool, repair: bool) -> None:
    if revisions and (everything or repair):
        raise click.UsageError("--all and --repair take no snapshots: leave out REV")
    if sources and not repair:
        raise click.UsageError("--from works only with --repair: add --repair, or leave out --from")


def _source(place: str) -> Repository:
    try:
        return Repository.open(place)
    except (NoRepositoryError, ForeignRepositoryError) as error:
        # These errors' own hints say how to make a repository, and nobody wants one here.
        raise type(error)(str(error), hint="name the directory of a repository: --from DIR") from None


def _repair(repository: Repository, sources: Sequence[str], progress: ProgressLine) -> Report:
    from cortexrepo.recording.collecting import collect

    copies = [_source(source).upkeep for source in sources]
    return repository.upkeep.repair(sources=copies, machine=collect(), progress=progress)
