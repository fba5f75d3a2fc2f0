"""Tags, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.listing import SHORT, title
from cortexrepo.formats.text.style import CYAN, YELLOW
from cortexrepo.formats.text.table import Cell, align

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.snapshot import Snapshot

NONE = "no tags yet"


def listed(found: Mapping[str, SnapshotId], style: Style) -> list[str]:
    """Returns one line a tag, sorted by name: the name, and the id of its snapshot."""
    rows = [[Cell(escape(name), (CYAN,)), Cell(found[name][:SHORT], (YELLOW,))] for name in sorted(found)]
    return align(rows, style)


def given(name: str, snapshot: Snapshot, style: Style) -> str:
    """Returns the line that says which snapshot has the tag now."""
    return f"{escape(name)} names {title(snapshot, style)}"


def taken(name: str) -> str:
    """Returns the line that says that no snapshot has the tag any more."""
    return f"tag {escape(name)} deleted"
