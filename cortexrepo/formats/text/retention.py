"""What a thinning out keeps and deletes, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text import deletion
from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.listing import SHORT, bracketed
from cortexrepo.formats.text.moments import dated
from cortexrepo.formats.text.quantities import counted
from cortexrepo.formats.text.style import CYAN, DIM, GREEN, RED, YELLOW
from cortexrepo.formats.text.table import Cell, align
from cortexrepo.model.retention import TAG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.ids import SnapshotId
    from cortexrepo.model.retention import Decision

_WHY = 4
_ID = 32
_ASKED = 20
"""So many snapshots are shown with the question."""


def planned(found: Sequence[Decision], style: Style) -> list[str]:
    """Returns one line a snapshot, whether it stays and why, and a last line with the totals."""
    lines = _table(found, style)
    going = sum(not decision.stays for decision in found)
    return [*lines, totals("would delete", going, len(found))]


def question(going: Sequence[Decision], style: Style) -> list[str]:
    """Returns one line for each snapshot that goes, cut off after twenty."""
    lines = _table(going[:_ASKED], style)
    if len(going) > _ASKED:
        lines.append(f"and {len(going) - _ASKED} more: --dry-run shows all")
    return lines


def deleted(found: Sequence[SnapshotId], count: int, style: Style) -> list[str]:
    """Returns one line for each snapshot that was deleted, of `count`, and a last line with the totals."""
    return [*deletion.deleted(found, style), totals("deleted", len(found), count)]


def totals(verb: str, going: int, count: int) -> str:
    """Returns `deleted 3 of 10 snapshots`, or that nothing goes."""
    if not going:
        return f"nothing to delete: {counted(count, 'snapshot')}" if count else "nothing to delete"
    return f"{verb} {going} of {counted(count, 'snapshot')}"


def _table(found: Sequence[Decision], style: Style) -> list[str]:
    """Returns the rows; the machine is named where there are several, reasons give way on a narrow terminal."""
    digits = _digits({decision.name.machine for decision in found})
    return align([_row(decision, style, digits) for decision in found], style, flexible=(_WHY,))


def _digits(machines: set[str]) -> int:
    """Returns how many digits of their ids tell machines apart, 8 or more; 0 for one machine."""
    if len(machines) < 2:  # noqa: PLR2004 -- one is named nowhere
        return 0
    return next((count for count in range(8, _ID) if len({one[:count] for one in machines}) == len(machines)), _ID)


def _row(decision: Decision, style: Style, digits: int) -> list[Cell]:
    name = decision.name
    return [
        Cell(name.id[:SHORT], (YELLOW,)),
        Cell("keep", (GREEN,)) if decision.stays else Cell("delete", (RED,)),
        Cell(dated(name.created_at, style), (DIM,)),
        Cell(name.machine[:digits], (DIM,)),
        Cell(_why(decision)),
        Cell(bracketed(decision.tags), (CYAN,)),
    ]


def _why(decision: Decision) -> str:
    """Returns the rules that keep it. The time says the period; a tag says which, for there may be several."""
    if not decision.stays:
        return "no rule keeps it"
    return ", ".join(f"tag {escape(one.value)}" if one.rule == TAG else one.rule for one in decision.reasons)
