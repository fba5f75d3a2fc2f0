"""The list of snapshots, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.moments import dated, local, when
from cortexrepo.formats.text.quantities import counted
from cortexrepo.formats.text.style import BOLD, CYAN, DIM, YELLOW
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
_HEADER = ("ID", "WHEN", "MESSAGE", "PACKAGES", "TAGS")
_MESSAGE, _COUNTS, _TAGS = 2, 3, 4
_COMMAND = 60


def snapshots(
    found: Sequence[Snapshot], tags: Mapping[SnapshotId, Sequence[str]], style: Style, *, dates: bool = False
) -> list[str]:
    """Returns one line a snapshot: id, when, message, counts, tags.

    One that was reconstructed is marked `~`, and shows what made it so where nobody wrote a message. A terminal gets a
    header too. Where it is too narrow the counts are left out, then tags are cut, and messages last.

    Args:
        found: The snapshots, in the order in which they are shown.
        tags: The tags of each.
        style: Where the lines go.
        dates: Whether each moment is shown as its date, as it always is in a pipe or a file.
    """
    moment = local if dates else dated
    counts: dict[int, str] = {}
    rows = [
        [
            Cell(snapshot.id[:SHORT], (YELLOW,)),
            Cell(moment(snapshot.created_at, style), (DIM,)),
            Cell(about(snapshot, style)),
            # Most hold the very same as another.
            Cell(counts.get(id(snapshot.slots)) or counts.setdefault(id(snapshot.slots), column(snapshot)), (DIM,)),
            Cell(bracketed(tags.get(snapshot.id, ())), (CYAN,)),
        ]
        for snapshot in found
    ]  # fmt: skip
    if style.width is None:
        return align(rows, style)
    return align([_header(rows), *rows], style, flexible=(_TAGS, _MESSAGE), dropped=(_COUNTS,))


def total(count: int, style: Style, *, deleted: bool, limit: int | None) -> list[str]:
    """Returns the last line of a list on a terminal: `7 snapshots`; a pipe or a file gets none."""
    if style.width is None:
        return []
    newest = "the newest " if count == limit else ""
    return align([[Cell(newest + counted(count, "deleted snapshot" if deleted else "snapshot"), (DIM,))]], style)


def _header(rows: Sequence[Sequence[Cell]]) -> list[Cell]:
    """Returns the names of the columns, of those that any row has."""
    filled = (any(row[at].text for row in rows) for at in range(len(_HEADER)))
    return [Cell(name if has else "", (BOLD,)) for name, has in zip(_HEADER, filled, strict=True)]


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
