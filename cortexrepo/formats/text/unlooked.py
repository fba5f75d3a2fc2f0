"""What was not looked at, for people: one line each, from when to when, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cortexrepo.formats.text.changes import place
from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.log import machine_name
from cortexrepo.formats.text.moments import local
from cortexrepo.formats.text.style import BOLD, CYAN, DIM, YELLOW
from cortexrepo.formats.text.table import Cell, align

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.unlooked import Unlooked

_SHOWN = 100
"""So many lines are shown; `--json` has all."""


def unlooked(found: Sequence[Unlooked], style: Style, *, machines: bool) -> list[str]:
    """Returns a heading and a line for each; `machines` says whose it is. Nothing where there is none."""
    if not found:
        return []
    table = [_row(one, style, machines=machines) for one in found[:_SHOWN]]
    more = len(found) - _SHOWN
    return [
        style.paint("not looked at", BOLD, YELLOW),
        # A reason is the end of its line, and never cut off: the terminal breaks the line.
        *align(table, style._replace(width=None), indent="  "),
        *([f"  and {more} more: --json has all"] if more > 0 else []),
    ]


def _row(one: Unlooked, style: Style, *, machines: bool) -> list[Cell]:
    times = [local(moment.created_at, style) for moment in (one.first, one.last) if moment is not None]
    return [
        Cell(machine_name(one.machine) if machines else "", (CYAN,)),
        Cell(place(one.ecosystem, one.environment)),
        Cell(f" {style.arrow} ".join(times), (DIM,)),
        Cell(escape(one.reason)),
    ]
