"""Snapshots that were deleted or brought back, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.listing import SHORT
from cortexrepo.formats.text.style import YELLOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.ids import SnapshotId

_NAMED = 5
"""So many are named by the way back."""


def deleted(found: Sequence[SnapshotId], style: Style) -> list[str]:
    """Returns one line for each snapshot that was deleted."""
    return [f"deleted {style.paint(one[:SHORT], YELLOW)}" for one in found]


def brought_back(found: Sequence[SnapshotId], style: Style) -> list[str]:
    """Returns one line for each snapshot that was brought back."""
    return [f"brought back {style.paint(one[:SHORT], YELLOW)}" for one in found]


def none(*, are_deleted: bool) -> str:
    """Returns the line for a repository without a snapshot, or with deleted ones alone."""
    if are_deleted:
        return "every snapshot is marked as deleted: `cortex snapshot list --deleted` shows the ids"
    return "no snapshots yet: make one with `cortex snapshot create`"


def way_back(found: Sequence[SnapshotId]) -> str:
    """Returns how to bring back the snapshots that were deleted, and until when."""
    if len(found) <= _NAMED:
        undo = f"`cortex snapshot undelete {' '.join(one[:SHORT] for one in found)}`"
    else:
        undo = "`cortex snapshot undelete ID...`; `cortex snapshot list --deleted` shows the ids"
    return f"to bring them back: {undo}; `gc` removes a snapshot 14 days after it was deleted"
