"""Tags, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.listing import SHORT, title
from cortexrepo.formats.text.style import CYAN, YELLOW
from cortexrepo.formats.text.table import Cell, align

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.snapshot import Snapshot

NONE = "no tags yet"
_UNKNOWN = "the snapshot cannot be read, or it is not known whether it is there"


def listed(found: Mapping[str, SnapshotId], unknown: Collection[str], style: Style) -> list[str]:
    """Returns one line a tag, sorted by name: the name, the id of its snapshot, and whether that is `unknown`."""
    rows = [[Cell(escape(name), (CYAN,)), Cell(found[name][:SHORT], (YELLOW,))] for name in sorted(found)]
    if unknown:
        said = [Cell(_UNKNOWN if name in unknown else "") for name in sorted(found)]
        rows = [[*row, cell] for row, cell in zip(rows, said, strict=True)]
    return align(rows, style)


def given(name: str, snapshot: Snapshot, style: Style) -> str:
    """Returns the line that says which snapshot has the tag now."""
    return f"{escape(name)} names {title(snapshot, style)}"


def taken(name: str) -> str:
    """Returns the line that says that no snapshot has the tag any more."""
    return f"tag {escape(name)} deleted"
