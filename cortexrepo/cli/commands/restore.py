"""`cortex snapshot restore`."""

from __future__ import annotations

import os
import stat
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING

import click

from cortexrepo.cli import options
from cortexrepo.cli.tasks.latest import latest_of
from cortexrepo.cli.tasks.restoring import Session, Wishes, check_answer, outlook, result
from cortexrepo.disk.filesystem import read_bounded
from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.restoring import FINISH, UNDO
from cortexrepo.errors import RefusedError, RequestError
from cortexrepo.formats.text.escape import escape
from cortexrepo.model.outcome import Outcome
from cortexrepo.model.plan import Selection
from cortexrepo.model.revision import LATEST
from cortexrepo.repository.repository import Repository
from cortexrepo.restore.run.here import journal_here
from cortexrepo.rights.ways import others

if TYPE_CHECKING:
    from cortexrepo.cli.screen.output import Output
    from cortexrepo.cli.screen.result import Result
    from cortexrepo.model.plan import Plan
    from cortexrepo.restore.run.restoration import Restoration


_NEW_PLAN = "make a new plan and read it: `cortex snapshot restore REV --dry-run --plan-out FILE`"


@click.command("restore")
@click.argument("revision", metavar="[REV]", required=False, callback=options.revision)
@click.option(
    "--only",
    multiple=True,
    metavar="LIST",
    help=f"Restore only these ecosystems: {','.join(registry.able(registry.RESTORER))}.",
)
@click.option(
    "--package", "packages", multiple=True, metavar="NAME", help="Restore only this package; may be repeated."
)
@click.option(
    "--environment",
    "environments",
    multiple=True,
    metavar="PATH",
    help="Restore only the environment at PATH; may be repeated.",
)
@click.option("--exclude", multiple=True, metavar="NAME", help="Do not change this package; may be repeated.")
@click.option(
    "--hold", is_flag=True, help="Hold the changed apt packages, so that the next upgrade does not change them again."
)
@click.option(
    "--skip-unavailable", "skip", is_flag=True, help="Skip what cannot be restored, and restore everything else."
)
@click.option("--dry-run", "-n", is_flag=True, help="Only show the plan and its obstacles; change nothing.")
@click.option("--plan-out", metavar="FILE", help="Write the plan to the new file FILE too, for `restore --plan FILE`.")
@click.option(
    "--plan",
    "plan_in",
    metavar="FILE",
    help="Carry out the plan in FILE. A plan is refused if the machine has changed since.",
)
@click.option("--resume", is_flag=True, help="Finish a restore that was interrupted.")
@click.option("--abort", is_flag=True, help="Undo a restore that was interrupted.")
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@options.pager
@options.talking
def command(  # noqa: PLR0913 -- one parameter for each option
    *,
    revision: str | None,
    only: tuple[str, ...],
    packages: tuple[str, ...],
    environments: tuple[str, ...],
    exclude: tuple[str, ...],
    hold: bool,
    skip: bool,
    dry_run: bool,
    plan_out: str | None,
    plan_in: str | None,
    resume: bool,
    abort: bool,
    yes: bool,
    repo: str | None,
    output: Output,
) -> Result:
    """Put the packages back as they were in the snapshot REV. The plan is shown first, and a question is asked.

    Before the first change, all files are downloaded, a snapshot of the present state is made, and the files of the
    packages that go are kept for `undo`, 1 GiB at most. The plan names what could not come back. After the last
    change, the machine is read again: the result is EXACT, or every difference is named. apt restores in one
    transaction, and only if its own simulation does exactly the steps of the plan. A Python environment or an npm
    prefix changes as a whole or not at all. A part that could not be read for the snapshot is not changed. An
    environment that would lose all its packages is changed only if --environment names it.

    If a package cannot be restored, nothing is. With --skip-unavailable, only the packages that cannot be restored, and
    the packages that need them, stay as they are. They are named, and the exit code is 3.

    \b
    cortex snapshot restore latest --dry-run
    cortex snapshot restore @{yesterday} --only apt --hold
    cortex snapshot restore a1b2c3 --package openssl --package libssl3
    cortex snapshot restore a1b2c3 --plan-out plan.json --dry-run
    cortex snapshot restore --plan plan.json --yes

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done in part, 4 declined, not safe, or standard input is not a
    terminal, 10 no repository, 11 another restore is running. 0 means that the result is exactly as in the snapshot.
    """  # noqa: D301 -- click's mark for a paragraph that is not wrapped
    selection = Selection(_split(only), tuple(map(_absolute, environments)), packages, exclude, hold, skip)
    options.check_asks(dry_run=dry_run, yes=yes)
    _check(revision, plan_in, selection, resume=resume, abort=abort)
    if plan_out is not None and (resume or abort):
        raise click.UsageError("the rest of an interrupted restore is no plan for --plan: leave out --plan-out")
    source = Repository.open(options.location(repo))
    repository = _home(source, output, dry_run=dry_run)
    kept = journal_here()
    kept.make()
    with kept.alone():
        session = Session(output, repository, kept, source)
        restoration = session.restoration()
        if resume or abort:
            if dry_run:
                return _outlook(restoration, output, abort=abort, skip=skip)
            session.begin()
            return _end(repository, restoration, output, abort=abort, skip=skip)
        kept.clear()
        wishes = Wishes(dry_run, yes, plan_out)
        reviewed = _reviewed(plan_in)
        if reviewed is not None:
            revision, selection = reviewed.target, reviewed.selection
        assert revision is not None
        target = latest_of(source, "/") if revision == LATEST else source.get(revision)
        plan = restoration.plan(target, selection, asking=partial(check_answer, output, wishes))
        if reviewed is not None:
            _compare(plan, reviewed, plan_in)
        outcome = session.settle(restoration, plan, target, wishes)
        return result("restore", plan, outcome, target, output)


def _split(only: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name.strip() for part in only for name in part.split(","))


def _absolute(path: str) -> str:
    """Returns a path as snapshots have it: whole, plain, and with escapes where it is no UTF-8."""
    return os.path.abspath(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _check(revision: str | None, plan_in: str | None, selection: Selection, *, resume: bool, abort: bool) -> None:
    """Raises click.UsageError unless exactly one thing is asked for."""
    asked = [revision is not None, plan_in is not None, resume, abort]
    if sum(asked) != 1:
        raise click.UsageError("give a snapshot REV, or one of --plan FILE, --resume and --abort")
    if revision is None and selection._replace(skip=False) != Selection():
        raise click.UsageError(
            "--plan, --resume and --abort have a plan: leave out --only, --package, --environment, --exclude, --hold"
        )
    if selection.skip and (plan_in is not None or abort):
        raise click.UsageError("--plan and --abort have a plan: leave out --skip-unavailable")
    holding = registry.holding()
    if selection.hold and selection.only and not set(holding) & set(selection.only):
        raise click.UsageError(f"--hold holds packages of {', '.join(holding)}: leave out --hold, or name it in --only")
    if revision == "live":
        raise click.UsageError(
            "'live' is the machine as it is now, not a snapshot: `cortex snapshot list` shows all snapshots"
        )


def _reviewed(path: str | None) -> Plan | None:
    """Returns the plan in a file, or None without one; raises RequestError for anything else.

    Raises RefusedError where root gives a plan that another user could have changed after it was read.
    """
    if path is None:
        return None
    from cortexrepo.restore.plan import planfile

    try:
        changeable = _who_could_change(path)
        text = "" if changeable else read_bounded(os.path.realpath(path), planfile.LIMIT).decode()
    except (OSError, ValueError) as error:
        raise RequestError(
            f"cannot read the plan {path!r}: {getattr(error, 'strerror', None) or error}", hint=_NEW_PLAN
        ) from error
    if changeable:
        raise RefusedError(
            f"other users can change {changeable}: the plan {path!r} may not be the plan that was read",
            hint=f"copy the plan to a directory of root's, and read the copy: `cp {quote(path)} /root/plan.json`",
        )
    return planfile.parse(text)


def _who_could_change(path: str) -> str:
    """Returns what lets another user put another plan in the place of root's; empty where nothing does."""
    if os.geteuid() != 0:
        return ""
    theirs = others(os.path.abspath(path))
    is_open = os.stat(path).st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return next(iter(theirs.values()), path if is_open else "")


def _compare(plan: Plan, reviewed: Plan, path: str | None) -> None:
    """Raises RefusedError unless a plan made now does exactly what the reviewed one does."""
    if plan.machine != reviewed.machine:
        raise RefusedError(f"the plan {path} was made on another machine; nothing was changed", hint=_NEW_PLAN)
    if plan.state != reviewed.state or _essence(plan) != _essence(reviewed):
        raise RefusedError(
            f"the plan {path} is out of date: packages, or the files to restore, have changed; "
            "this command changed nothing",
            hint=_NEW_PLAN,
        )


def _essence(plan: Plan) -> list[object]:
    return [
        (part.ecosystem, part.environment, [(step.kind, step.before, step.after) for step in part.steps])
        for part in plan.parts
    ]


def _home(source: Repository, output: Output, *, dry_run: bool) -> Repository:
    """Returns the repository that a restore's own snapshots go to: root's where the snapshot is in a user's."""
    if source.lender is None:
        return source
    place = options.location(None)
    output.message(f"the snapshots from before and after the restore are kept in root's repository: {escape(place)}")
    # A plan stores nothing: no repository is made for it.
    return (options.existing(place) or source) if dry_run else Repository.open(place, create=True)


def _outlook(restoration: Restoration, output: Output, *, abort: bool, skip: bool) -> Result:
    """Shows what is left to do, or what would be taken back; changes nothing."""
    if abort:
        return outlook(
            restoration.way_back(), output, UNDO, "nothing to take back: the interrupted restore has changed no package"
        )
    return outlook(restoration.remaining(skip=skip), output, FINISH, "nothing is left to do except tidying up")


def _end(repository: Repository, restoration: Restoration, output: Output, *, abort: bool, skip: bool) -> Result:
    """Goes on with, or takes back, what was interrupted."""
    if abort:
        outcome = restoration.abort()
        # It went back to all that was there before, whatever was to be restored, and whatever was to know of that.
        plan = outcome.plan._replace(selection=Selection(), risks=())
        back = repository.get(outcome.safety) if outcome.safety else None
        return result("restore", plan, outcome._replace(plan=plan), back, output)
    found = restoration.resume(skip=skip)
    plan, outcome_or_none = (found.plan, found) if isinstance(found, Outcome) else (found, None)
    return result("restore", plan, outcome_or_none, restoration.target(plan.target), output)
