"""From when to when versions were there, for people."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from cortexrepo.formats.text.changes import place
from cortexrepo.formats.text.escape import escape
from cortexrepo.formats.text.listing import SHORT
from cortexrepo.formats.text.log import machine_name
from cortexrepo.formats.text.moments import local
from cortexrepo.formats.text.quantities import counted
from cortexrepo.formats.text.style import BOLD, CYAN, DIM, GREEN, YELLOW
from cortexrepo.formats.text.table import Cell
from cortexrepo.formats.text.wrapping import wrapped
from cortexrepo.model.history import GONE, KNOWN, THERE, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cortexrepo.formats.text.style import Style
    from cortexrepo.model.history import Period

_COUNTS = 3
_END = {
    THERE: Cell("still there", (GREEN,)),
    GONE: Cell("gone", (DIM,)),
    UNKNOWN: Cell("not known since", (YELLOW,)),
}


def periods(found: Sequence[Period], style: Style, *, machines: bool) -> list[str]:
    """Returns a heading for each package of an environment, and under it a line for each time a version was there.

    Nothing is cut on a narrow terminal: the number of snapshots is left out, and then a line is broken.

    Args:
        found: Sorted by machine, environment and package.
        style: Where the lines go.
        machines: Whether to say whose environments they are.
    """
    lines = wrapped([_row(period, style) for period in found], style, dropped=(_COUNTS,), indent="  ")
    pairs = zip(found, lines, strict=True)
    drawn: list[str] = []
    machine = None
    for heading, group in groupby(pairs, key=lambda pair: (pair[0].machine, _heading(pair[0]))):
        drawn += [""] if drawn else []
        if machines and heading[0] != machine:
            machine = heading[0]
            drawn += _whole(Cell(f"machine {machine_name(machine)}", (CYAN,)), style)
        drawn += _whole(Cell(heading[1], (BOLD,)), style)
        drawn += [line for _, lines in group for line in lines]
    return drawn


def _whole(cell: Cell, style: Style) -> list[str]:
    return wrapped([[cell]], style, dropped=(), indent="")[0]


def _heading(period: Period) -> str:
    where = place(period.ecosystem, period.environment)
    inside = f" in {escape(period.inside)}" if period.inside else ""
    return f"{where}  {escape(period.name)}{inside} {escape(period.arch)}".rstrip()


def _from(period: Period, style: Style) -> str:
    return ("" if period.begin == KNOWN else "at the latest from ") + local(period.first.created_at, style)


def _to(period: Period, style: Style) -> str:
    return ("at least until " if period.end == UNKNOWN else "") + local(period.last.created_at, style)


def _row(period: Period, style: Style) -> list[Cell]:
    first, last, until = period.first, period.last, period.until
    gone = f"gone by {local(until.created_at, style)} {until.id[:SHORT]}" if until is not None else ""
    return [
        Cell(escape(period.version) or "?"),
        _END[period.end],
        Cell(f"{_from(period, style)} {style.arrow} {_to(period, style)}"),
        Cell(counted(period.snapshots, "snapshot"), (DIM,)),
        Cell(f"{first.id[:SHORT]} {style.arrow} {last.id[:SHORT]}", (YELLOW,)),
        Cell(gone, (DIM,)),
    ]
