"""`cortex snapshot search`."""

from __future__ import annotations

import click

from cortexrepo.cli import options, past_options
from cortexrepo.cli.exit_codes import DONE, FAILED
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.cli.tasks.asking import nothing_found
from cortexrepo.ecosystems import registry
from cortexrepo.errors import AbsentError, RequestError
from cortexrepo.formats.json.history import searched
from cortexrepo.formats.text.periods import periods
from cortexrepo.history.expression import Expression, parse
from cortexrepo.history.past import Past
from cortexrepo.history.search import search
from cortexrepo.history.unlooked import unlooked
from cortexrepo.repository.repository import Repository


@click.command("search")
@click.argument("expression")
@past_options.past
@options.pager
@options.shared
def command(
    *,
    expression: str,
    ecosystem: str | None,
    environment: str | None,
    since_ms: int | None,
    until_ms: int | None,
    repo: str | None,
) -> Result:
    """Say when a version of a package was installed, on which machine, in which environment and in which snapshots.

    EXPRESSION is a name or a glob. A name without a condition finds every version; conditions after the name choose
    versions. = means exactly this text. ==, !=, <, <=, >, >= and pip's ~= use the package manager's own order. --since
    and --until choose versions that were installed at some time between the two.

    \b
    cortex snapshot search xz-utils=5.6.1-1
    cortex snapshot search 'pip:requests>=2,<2.32'
    cortex snapshot search event-stream@3.3.6

    Exit codes: 0 done, 1 failed, or a file is damaged, 2 wrong usage, 6 not found, and everything was looked at, 7 not
    found, but not everything was looked at, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    wanted = _expression(expression, ecosystem)
    where = past_options.where(ecosystem, environment, since_ms, until_ms)
    past = Past(Repository.open(options.location(repo)), where)
    past.require()
    try:
        found = search(past, wanted)
    except AbsentError as error:
        return nothing_found(past, wanted.subject, error)
    return Result(
        document=lambda: searched(expression, found, unlooked(past, wanted.subject), past.damaged),
        lines=lambda style: periods(found, style, machines=len(past.newest) > 1),
        errors=lambda: damaged(past.damaged),
        code=lambda: FAILED if past.damaged else DONE,
        is_paged=True,
    )


def _expression(text: str, ecosystem: str | None) -> Expression:
    try:
        return parse(text, registry.names() if ecosystem is None else (ecosystem,))
    except RequestError as error:
        raise click.BadParameter(f"{error}; {error.hint}", param_hint="EXPRESSION") from None
