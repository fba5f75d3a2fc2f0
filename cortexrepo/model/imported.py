"""What was told of the past from somebody else's records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.snapshot import Cause


class Gap(NamedTuple):
    """Where the records stop to be complete: nothing before `moment`, in milliseconds since 1970, is sure; and why."""

    moment: int
    reason: str


class LeftOut(NamedTuple):
    """A change in the records that does not lead to the present: when it began in milliseconds since 1970, and why.

    `command` is what a person typed.
    """

    moment: int
    command: str
    reason: str


class Imported(NamedTuple):
    """A state of the past that was stored.

    Attributes:
        id: The snapshot; None in a dry run where there is no repository, on which it depends.
        created_at: UTC, milliseconds since 1970.
        cause: What made it so.
        message: What a person wrote.
        packages: How many packages were installed.
        changes: How many packages what made it so has changed.
    """

    id: SnapshotId | None
    created_at: int
    cause: Cause
    message: str
    packages: int
    changes: int


class Import(NamedTuple):
    """What an import stored, and what it could not.

    Attributes:
        snapshots: What is new, newest first.
        known: How many states were stored before.
        gap: Why nothing older is known; None where the records simply begin.
        unread: Files that were not read, or not as a whole: pairs (path, reason).
        untimed: How many states are left out because it is not known when they were.
        left: The changes that are left out because they do not lead to the present, from the oldest on.
        unsure: How many of the new states do not say of every package whether it was there.
    """

    snapshots: tuple[Imported, ...]
    known: int
    gap: Gap | None
    unread: tuple[tuple[str, str], ...]
    untimed: int
    left: tuple[LeftOut, ...] = ()
    unsure: int = 0
