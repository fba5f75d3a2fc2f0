"""What a verification finds."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId

DAMAGED_OBJECT = "damaged-object"
MISSING_OBJECT = "missing-object"
DAMAGED_REF = "damaged-ref"
DAMAGED_PACK = "damaged-pack"
DAMAGED_INDEX = "damaged-index"
DAMAGED_SEGMENT = "damaged-segment"
DAMAGED_TAG = "damaged-tag"
DAMAGED_ARTIFACT = "damaged-artifact"
DAMAGED_MARK = "damaged-mark"
STRAY = "stray"
PERMISSIONS = "permissions"
OWNER = "owner"

_PUT_BACK = "verify --repair puts it back from a copy (--from REPO), or from the machine if that is as it was"

ADVICE = {
    DAMAGED_OBJECT: _PUT_BACK,
    MISSING_OBJECT: _PUT_BACK,
    DAMAGED_REF: "verify --repair --from REPO puts it back from a copy; else delete this snapshot",
    DAMAGED_PACK: "verify --repair --from REPO puts it back from a copy, or the objects that were in it",
    DAMAGED_INDEX: "verify --repair makes it again from its pack",
    DAMAGED_SEGMENT: "verify --repair --from REPO puts it back from a copy; the snapshots in it are out of sight",
    DAMAGED_TAG: "set the tag again: `cortex snapshot tag --force NAME REV`",
    DAMAGED_MARK: "verify --repair moves it aside, and the snapshot is there again",
    DAMAGED_ARTIFACT: (
        "verify --repair puts it back from a copy (--from REPO), else moves it aside; "
        "`cortex snapshot artifacts fetch REV` gets it again"
    ),
    STRAY: "move it away if it is yours: nothing here made it",
    PERMISSIONS: "chmod -R go= on the repository, which holds what an attacker would like to know",
    OWNER: "give it to the owner of the repository with chown",
}
"""Every kind of problem, and what to do about it. In this order they are shown; kinds are only ever added."""


class Problem(NamedTuple):
    """One thing that is not as it should be.

    Attributes:
        kind: A key of `ADVICE`.
        key: What it is about: a path in the repository.
        reason: One line.
        snapshots: Those that cannot be read, or not completely, because of it.
    """

    kind: str
    key: str
    reason: str
    snapshots: tuple[SnapshotId, ...] = ()


class Report(NamedTuple):
    """The result of a verification.

    Attributes:
        problems: Sorted by kind in the order of `ADVICE`, then by key.
        snapshots: How many refs were read, deleted ones included.
        objects: How many objects were read.
        size: How many bytes that was.
        leftovers: Files of processes that were killed; harmless, `gc` removes them.
        repaired: The problems that there were before a repair, and are no more.
        artifacts: How many files of packages were read.
    """

    problems: tuple[Problem, ...]
    snapshots: int
    objects: int
    size: int
    leftovers: int
    repaired: tuple[Problem, ...] = ()
    artifacts: int = 0
