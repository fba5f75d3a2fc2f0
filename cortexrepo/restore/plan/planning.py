"""From a snapshot and the machine as it is to a plan. Changes nothing, and finds all that stands against it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from cortexrepo.codec import objects
from cortexrepo.codec.hashing import checksum
from cortexrepo.ecosystems import registry
from cortexrepo.errors import CortexError
from cortexrepo.model.plan import Obstacle, Part, Plan
from cortexrepo.named import NamedTuple
from cortexrepo.restore.plan.selection import choose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from cortexrepo.ecosystems.contract.restoring import Proposal, Work
    from cortexrepo.ecosystems.contract.surroundings import Surroundings
    from cortexrepo.model.inventory import Inventory
    from cortexrepo.model.plan import Risk, Selection
    from cortexrepo.model.snapshot import Snapshot

    Propose = Callable[[Work], Proposal]
    """Asks the work's restorer, as the owner of its environment."""


class Question(NamedTuple):
    """What is asked of a plan: back to which snapshot, holding what, from how it is now, and which part of it."""

    snapshot: Snapshot
    target: Inventory
    now: Inventory
    selection: Selection


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
    chosen = choose(question.now, question.target, question.selection, registry.compare)
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
    parts = []
    for work in chosen.works:
        if not work.steps or question.target.machine != question.now.machine:
            continue
        proposal = _proposed(work, propose, obstacles)
        if proposal is None:
            parts.append(Part(work.ecosystem, work.environment, work.facts, work.steps))
            continue
        obstacles += proposal.obstacles
        risks += proposal.risks
        parts.append(Part(work.ecosystem, work.environment, work.facts, proposal.steps, proposal.space))
    for name in dict.fromkeys(part.ecosystem for part in parts if registry.is_one(part.ecosystem)):
        for around in _around(name, question):
            obstacles += around.obstacles
            risks += around.risks
    return Plan(
        question.snapshot.id, question.now.machine, now_ms, state_of(chosen.works), question.selection, tuple(parts),
        tuple(obstacles), tuple(risks), chosen.left,
    )  # fmt: skip


def _around(name: str, question: Question) -> Iterator[Surroundings]:
    for facts, surrounding in registry.surroundings():
        yield surrounding.around(name, _values(question.now, facts), _values(question.target, facts))


def _values(inventory: Inventory, ecosystem: str) -> dict[str, str]:
    for reading in inventory.readings:
        if reading.ecosystem == ecosystem and reading.manifest is not None:
            return {row.name: row.version for row in reading.manifest.packages}
    return {}


def state_of(works: Sequence[Work]) -> str:
    """Returns a digest over what is installed now in these environments, 64 hexadecimal digits."""
    found = sorted((work.ecosystem, work.environment, objects.encode(work.now).id) for work in works)
    return checksum(repr(found).encode("utf-8", "backslashreplace")).hex()


def _proposed(work: Work, propose: Propose, obstacles: list[Obstacle]) -> Proposal | None:
    try:
        return propose(work)
    except CortexError as error:
        kind = "privilege" if error.kind == "refused" else "broken"
        obstacles.append(Obstacle(kind, work.ecosystem, work.environment, "", str(error), error.hint))
    except OSError as error:
        kind, hint = (
            ("space", "make room, then run the same command again")
            if error.errno in {errno.ENOSPC, errno.EDQUOT}
            else ("broken", "")
        )
        reason = f"{error.filename2 or error.filename or 'a file'}: {error.strerror or error}"
        obstacles.append(Obstacle(kind, work.ecosystem, work.environment, "", reason, hint))
    return None
