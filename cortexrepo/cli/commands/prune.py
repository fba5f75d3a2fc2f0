"""`cortex snapshot prune`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from cortexrepo.cli import options
from cortexrepo.cli.exit_codes import DONE, FAILED
from cortexrepo.cli.screen.progress import ProgressLine
from cortexrepo.cli.screen.result import Result, damaged
from cortexrepo.errors import CorruptError, FormatVersionError, RefusedError
from cortexrepo.formats.json.upkeep import pruned
from cortexrepo.formats.text import retention as text
from cortexrepo.formats.text.deletion import way_back
from cortexrepo.formats.text.quantities import counted
from cortexrepo.model.retention import Decision, Rules, decide, is_bare
from cortexrepo.model.revision import check_tag
from cortexrepo.repository.repository import Repository

if TYPE_CHECKING:
    from cortexrepo.cli.options import Decorator
    from cortexrepo.cli.screen.output import Output
    from cortexrepo.model.damage import Damage
    from cortexrepo.model.ids import SnapshotId

_BARE = "these rules keep only the newest snapshot of each machine and the tagged snapshots"


class Plan(NamedTuple):
    """What becomes of every snapshot that can be read, newest first, and the refs that cannot be."""

    decisions: tuple[Decision, ...]
    damaged: tuple[Damage, ...]

    @property
    def going(self) -> tuple[Decision, ...]:
        """The snapshots that no rule keeps."""
        return tuple(decision for decision in self.decisions if not decision.stays)


def _tags(_ctx: click.Context, _param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        wrong = check_tag(value)
        if wrong:
            raise click.BadParameter(f"{value!r:.80} cannot be a tag; {wrong}")
    return values


def _keep(what: str, help_text: str) -> Decorator:
    return click.option(f"--keep-{what}", type=click.IntRange(min=0), default=0, metavar="N", help=help_text)


@click.command("prune")
@_keep("last", "Keep the newest N snapshots.")
@_keep("hourly", "Keep the newest snapshot of each of the last N hours that have snapshots.")
@_keep("daily", "Keep the newest snapshot of each of the last N days that have snapshots.")
@_keep("weekly", "Keep the newest snapshot of each of the last N weeks that have snapshots (from Monday on).")
@_keep("monthly", "Keep the newest snapshot of each of the last N months that have snapshots.")
@_keep("yearly", "Keep the newest snapshot of each of the last N years that have snapshots.")
@click.option(
    "--keep-within",
    metavar="TIME",
    callback=options.duration,
    help="Keep the snapshots that are at most TIME older than the newest one: 12h, 90d, 4w, 1y.",
)
@click.option(
    "--keep-tag",
    metavar="NAME",
    multiple=True,
    callback=_tags,
    help="Keep the snapshot with this tag; may be repeated.",
)
@click.option(
    "--dry-run", "-n", is_flag=True, help="Only say which snapshots would stay and why, and which would be deleted."
)
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@click.option("--force", is_flag=True, help="Delete even if only the newest and the tagged snapshots would be left.")
@options.pager
@options.talking
def command(  # noqa: PLR0913 -- one parameter for each option
    *,
    keep_last: int,
    keep_hourly: int,
    keep_daily: int,
    keep_weekly: int,
    keep_monthly: int,
    keep_yearly: int,
    keep_within: int | None,
    keep_tag: tuple[str, ...],
    dry_run: bool,
    yes: bool,
    force: bool,
    repo: str | None,
    output: Output,
) -> Result:
    """Mark the snapshots that no rule keeps as deleted. They are shown first, and a question is asked.

    Each rule counts for each machine by itself, in local time. A snapshot stays if one rule keeps it. The newest
    snapshot of each machine and tagged snapshots always stay. `undelete` brings deleted snapshots back until `gc`
    removes them. A snapshot that cannot be read is named, and is not deleted.

    \b
    cortex snapshot prune --keep-daily 7 --keep-weekly 5 --keep-monthly 12 -n
    cortex snapshot prune --keep-within 90d --keep-yearly 10 --yes

    Exit codes: 0 done, 1 failed or a snapshot is damaged, 2 wrong usage, 4 declined, not safe, or standard input is
    not a terminal, 10 no repository.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    rules = Rules(
        keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly, keep_yearly, keep_within or 0, keep_tag
    )
    options.check_asks(dry_run=dry_run, yes=yes)
    if rules.is_empty:
        raise click.UsageError("no rule keeps a snapshot: give at least one rule, for example --keep-daily 7")
    repository = Repository.open(options.location(repo))
    plan = _plan(output, repository, rules)
    for problem, hint in damaged(plan.damaged):
        output.error(problem, hint)
    if is_bare(plan.decisions, rules) and not force:
        _refuse(output, dry_run=dry_run)
    deleted = () if dry_run else _delete(output, repository, rules, plan.going, yes=yes)
    count = len(plan.decisions)
    return Result(
        document=lambda: pruned(plan.decisions, deleted, plan.damaged, dry_run=dry_run),
        lines=lambda style: text.planned(plan.decisions, style) if dry_run else text.deleted(deleted, count, style),
        hints=lambda _: [way_back(deleted)] if deleted else [],
        code=lambda: FAILED if plan.damaged else DONE,
        is_paged=dry_run,
        done=f"{counted(len(deleted), 'snapshot')} deleted: {way_back(deleted)}" if deleted else "",
    )


def _plan(output: Output, repository: Repository, rules: Rules) -> Plan:
    """Returns what would happen now; raises RefusedError where a tag is damaged, for what it protects is not known."""
    history = repository.past.history()
    try:
        # After the names: what was tagged while they were read is protected.
        tags = repository.upkeep.protected()
    except (CorruptError, FormatVersionError) as error:
        raise RefusedError(
            f"nothing was deleted: a tag cannot be read, and it may protect any snapshot: {error}",
            hint=error.hint,
        ) from error
    names = [state.name for state in history.states]
    return Plan(decide(names, tags, rules, output.style.now_ms, output.style.zone), history.damaged)


def _refuse(output: Output, *, dry_run: bool) -> None:
    """Refuses rules that keep nothing of their own; a dry run, which may look at everything, only says so."""
    if not dry_run:
        raise RefusedError(
            f"nothing was deleted: {_BARE}", hint="to delete these snapshots anyway, add --force to the command"
        )
    output.message(f"{_BARE}: without --dry-run, the command needs --force")


def _delete(
    output: Output, repository: Repository, rules: Rules, going: tuple[Decision, ...], *, yes: bool
) -> tuple[SnapshotId, ...]:
    """Deletes what was shown, except what the rules keep by the time that the question is answered."""
    chosen = [decision.name.id for decision in going]
    if chosen and not yes:
        _ask(output, going)
        # A tag was set, or a newer snapshot deleted, while the question was open.
        still = {decision.name.id for decision in _plan(output, repository, rules).going}
        chosen = [one for one in chosen if one in still]
    with ProgressLine() as progress:
        return repository.upkeep.delete(chosen, progress=progress)


def _ask(output: Output, going: tuple[Decision, ...]) -> None:
    """Shows what would go and asks; raises RefusedError unless the answer is yes."""
    if not output.can_ask():
        raise RefusedError(
            "nothing was deleted: standard input is not a terminal, and deleting needs an answer",
            hint="add --yes to delete without a question, or --dry-run to see which snapshots would be deleted",
        )
    for line in text.question(going, output.error_style):
        output.message(line)
    if not output.ask(f"Delete {'this snapshot' if len(going) == 1 else f'these {len(going)} snapshots'}?"):
        raise RefusedError("nothing was deleted")
