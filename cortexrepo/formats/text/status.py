"""What changed since the latest snapshot, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text import changes
from cortexrepo.formats.text.listing import title

if TYPE_CHECKING:
    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.diff import Diff
    from cortexrepo.model.snapshot import Snapshot

INTERRUPTED = (
    "note: a restore is running, or was interrupted; "
    "finish it: `cortex snapshot restore --resume`; undo it: `cortex snapshot restore --abort`"
)


def since(latest: Snapshot, diff: Diff, style: Style) -> list[str]:
    """Returns which snapshot is the latest, and under it the changes since; one line where there are none."""
    if not diff.changes and not diff.unknown and not diff.facts:
        return [f"nothing changed since {title(latest, style)}"]
    return [f"since {title(latest, style)}", "", *changes.short(diff, style)]
