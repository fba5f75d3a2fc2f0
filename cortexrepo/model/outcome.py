"""What became of a restore: exact, or each difference with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.plan import Left, Plan


class Difference(NamedTuple):
    """One package that is not as the snapshot says, after all was done.

    Attributes:
        ecosystem: The ecosystem's name.
        environment: The path that identifies the environment.
        package: Its name, with its version as it is now, if it is there.
        reason: What differs, and why if that is known; one line.
    """

    ecosystem: str
    environment: str
    package: str
    reason: str


class Outcome(NamedTuple):
    """How the machine is after a restore, found by reading it again.

    Attributes:
        plan: What was done.
        safety: The snapshot of how it was before; None where nothing had to be done.
        differences: What is not as the snapshot says.
        left: What was not restored in the first place.
        recorded: The snapshot of how it is now, so that it is what later changes are told from; None where nothing was
            changed, where it was taken back, and where it could not be stored.
        unseen: How many files of changed packages could not be looked at: they are neither right nor wrong.
        done: How many packages were changed by steps of each kind; empty where nothing was, or it was taken back.
    """

    plan: Plan
    safety: SnapshotId | None
    differences: tuple[Difference, ...]
    left: tuple[Left, ...]
    recorded: SnapshotId | None = None
    unseen: int = 0
    done: tuple[tuple[str, int], ...] = ()

    @property
    def is_exact(self) -> bool:
        """Whether everything that was asked for is as it was."""
        return not self.differences and not self.left
