"""What `restore` and `undo` have in common: a restoration of this machine, shown, asked for and carried out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from cortexrepo.cli.account import user
from cortexrepo.cli.exit_codes import DONE, PARTIAL, REFUSED
from cortexrepo.cli.screen.result import Result
from cortexrepo.cli.screen.terminal import is_terminal
from cortexrepo.cli.tasks.sides import live
from cortexrepo.cli.tasks.ways_out import named, worded
from cortexrepo.ecosystems.contract.restoring import NOTE
from cortexrepo.errors import RefusedError
from cortexrepo.formats.json.restore import restored
from cortexrepo.formats.text import plan as text
from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.listing import title
from cortexrepo.model.snapshot import Snapshot
from cortexrepo.restore.run.here import restoration_here

if TYPE_CHECKING:
    from cortexrepo.cli.screen.output import Output
    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.outcome import Outcome
    from cortexrepo.model.plan import Left, Plan
    from cortexrepo.repository.repository import Repository
    from cortexrepo.restore.run.journal import Journal
    from cortexrepo.restore.run.restoration import Restoration


_PRESSED = (
    "Ctrl-C: the package manager is let finish; the restore goes on. To take it back later: `cortex snapshot undo`",
    "Ctrl-C again: nothing stops a change in the middle; after a kill: `cortex snapshot restore --resume` or `--abort`",
)
"""What is said of the first Ctrl-C while something is changed, and of each further one."""


class Wishes(NamedTuple):
    """How a person wants it: only shown, without a question, the plan in a file too."""

    dry_run: bool = False
    yes: bool = False
    plan_out: str | None = None


def check_answer(output: Output, wishes: Wishes) -> None:
    """Raises RefusedError where a question would be asked and nobody can answer it: before files are looked for."""
    if wishes.dry_run or wishes.yes or output.can_ask():
        return
    raise RefusedError(
        "nothing was restored: standard input is not a terminal, and restoring needs an answer",
        hint="add --yes to restore without a question, or --dry-run to see the plan",
    )


class Session:
    """One command that restores: its output, its repository, its journal and its log."""

    def __init__(self, output: Output, repository: Repository, kept: Journal, source: Repository) -> None:
        """Takes what the command has opened; `kept` has been made, and the snapshots are in `source`."""
        self._output = output
        self._repository = repository
        self._source = source
        self._journal = kept
        self._watched = is_terminal(sys.stderr)
        self._tells = self._watched
        # Nothing is worked out, or loaded, when the signal comes.
        self._pressed = tuple(map(output.written, _PRESSED))

    def restoration(self) -> Restoration:
        """Returns restores of this machine from the repository."""
        return restoration_here(
            self._repository,
            self._journal,
            user(),
            source=None if self._source is self._repository else self._source,
            look=self._look,
            stage=self._stage,
            told=self._told,
            pressed=lambda count: self._output.urgent(self._pressed[min(count, len(self._pressed)) - 1]),
        )

    def begin(self) -> None:
        """Has stages reported from now on, without a terminal too: a plan is quick, and what follows is not."""
        self._tells = self._tells or self._output.format is None

    def _look(self, target: Snapshot) -> Inventory:
        found = live("/", target, self._repository)
        return self._repository.inventory(found) if isinstance(found, Snapshot) else found

    def _stage(self, line: str) -> None:
        if self._tells:
            self._output.message(escape(line))

    def _told(self, line: str) -> None:
        if self._watched or line.startswith(NOTE):
            self._output.message(f"  {escape(line)}")

    # -- what people are shown

    def settle(self, restoration: Restoration, plan: Plan, target: Snapshot, wishes: Wishes) -> Outcome | None:
        """Shows a plan, asks, and carries it out; returns None if it was only to be shown.

        Raises RefusedError where something stands against it, and for a no; `check_answer` comes before.
        """
        if wishes.plan_out is not None:
            _write(wishes.plan_out, plan)
        if wishes.dry_run or plan.obstacles or not plan.parts:
            return None
        if not wishes.yes:
            self._ask(plan, target)
        for line in text.warnings(plan, self._output.error_style) if wishes.yes else ():
            self._output.message(line)
        self.begin()
        return restoration.carry_out(plan)

    def _ask(self, plan: Plan, target: Snapshot) -> None:
        for line in text.brief(plan, self._output.error_style):
            self._output.message(line)
        if not self._output.ask(f"Go back to {title(target, self._output.error_style)}?"):
            raise RefusedError("nothing was restored")


def result(command: str, plan: Plan, outcome: Outcome | None, target: Snapshot | None, output: Output) -> Result:
    """Returns the plan, or what became of it; `target` may be None where nothing was changed."""
    left = _written(plan.left, plan, output)
    plan, shown = (
        plan._replace(obstacles=worded(plan, output.written, together=together), left=left)
        for together in (False, True)
    )
    if outcome is not None:
        outcome = outcome._replace(left=_written(outcome.left, plan, output))
    return Result(
        document=lambda: restored(command, plan, outcome),
        lines=lambda style: _lines(shown, outcome, target, style),
        code=lambda: _code(plan, outcome),
        is_paged=outcome is None and _tells(plan),
        done=""
        if outcome is None
        else f"the restore has ended: `cortex snapshot diff {plan.target[:12]}` shows what differs",
    )


def outlook(plan: Plan, output: Output, way: str, nothing: str) -> Result:
    """Returns the plan of an interrupted restore that is only shown.

    Args:
        plan: What is left to do, or what leads back.
        output: Where it goes.
        way: How it is done: a sentence with the command.
        nothing: What is said where the plan has nothing in it.
    """
    found = result("restore", plan, None, None, output)
    lines = found.lines if _tells(plan) else lambda _: [nothing]
    hint = f"nothing was changed; {way}"
    return Result(found.document, lines, hints=lambda _: [hint], code=found.code, is_paged=_tells(plan))


def _written(left: tuple[Left, ...], plan: Plan, output: Output) -> tuple[Left, ...]:
    """Returns what is not restored, with the commands in its reasons as an obstacle's."""
    return tuple(one._replace(reason=output.written(named(one.reason, plan))) for one in left)


def _tells(plan: Plan) -> bool:
    return bool(plan.parts or plan.obstacles or plan.left or plan.risks)


def _lines(plan: Plan, outcome: Outcome | None, target: Snapshot | None, style: Style) -> list[str]:
    named = "" if target is None else title(target, style)
    if outcome is not None:
        return text.done(outcome, named, style)
    return text.full(plan, style) if _tells(plan) else text.nothing(plan, named)


def _code(plan: Plan, outcome: Outcome | None) -> int:
    if outcome is not None:
        return DONE if outcome.is_exact else PARTIAL
    if plan.obstacles:
        return REFUSED
    return PARTIAL if plan.left else DONE


def _write(path: str, plan: Plan) -> None:
    from cortexrepo.errors import RequestError
    from cortexrepo.formats.json.document import encode
    from cortexrepo.formats.json.plan import document

    try:
        with open(path, "x", encoding="utf-8") as file:
            file.write(encode(document(plan)) + "\n")
    except OSError as error:
        raise RequestError(
            f"cannot write the plan to {path!r}: {error.strerror}", hint="name a new file in a directory of yours"
        ) from error
