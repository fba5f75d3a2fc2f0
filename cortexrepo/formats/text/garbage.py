"""What a garbage collection removed, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.quantities import counted, size
from cortexrepo.formats.text.style import YELLOW

if TYPE_CHECKING:
    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.garbage import Garbage

_SHORT = 12
_SILENT = "nothing was recorded here for more than 7 days"
_UNUSUAL = "the clock is ahead of the newest record here by more than a day, and by more than is usual here"


def collected(found: Garbage, *, dry_run: bool, style: Style) -> list[str]:
    """Returns a line for each snapshot that goes, and one that says how much that is."""
    verb = "would remove" if dry_run else "removed"
    lines = [f"{verb} {style.paint(snapshot[:_SHORT], YELLOW)}" for snapshot in found.snapshots]
    parts = {
        "snapshot": len(found.snapshots),
        "object": found.objects,
        "artifact": found.artifacts,
        "leftover": found.leftovers,
    }
    text = ", ".join(counted(count, noun) for noun, count in parts.items() if count)
    rolled = ", ".join(
        counted(count, noun) for noun, count in (("snapshot", found.rolled), ("object", found.packed)) if count
    )
    if rolled:
        lines.append(f"packed into fewer files, all are kept: {rolled}")
    if text:
        return [*lines, f"{verb} {text} ({size(found.size)})"]
    return [*lines, f"freed {size(found.size)}" if rolled and found.size > 0 else "nothing to remove"]


def left(found: Garbage, style: Style) -> list[str]:
    """Returns lines about snapshots and artifacts that stay although a person might expect them to go."""
    lines = []
    if found.doubted:
        why = _UNUSUAL if found.refused else _SILENT
        lines.append(
            f"{style.paint('snapshots kept:', YELLOW)} {counted(len(found.doubted), 'deleted snapshot')}: {why}, so "
            "the clock may be wrong; if the clock is right: `cortex snapshot gc --expire-deleted 14d`"
        )
    if found.waiting:
        lines.append(
            f"{style.paint('snapshots kept:', YELLOW)} the deleted ones: {found.holder} keeps the names locked; "
            "end that process or let it go on, then run `cortex snapshot gc` again"
        )
    if found.artifacts_unknown:
        lines.append(f"{style.paint('artifacts kept:', YELLOW)} {escape(found.artifacts_unknown)}")
    if found.artifacts_over:
        over = size(found.artifacts_over)
        lines.append(
            f"{style.paint('artifacts kept:', YELLOW)} {over} over the limit, for the newest and tagged snapshots"
        )
    return lines
