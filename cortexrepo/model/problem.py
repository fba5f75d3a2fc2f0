"""What a verification finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.model import damage
from cortexrepo.named import NamedTuple

if TYPE_CHECKING:
    from cortexrepo.model.ids import SnapshotId

DAMAGED_OBJECT = "damaged-object"
MISSING_OBJECT = "missing-object"
DAMAGED_REF = "damaged-ref"
DAMAGED_PACK = "damaged-pack"
DAMAGED_SEGMENT = "damaged-segment"
DAMAGED_TAG = "damaged-tag"
DAMAGED_ARTIFACT = "damaged-artifact"
DAMAGED_MARK = "damaged-mark"
REWRITTEN_REF = "rewritten-ref"
LOST_REF = "lost-ref"
REORDERED_REF = "reordered-ref"
REPLAYED_REF = "replayed-ref"
DAMAGED_REMOVED = "damaged-removed"
WRONG_SLOT = "wrong-slot"
NEWER_FORMAT = damage.NEWER_FORMAT
MISSING_DIRECTORY = "missing-directory"
STRAY = damage.STRAY
PERMISSIONS = "permissions"
OWNER = "owner"

_PUT_BACK = (
    "`cortex snapshot verify --repair` replaces the object if the machine still has the same packages; "
    "from a copy: `cortex snapshot verify --repair --from REPO`"
)

ADVICE = {
    DAMAGED_OBJECT: _PUT_BACK,
    MISSING_OBJECT: _PUT_BACK,
    DAMAGED_REF: "replace the file from a copy: `cortex snapshot verify --repair --from REPO`; "
    "without a copy: `cortex snapshot delete REV`",
    DAMAGED_PACK: "replace the pack, or its objects, from a copy: `cortex snapshot verify --repair --from REPO`; "
    "without a copy, leave out --from: a pack of which only the head is damaged is made again",
    DAMAGED_SEGMENT: "replace the segment from a copy: `cortex snapshot verify --repair --from REPO`; "
    "until then its snapshots are not listed",
    DAMAGED_TAG: "set the tag again: `cortex snapshot tag --force NAME REV`",
    DAMAGED_MARK: "move the mark away: `cortex snapshot verify --repair`; then the snapshot is listed again",
    DAMAGED_ARTIFACT: (
        "replace the file from a copy: `cortex snapshot verify --repair --from REPO`; "
        "or fetch the file again: `cortex snapshot verify --repair`, then `cortex snapshot artifacts fetch REV`"
    ),
    REWRITTEN_REF: "compare the snapshot with a backup of the repository: `cortex snapshot show REV` shows its content",
    LOST_REF: "replace the snapshot from a copy: `cortex snapshot verify --repair --from REPO`",
    REORDERED_REF: "compare the snapshot with a backup of the repository: `cortex snapshot show REV` shows its content",
    REPLAYED_REF: "delete the snapshot again: `cortex snapshot delete REV`",
    DAMAGED_REMOVED: "replace the note from a copy: `cortex snapshot verify --repair --from REPO`; "
    "until then removed snapshots cannot be told from lost ones",
    WRONG_SLOT: "do not rely on the slot; compare the snapshot with a backup of the repository: "
    "`cortex snapshot show --packages REV` shows its packages",
    NEWER_FORMAT: "use the version of cortex that wrote the file, or a newer one; "
    "if no newer version was used, replace the file from a copy: `cortex snapshot verify --repair --from REPO`",
    MISSING_DIRECTORY: "copy the directory back from a backup; if it was empty: `mkdir -m 700 DIR`",
    STRAY: "this version of cortex does not know the entry: a newer version may have made it; "
    "if it is yours, move it out of the repository",
    PERMISSIONS: "close the repository to other users: `chmod -R go= DIR`",
    OWNER: "give the file to the owner of the repository: `chown OWNER FILE`",
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
        unchecked: How many links from a snapshot to the one before lead to where nothing is known.
    """

    problems: tuple[Problem, ...]
    snapshots: int
    objects: int
    size: int
    leftovers: int
    repaired: tuple[Problem, ...] = ()
    artifacts: int = 0
    unchecked: int = 0
