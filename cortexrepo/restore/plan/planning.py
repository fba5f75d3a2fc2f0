"""From a snapshot and the machine as it is to a plan. Changes nothing, and finds all that stands against it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from cortexrepo.codec import objects
from cortexrepo.codec.hashing import checksum
from cortexrepo.ecosystems import registry
from cortexrepo.ecosystems.contract.restoring import Proposal
from cortexrepo.model.plan import Left, Obstacle, Part, Plan, Risk
from cortexrepo.named import NamedTuple
from cortexrepo.restore.plan.asking import proposed
from cortexrepo.restore.plan.comparison import left_alone, with_rest
from cortexrepo.restore.plan.contents import says_contents, unseen
from cortexrepo.restore.plan.contents import unknown as unknown_contents
from cortexrepo.restore.plan.losses import emptied
from cortexrepo.restore.plan.selection import check, choose
from cortexrepo.restore.plan.skipping import skipped, without_unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.restoring import Work
    from cortexrepo.ecosystems.contract.surroundings import Surroundings
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.package import Package
    from cortexrepo.model.plan import Selection
    from cortexrepo.model.snapshot import Snapshot

    Propose = Callable[[Work], Proposal]
    """Asks the work's restorer, as the owner of its environment."""
    Since = Callable[[str], int | None]
    Theirs = Callable[[str], bool]
    Held = Callable[[Work], Sequence[tuple[Package, str]]]
    Lost = Callable[[Sequence[Part]], Sequence[Risk]]
    OutOfStep = Callable[[Sequence[Work], Selection], Sequence[Left]]


def unknown(_directory: str) -> None:
    """Returns that nobody knows since when a directory has been there."""


def ours(_environment: str) -> bool:
    """Returns that no environment is another user's."""
    return False


def named_only(_environment: str) -> bool:
    """Returns that no environment may be emptied which was not named."""
    return False


def all_can_return(_parts: Sequence[Part]) -> Sequence[Risk]:
    """Returns that everything that goes can come back."""
    return ()


def nothing(_work: Work) -> Sequence[tuple[Package, str]]:
    """Returns that no package loses a file to one that goes."""
    return ()


def in_step(_works: Sequence[Work], _selection: Selection) -> Sequence[Left]:
    """Returns that every environment is as other programs' books say."""
    return ()


def ready() -> None:
    """Lets a restorer be asked."""


class Question(NamedTuple):
    """What is asked of a plan.

    Attributes:
        snapshot: Back to which one.
        target: What it holds.
        now: How it is now.
        selection: Which part of it.
        since: Returns since when a directory has been there at the latest, in milliseconds since 1970; None where that
            is not known.
        theirs: Returns whether an environment is that of another user than who restores.
        held: Returns the packages that lose files when those go that a work changes, each with one of these files.
        lost: Returns a risk for each package that goes and could not come back.
        agreed: Returns whether an environment may be emptied although it was not named.
        is_begun: Something is changed already: what was selected may be gone.
        own: The prefix of the interpreter that runs this program.
        out_of_step: Returns in what environments that nothing is done to are not as other programs' books say.
        asking: Is called before a restorer is asked, so that something is to be done; raises to end the plan there.
    """

    snapshot: Snapshot
    target: Inventory
    now: Inventory
    selection: Selection
    since: Since = unknown
    theirs: Theirs = ours
    held: Held = nothing
    lost: Lost = all_can_return
    agreed: Theirs = named_only
    is_begun: bool = False
    own: str = ""
    out_of_step: OutOfStep = in_step
    asking: Callable[[], None] = ready

    def is_left(self, work: Work) -> bool:
        """Returns whether an obstacle makes this work left out, and forbids nothing: no user stops root's restore.

        What was named stays an obstacle.
        """
        is_named = work.environment in self.selection.environments
        return bool(work.environment) and not is_named and self.theirs(work.environment)

    def check(self) -> None:
        """Checks that what was selected is there; raises as `make` does."""
        if not self.is_begun:
            check(self.selection, self.now, self.target)

    def emptied(self, work: Work) -> Left | None:
        """Returns what is said of an environment that would be emptied, and that nobody has agreed to empty."""
        return None if self.agreed(work.environment) else emptied(work, self.selection, self.snapshot)

    def idle(self, works: Sequence[Work], parts: Sequence[Part]) -> Sequence[Work]:
        """Returns the works of a plan that does nothing on this machine; none of another plan."""
        return () if parts or self.target.machine != self.now.machine else works


def make(question: Question, propose: Propose, now_ms: int) -> Plan:
    """Returns the plan that answers a question.

    Args:
        question: What is to be restored.
        propose: Asks a restorer; a CortexError of it becomes an obstacle.
        now_ms: The moment, in milliseconds since 1970.

    Raises:
        EcosystemError: The selection names an ecosystem that cannot be restored.
        RequestError: It names an environment or a package that is not known.
    """
    question.check()
    chosen = choose(question.now, question.target, question.selection, registry.compare, question.own)
    obstacles: list[Obstacle] = []
    if question.target.machine != question.now.machine:
        obstacles.append(
            Obstacle(
                "machine",
                "",
                "",
                "",
                "the snapshot was made on another machine",
                "choose a snapshot of this machine: `cortex snapshot list`",
            )
        )
    risks: list[Risk] = []
    parts, left, with_release = [], list(chosen.left), False
    is_said = says_contents(question.target)
    left += question.out_of_step([work for work in chosen.works if not work.steps], question.selection)
    for work in chosen.works:
        risks += left_alone(work, question.selection, registry.compare)
        risks += unseen(work, question.selection) if is_said else ()
        if not work.steps or question.target.machine != question.now.machine:
            continue
        against = _older(work, question, chosen.works)
        whole = _whole(work, question, against)
        if whole is not None:
            left.append(whole)
            continue
        question.asking()
        proposal = None if against else _proposed(work, question, propose, left, against)
        if against and question.is_left(work):
            left.append(_left(work, against))
            continue
        obstacles += against
        if proposal is None:
            parts.append(Part(work.ecosystem, work.environment, work.facts, work.steps))
            continue
        risks += (*_new(work), *proposal.risks, *(unknown_contents(work, proposal.steps) if is_said else ()))
        with_release = with_release or proposal.with_release
        parts += _parts(work, proposal)
    for name in dict.fromkeys(part.ecosystem for part in parts if registry.is_one(part.ecosystem)):
        for around in _around(name, question, with_release=with_release):
            obstacles += around.obstacles
            risks += around.risks
    if not obstacles:
        risks += question.lost(parts)
        risks, left = with_rest(question.idle(chosen.works, parts), question.selection, registry.compare, risks, left)
    return Plan(
        question.snapshot.id, question.now.machine, now_ms, state_of(chosen.works), question.selection, tuple(parts),
        tuple(obstacles), tuple(risks), tuple(left),
    )  # fmt: skip


def _parts(work: Work, proposal: Proposal) -> list[Part]:
    """Returns what is done in an environment, if anything is."""
    part = Part(work.ecosystem, work.environment, work.facts, proposal.steps, proposal.space)
    return [part] if part.steps else []


def _whole(work: Work, question: Question, against: list[Obstacle]) -> Left | None:
    """Returns what is said of an environment that is left as a whole; `against` is known before a restorer is asked."""
    if not against:
        return question.emptied(work)
    return skipped(work, against) if question.selection.skip else None


def _proposed(
    work: Work, question: Question, propose: Propose, left: list[Left], against: list[Obstacle]
) -> Proposal | None:
    """Returns what a restorer proposes; without a step where all is skipped.

    What stands against it is added to `against`, or skipped and added to `left`.
    """

    def ask(rest: Work) -> tuple[Proposal | None, list[Obstacle]]:
        found: list[Obstacle] = []
        proposal = proposed(rest, question.selection, question.held, propose, found)
        return proposal, [*found, *(() if proposal is None else proposal.obstacles)]

    if question.selection.skip:
        possible, out = without_unavailable(work, ask)
        left += out
        return possible or Proposal(())
    proposal, found = ask(work)
    against += found
    return proposal


def _left(work: Work, against: Sequence[Obstacle]) -> Left:
    """Returns what is said of another user's environment that something stands against."""
    first = against[0]
    more = f", and {len(against) - 1} more" if len(against) > 1 else ""
    reason = f"{first.package}: {first.reason}" if first.package else first.reason
    return Left(work.ecosystem, work.environment, f"the environment is another user's, and {reason}{more}")


def _new(work: Work) -> list[Risk]:
    """Returns what to know of an environment that the snapshot looked for and did not find."""
    if not work.is_new or not work.environment:
        return []
    reason = "the environment is newer than the snapshot: all packages in it are removed"
    return [Risk("new-environment", work.ecosystem, work.environment, "", reason)]


def _older(work: Work, question: Question, works: Sequence[Work]) -> list[Obstacle]:
    """Returns an obstacle where a snapshot does not have an environment that may have been there when it was made.

    "Missing counts as empty" holds for what is known to be newer than the snapshot, and for nothing else.
    """
    facet = registry.rules(work.ecosystem)
    if not work.is_new or facet is None:
        return []
    directory = facet.contents(work.environment)
    since = question.since(directory)
    if since is not None and since > question.snapshot.created_at:
        return []
    why = (
        f"it is not known whether {directory} is newer" if since is None else f"{directory} is older than the snapshot"
    )
    reason = f"the snapshot does not say what was in this environment, and {why}: no package is removed"
    return [Obstacle("environment", work.ecosystem, work.environment, "", reason, _without(question, works))]


def _without(question: Question, works: Sequence[Work]) -> str:
    """Returns the commands that restore everything except environments that the snapshot does not have."""
    others = [work for work in works if work.steps and not work.is_new]
    whole = "".join(
        f" --only {name}" for name in dict.fromkeys(work.ecosystem for work in others if not work.environment)
    )
    places = "".join(
        f" --environment {shlex.quote(path)}"
        for path in dict.fromkeys(work.environment for work in others if work.environment)
    )
    command = f"cortex snapshot restore {question.snapshot.id[:12]}"
    commands = [f"`{command}{options}`" for options in (whole, places) if options]
    if commands:
        return f"restore the others: {', then '.join(commands)}"
    return "keep the packages, and record them: `cortex snapshot create`"


def _around(name: str, question: Question, *, with_release: bool) -> Iterator[Surroundings]:
    for facts, surrounding in registry.surroundings():
        now, then = _values(question.now, facts), _values(question.target, facts)
        yield surrounding.around(name, now, then, with_release=with_release)


def _values(inventory: Inventory, ecosystem: str) -> dict[str, str]:
    for reading in inventory.readings:
        if reading.ecosystem == ecosystem and reading.manifest is not None:
            return {row.name: row.version for row in reading.manifest.packages}
    return {}


def state_of(works: Sequence[Work]) -> str:
    """Returns a digest over what is installed now in these environments, 64 hexadecimal digits."""
    found = sorted((work.ecosystem, work.environment, objects.encode(work.now).id) for work in works)
    return checksum(repr(found).encode("utf-8", "backslashreplace")).hex()
