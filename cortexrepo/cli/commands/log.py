"""`cortex snapshot log`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options, past_options
from cortexrepo.cli.exit_codes import DONE, FAILED
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.cli.tasks.asking import note_of, nothing_found
from cortexrepo.errors import AbsentError, RequestError
from cortexrepo.formats.json.history import logged
from cortexrepo.formats.text import log as text
from cortexrepo.formats.text.deletion import none
from cortexrepo.formats.text.quantities import counted
from cortexrepo.history import log
from cortexrepo.history.past import Past
from cortexrepo.history.subject import Subject, parse
from cortexrepo.history.unlooked import unlooked
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.history import Logged


def _subject(_ctx: click.Context, _param: click.Parameter, value: str | None) -> Subject | None:
    try:
        return parse(value) if value is not None else None
    except RequestError as error:
        raise click.BadParameter(f"{error}; {error.hint}") from None


@click.command("log")
@click.argument("package", required=False, metavar="[PACKAGE]", callback=_subject)
@past_options.past
@click.option("--limit", "-n", type=click.IntRange(min=1), metavar="N", help="Show at most the newest N snapshots.")
@options.pager
@options.shared
def command(
    *,
    package: Subject | None,
    ecosystem: str | None,
    environment: str | None,
    since_ms: int | None,
    until_ms: int | None,
    limit: int | None,
    repo: str | None,
) -> Result:
    """Say at which snapshots PACKAGE changed, newest first: the old version, the new version, and the cause.

    PACKAGE is a name or a glob. pip:, apt: or another ecosystem before PACKAGE searches only this ecosystem. Without
    PACKAGE, a summary of the changes at every snapshot is shown. Each snapshot is compared with the last known state of
    its machine. A part that could not be read is never taken for a change.

    \b
    cortex snapshot log openssl
    cortex snapshot log 'pip:django*' --since '2 weeks ago'
    cortex snapshot log --limit 10

    Exit codes: 0 done, 1 failed, or a file is damaged, 2 wrong usage, 6 no snapshot has PACKAGE, and everything was
    looked at, 7 no snapshot has PACKAGE, but not everything was looked at, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    where = past_options.where(ecosystem, environment, since_ms, until_ms)
    past = Past(Repository.open(options.location(repo)), where)
    try:
        found = _found(past, package, limit)
    except AbsentError as error:
        assert package is not None
        return nothing_found(past, package, error)
    narrowed = package is not None or any(one is not None for one in where)
    return Result(
        document=lambda: logged(
            package.text if package is not None else None, found, unlooked(past, package), lambda: past.damaged
        ),
        lines=lambda style: _lines(past, found, style, is_full=package is not None),
        hints=lambda _: note_of(past, package),
        nothing=lambda: "" if past.damaged else _nothing(past, narrowed=narrowed),
        errors=lambda: damaged(past.damaged),
        code=lambda: FAILED if past.damaged else DONE,
        is_paged=True,
    )


def _lines(past: Past, found: Iterable[Logged], style: Style, *, is_full: bool) -> list[str]:
    several = len(past.newest) > 1
    if is_full:
        return text.full(list(found), style, machines=several)
    return text.short(found, style, machines=several)


def _found(past: Past, package: Subject | None, limit: int | None) -> Iterable[Logged]:
    if package is None:
        return log.of_everything(past, limit)
    past.require()
    return log.of_packages(past, package, limit)


def _nothing(past: Past, *, narrowed: bool) -> str:
    if not past.snapshots:
        return none(are_deleted=past.has_deleted())
    return f"no {'such ' if narrowed else ''}changes in {counted(past.snapshots, 'snapshot')}"
