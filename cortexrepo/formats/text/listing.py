"""The list of snapshots, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.moments import when
from cortexrepo.formats.text.style import CYAN, DIM, YELLOW
from cortexrepo.formats.text.summary import column
from cortexrepo.formats.text.table import Cell, align, cut
from cortexrepo.model.snapshot import RECONSTRUCTED
from cortexrepo.model.stretch import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.snapshot import Snapshot

SHORT = BEGINNING
"""So many digits of an id are shown."""
_MESSAGE = 2
_COMMAND = 60


def snapshots(found: Sequence[Snapshot], tags: Mapping[SnapshotId, Sequence[str]], style: Style) -> list[str]:
    """Returns one line a snapshot: id, when, message, counts, tags. The message gives way on a narrow terminal.

    One that was reconstructed is marked `~`, and shows what made it so where nobody wrote a message.
    """
    counts: dict[int, str] = {}
    rows = [
        [
            Cell(snapshot.id[:SHORT], (YELLOW,)),
            Cell(when(snapshot.created_at, style), (DIM,)),
            Cell(about(snapshot, style)),
            # Most hold the very same as another.
            Cell(counts.get(id(snapshot.slots)) or counts.setdefault(id(snapshot.slots), column(snapshot)), (DIM,)),
            Cell(bracketed(tags.get(snapshot.id, ())), (CYAN,)),
        ]
        for snapshot in found
    ]  # fmt: skip
    return align(rows, style, flexible=_MESSAGE)


def title(snapshot: Snapshot, style: Style) -> str:
    """Returns a snapshot in a sentence: `a1b2c3d4e5f6 (2 hours ago, before upgrade)`."""
    about = when(snapshot.created_at, style)
    if snapshot.message:
        about += f", {escape(snapshot.message)}"
    return f"{style.paint(snapshot.id[:SHORT], YELLOW)} ({about})"


def about(snapshot: Snapshot, style: Style) -> str:
    """Returns a snapshot's message; of one that was reconstructed without any, what made it so."""
    if not snapshot.fact(RECONSTRUCTED):
        return escape(snapshot.message)
    return f"~ {escape(snapshot.message) or cut(escape(snapshot.cause.command), _COMMAND, style)}".rstrip()


def bracketed(names: Sequence[str]) -> str:
    """Returns a snapshot's tags as `[golden, tested]`; nothing where there are none."""
    return f"[{', '.join(escape(name) for name in names)}]" if names else ""
